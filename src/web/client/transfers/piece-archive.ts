import type { DirectoryPage, FileStat } from '../../../contract/file.ts'
import { ApiFailure, callApi, readBytes } from '../../shared/api.ts'
import { failureText } from '../../shared/failure-text.ts'
import { t } from '../../shared/i18n.ts'
import { joinPath, parentOf } from '../listing/paths.ts'
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
  readonly #abort = new AbortController()

  constructor(name: string, paths: readonly string[], onChange: () => void) {
    this.name = name
    this.#paths = paths
    this.#onChange = onChange
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
      saveAs(zipFile(entries), this.name)
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

  /** Undefined for what the user may not read, or what is gone. */
  async #read({ path, isDirectory, size, modified }: Found): Promise<ZipEntry | undefined> {
    const name = zipName(path.slice(parentOf(this.#paths[0] ?? '/').length))
    if (isDirectory) return { name: `${name}/`, content: [], crc: 0, size: 0, modified }
    const content: Blob[] = []
    let [crc, filled] = [0, 0]
    try {
      while (filled < size) {
        const body = { path, offset: filled, length: Math.min(pieceBytes, size - filled) }
        const piece = new Uint8Array(await readBytes('user/files/read', { body, signal: this.#abort.signal }))
        if (piece.length === 0) break
        crc = crc32(piece, crc)
        content.push(new Blob([piece]))
        filled += piece.length
        this.received += piece.length
        this.#onChange()
      }
    } catch (error) {
      const isRefused = error instanceof ApiFailure && (error.status === 403 || error.status === 404)
      if (!isRefused) throw error
      return undefined
    }
    return { name, content, crc, size: filled, modified }
  }

  #end(state: DownloadState, error?: string): void {
    this.state = state
    this.error = error
    this.#onChange()
  }
}
