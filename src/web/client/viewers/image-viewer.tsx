import { useEffect, useState } from 'react'
import { Button } from '../../shared/components/button.tsx'
import { Failed } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { imageTypeOf } from '../listing/file-kind.ts'
import { shownName } from '../listing/shown-name.ts'
import { ReadProgress } from './read-progress.tsx'
import { TooLarge } from './too-large.tsx'
import { useFileBytes } from './use-file-bytes.ts'
import type { KindViewerProps } from './viewer.tsx'

const maxBytes = 64 * 1024 * 1024

/** An image from memory, as large as the window or as it is. */
export function ImageViewer(props: KindViewerProps) {
  const { entry } = props
  return entry.size > maxBytes ? <TooLarge {...props} maxBytes={maxBytes} /> : <Image {...props} />
}

function Image({ path, entry, onShowAs }: KindViewerProps) {
  const { bytes, error, received, reload } = useFileBytes(path, entry.size)
  const [url, setUrl] = useState<string>()
  const [isWhole, setWhole] = useState(true)
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    if (!bytes) return
    const made = URL.createObjectURL(new Blob([bytes], { type: imageTypeOf(entry.name) ?? '' }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [bytes])
  if (error !== undefined) return <Failed error={error} onRetry={reload} />
  if (isBroken)
    return (
      <div className="viewer-message">
        <p>{t('viewer.image.broken')}</p>
        <Button onClick={() => onShowAs('other')}>{t('viewer.details')}</Button>
      </div>
    )
  if (url === undefined) return <ReadProgress received={received} size={entry.size} />
  return (
    <div className="viewer-fill">
      <div className="viewer-tools">
        <Button isPressed={isWhole} onClick={() => setWhole(true)}>
          {t('viewer.image.fit')}
        </Button>
        <Button isPressed={!isWhole} onClick={() => setWhole(false)}>
          {t('viewer.image.full')}
        </Button>
      </div>
      <div
        className={isWhole ? 'viewer-image viewer-image-fit' : 'viewer-image'}
        tabIndex={0}
        role="group"
        aria-label={t('viewer.image')}
      >
        <img src={url} alt={shownName(entry.name)} onError={() => setBroken(true)} />
      </div>
    </div>
  )
}
