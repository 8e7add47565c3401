import type { DirectoryPage, FileStat } from '../../../contract/file.ts'
import { ApiFailure, callApi, readPiece } from '../../shared/api.ts'
import { failureText } from '../../shared/failure-text.ts'
import { t } from '../../shared/i18n.ts'
import { joinPath, parentOf } from '../listing/paths.ts'
import { FileChanged, untilUnchanged } from './changing-file.ts'
import type { DownloadState, OwnDownload } from './piece-download.ts'
import { saveAs } from './save-as.ts'
import { crc32, maxZipBytes, maxZipEntries, zipFile, zipName, type ZipEntry } from './zip-file.ts'

const pieceBytes = 4 * 1024 * 1024

interface Found {
  readonly path: string
  readonly isDirectory: boolean
  readonly size: number
  readonly modified: number
}

/** A ZIP put together here, for proxies that refuse long answers. It is in memory until it is whole. */
export class PieceArchive implements OwnDownload {
  readonly name: string
  size = 0
  received = 0
  state: DownloadState = 'active'
  error: string | undefined
  readonly #paths: readonly string[]
  readonly #onChange: () => void
  readonly #save: typeof saveAs
  readonly #abort = new AbortController()

  constructor(name: string, paths: readonly string[], onChange: () => void, save = saveAs) {
    this.name = name
    this.#paths = paths
    this.#onChange = onChange
    this.#save = save
    void this.#run()
  }

  cancel(): void {
    this.#abort.abort()
    this.#end('cancelled')
  }

  async #run(): Promise<void> {
    try {
      const found = await this.#findAll()
      this.size = found.reduce((sum, { size }) => sum + size, 0)
      if (this.size >= maxZipBytes * 0.98 || found.length > maxZipEntries)
        return this.#end('failed', t('transfers.archiveTooLarge'))
      const entries: ZipEntry[] = []
      let skipped = 0
      for (const each of found) {
        const entry = await this.#read(each)
        if (entry) entries.push(entry)
        else skipped++
      }
      this.#save(zipFile(entries), this.name)
      this.#end('done', skipped === 0 ? undefined : t('transfers.archiveSkipped', { n: skipped }))
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#end('failed', failureText(error))
    }
  }

  async #findAll(): Promise<Found[]> {
    const { signal } = this.#abort
    const found: Found[] = []
    for (const path of this.#paths) {
      const stat: FileStat = await callApi('POST', 'user/files/stat', { body: { path }, signal })
      if (stat.type === 'directory') await this.#findIn(path, stat.modified, found)
      else if (stat.type === 'file')
        found.push({ path, isDirectory: false, size: stat.size, modified: stat.modified })
    }
    return found
  }

  async #findIn(path: string, modified: number, found: Found[]): Promise<void> {
    const { signal } = this.#abort
    found.push({ path, isDirectory: true, size: 0, modified })
    let cursor: string | undefined
    do {
      const body = cursor === undefined ? { path } : { path, cursor }
      const page: DirectoryPage = await callApi('POST', 'user/dirs', { body, signal })
      for (const entry of page.entries) {
        const child = joinPath(path, entry.name)
        if (entry.type === 'directory') await this.#findIn(child, entry.modified, found)
        else if (entry.type === 'file' && entry.denied !== true)
          found.push({ path: child, isDirectory: false, size: entry.size, modified: entry.modified })
      }
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  /** Undefined for what the user may not read, what is gone, or what changes all the time. */
  async #read(found: Found): Promise<ZipEntry | undefined> {
    const { path, isDirectory, modified } = found
    const name = zipName(path.slice(parentOf(this.#paths[0] ?? '/').length))
    if (isDirectory) return { name: `${name}/`, content: [], crc: 0, size: 0, modified }
    const before = this.received
    try {
      return await untilUnchanged(async () => {
        this.received = before
        return { name, modified, ...(await this.#contentOf(found)) }
      })
    } catch (error) {
      const isLeftOut =
        error instanceof FileChanged ||
        (error instanceof ApiFailure && (error.status === 403 || error.status === 404))
      if (!isLeftOut) throw error
      return undefined
    }
  }

  /** To the end of the file, which may be another one by now than the one that was found. */
  async #contentOf({ path, size }: Found): Promise<Pick<ZipEntry, 'content' | 'crc' | 'size'>> {
    const { signal } = this.#abort
    const content: Blob[] = []
    let [crc, filled] = [0, 0]
    let etag: string | null | undefined
    for (;;) {
      const body = { path, offset: filled, length: pieceBytes }
      const answer = await readPiece('user/files/read', { body, signal })
      if (etag !== undefined && answer.etag !== etag) throw new FileChanged()
      etag = answer.etag
      const piece = new Uint8Array(answer.bytes)
      crc = crc32(piece, crc)
      content.push(new Blob([piece]))
      filled += piece.length
      this.received += piece.length
      this.size += Math.max(0, Math.min(piece.length, filled - size))
      this.#onChange()
      if (piece.length < pieceBytes) return { content, crc, size: filled }
    }
  }

  #end(state: DownloadState, error?: string): void {
    this.state = state
    this.error = error
    this.#onChange()
  }
}
