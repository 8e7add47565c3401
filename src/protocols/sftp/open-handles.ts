import { FileServerError } from '../../core/errors.ts'
import type { Download } from '../../core/files/download.ts'
import type { Upload } from '../../core/files/upload.ts'
import type { VirtualPath } from '../../core/files/virtual-path.ts'
import type { DirectoryListing } from './directory-listing.ts'
import type { PendingReads } from './download-reader.ts'
import { ExpectedCloses } from './expected-closes.ts'
import type { UploadQueue } from './upload-queue.ts'

export interface ReadHandle {
  readonly kind: 'read'
  readonly path: VirtualPath
  readonly download: Download
  readonly reads: PendingReads
}

export interface WriteHandle {
  readonly kind: 'write'
  readonly path: VirtualPath
  readonly upload: Upload
  readonly queue: UploadQueue
  readonly mayRead: boolean
}

export interface DirectoryHandle {
  readonly kind: 'directory'
  readonly path: VirtualPath
  readonly listing: DirectoryListing
}

export type Handle = ReadHandle | WriteHandle | DirectoryHandle

/** Counts the open handles of all channels of one connection. */
export class HandleBudget {
  readonly limit: number
  #used = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** @throws 'busy' when all are in use */
  take(): void {
    if (this.#used >= this.limit) throw new FileServerError('busy', 'Too many open files')
    this.#used++
  }

  giveBack(): void {
    this.#used--
  }
}

/** What one channel has open, under the numbers that the client knows. */
export class OpenHandles {
  readonly closes = new ExpectedCloses()
  readonly #budget: HandleBudget
  readonly #handles = new Map<number, Handle>()
  readonly #writing = new Set<WriteHandle>()
  #last = 0
  #isEnded = false

  constructor(budget: HandleBudget) {
    this.#budget = budget
  }

  get limit(): number {
    return this.#budget.limit
  }

  /** Opens with a place taken before, so that many opens at once cannot pass the limit. */
  async open(make: () => Promise<Handle>): Promise<number> {
    this.#budget.take()
    try {
      const handle = await make()
      if (this.#isEnded) {
        await release(handle)
        throw new FileServerError('aborted', 'The connection was lost')
      }
      this.#last = (this.#last + 1) >>> 0
      this.#handles.set(this.#last, handle)
      if (handle.kind === 'write') {
        this.#writing.add(handle)
        this.closes.opened(handle)
      }
      return this.#last
    } catch (error) {
      this.#budget.giveBack()
      throw error
    }
  }

  /** @throws 'busy' for a number that is not in use */
  get(number: number): Handle {
    const handle = this.#handles.get(number)
    if (!handle) throw new FileServerError('busy', 'The handle is not valid')
    return handle
  }

  /**
   * Settles when the WRITEs to the file at `path` that came so far have been answered; undefined when they have. Those that a
   * limit of bandwidth holds up count only where they are `needed`: it may be a minute.
   */
  writesTo(path: VirtualPath, { needed }: { needed: boolean }): Promise<unknown> | undefined {
    const writes: Promise<void>[] = []
    for (const { path: written, queue, upload } of this.#writing)
      if (written === path && !queue.isIdle && (needed || !upload.isThrottled)) writes.push(queue.idle())
    return writes.length === 0 ? undefined : Promise.all(writes)
  }

  /** Takes it away: nothing sent after a CLOSE reaches the file. @throws 'busy' */
  remove(number: number): Handle {
    const handle = this.get(number)
    this.#handles.delete(number)
    this.#budget.giveBack()
    if (handle.kind === 'write') this.closes.closed(handle)
    return handle
  }

  /** What was asked for on a handle that was taken away is done. */
  written(handle: WriteHandle): void {
    this.#writing.delete(handle)
  }

  /** Ends whatever is still open: the client is gone without closing it. */
  async endAll(): Promise<void> {
    this.#isEnded = true
    const handles = [...this.#handles.values()]
    for (const number of [...this.#handles.keys()]) this.remove(number)
    this.#writing.clear()
    await Promise.all(handles.map(release))
  }
}

function release(handle: Handle): Promise<void> {
  switch (handle.kind) {
    case 'read':
      return handle.download.fail(new FileServerError('aborted', 'The connection was lost'))
    case 'write':
      return handle.upload.abort()
    case 'directory':
      return handle.listing.close()
  }
}
