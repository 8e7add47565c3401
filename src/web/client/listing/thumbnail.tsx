import { useEffect, useState } from 'react'
import type { FileEntry } from '../../../contract/file.ts'
import { Icon } from '../../shared/components/icon.tsx'
import { keptThumbnail, thumbnailOf } from './thumbnails.ts'

/** Rows that fly by while somebody scrolls ask for nothing. */
const restMs = 150

/** A small picture of an image; its icon until it is there. */
export function Thumbnail({ path, entry }: { readonly path: string; readonly entry: FileEntry }) {
  const [url, setUrl] = useState(() => keptThumbnail(path, entry))
  useEffect(() => {
    const known = keptThumbnail(path, entry)
    setUrl(known)
    if (known !== undefined) return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      thumbnailOf(path, entry, abort.signal).then(
        (made) => {
          if (!abort.signal.aborted) setUrl(made)
        },
        () => undefined,
      )
    }, restMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [path, entry.size, entry.modified])
  return url === undefined ? <Icon name="image" /> : <img className="files-thumbnail" src={url} alt="" />
}
