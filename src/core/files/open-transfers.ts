import { FileServerError } from '../errors.ts'
import type { Download } from './download.ts'
import type { Listing } from './listing.ts'
import type { Entry } from './storage.ts'
import type { Upload } from './upload.ts'
import { nameOf, parentOf, type VirtualPath } from './virtual-path.ts'

/** What one session has open. All of it ends with the session, also what was just being opened then. */
export class OpenTransfers implements AsyncDisposable {
  readonly #downloads = new Set<Download>()
  readonly #uploads = new Set<Upload>()
  readonly #listings = new Set<Listing>()
  #isClosed = false

  /** @throws 'aborted' once the session has ended */
  requireOpen(): void {
    if (this.#isClosed) throw connectionLost()
  }

  async addDownload(download: Download): Promise<Download> {
    this.#downloads.add(download)
    download.onEnd(() => this.#downloads.delete(download))
    if (this.#isClosed) await download.fail(connectionLost())
    this.requireOpen()
    return download
  }

  async addUpload(upload: Upload): Promise<Upload> {
    this.#uploads.add(upload)
    upload.onEnd(() => this.#uploads.delete(upload))
    if (this.#isClosed) await upload.abort(connectionLost())
    this.requireOpen()
    return upload
  }

  async addListing(listing: Listing): Promise<Listing> {
    this.#listings.add(listing)
    if (this.#isClosed) await this.endListing(listing)
    this.requireOpen()
    return listing
  }

  async endListing(listing: Listing): Promise<void> {
    this.#listings.delete(listing)
    await listing[Symbol.asyncDispose]()
  }

  /** The upload that this session writes to `path` with, if any: of several, the one that was begun last. */
  uploadTo(path: VirtualPath): Upload | undefined {
    return [...this.#uploads].findLast((upload) => upload.hasName(path) && upload.isOpen)
  }

  /** The uploads of this session whose names go with what it does to `path`. */
  followersOf(path: VirtualPath): Upload[] {
    return [...this.#uploads].filter((upload) => upload.followsNameOf(path))
  }

  /** Entries of a directory as this session means them by their names: a file that it writes is what it has written. */
  async asWritten(directory: VirtualPath, entries: readonly Entry[]): Promise<readonly Entry[]> {
    const written = [...this.#uploads].filter(
      (upload) => parentOf(upload.path) === directory && upload.followsNameOf(upload.path),
    )
    if (written.length === 0) return entries
    const known = async (entry: Entry): Promise<Entry> => {
      const own = written.findLast(({ path }) => nameOf(path) === entry.name)
      if (!own || entry.type !== 'file') return entry
      // It may have ended meanwhile.
      return own.stat().then(
        (stats) => ({ ...stats, name: entry.name }),
        () => entry,
      )
    }
    return Promise.all(entries.map(known))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const lost = connectionLost()
    await Promise.allSettled([
      ...[...this.#uploads].map((upload) => upload.abort(lost)),
      ...[...this.#downloads].map((download) => download.fail(lost)),
      ...[...this.#listings].map((listing) => this.endListing(listing)),
    ])
  }
}

function connectionLost(): FileServerError {
  return new FileServerError('aborted', 'The connection was lost')
}
