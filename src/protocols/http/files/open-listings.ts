import { randomBytes } from 'node:crypto'
import { FileServerError } from '../../../core/errors.ts'
import type { Entry } from '../../../core/files/storage.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'

type Batches = AsyncGenerator<readonly Entry[]>

/** The first page is there at once; the others are larger, for a directory that needs many. */
const firstPageEntries = 256
const maxPageEntries = 2000
const maxOpen = 8
const defaultIdleMs = 60_000

export interface ListingPage {
  readonly entries: readonly Entry[]
  /** Where it goes on; undefined at the end. */
  readonly cursor: string | undefined
}

interface OpenListing {
  readonly path: VirtualPath
  readonly batches: Batches
  /** Read already, for the next page. */
  readonly ahead: readonly Entry[]
  readonly idle: NodeJS.Timeout
}

/** The directories that one browser session is in the middle of: each holds its place, not its entries. */
export class OpenListings {
  readonly #idleMs: number
  /** By cursor, the oldest first. */
  readonly #open = new Map<string, OpenListing>()

  constructor({ idleMs = defaultIdleMs }: { idleMs?: number } = {}) {
    this.#idleMs = idleMs
  }

  first(path: VirtualPath, batches: Batches): Promise<ListingPage> {
    return this.#page(path, batches, [], firstPageEntries)
  }

  /** A cursor is good once. @throws FileServerError 'invalid-argument' when the listing is not open any more */
  next(path: VirtualPath, cursor: string): Promise<ListingPage> {
    const listing = this.#open.get(cursor)
    if (listing?.path !== path)
      throw new FileServerError('invalid-argument', 'The listing has ended, begin anew', { field: 'cursor' })
    this.#open.delete(cursor)
    clearTimeout(listing.idle)
    return this.#page(path, listing.batches, listing.ahead, maxPageEntries)
  }

  async #page(
    path: VirtualPath,
    batches: Batches,
    ahead: readonly Entry[],
    wanted: number,
  ): Promise<ListingPage> {
    const entries = [...ahead]
    let batch = await batches.next()
    while (batch.done !== true && entries.length + batch.value.length <= wanted) {
      entries.push(...batch.value)
      batch = await batches.next()
    }
    if (batch.done === true) return { entries, cursor: undefined }
    const isFirst = entries.length === 0
    if (isFirst) entries.push(...batch.value)
    return { entries, cursor: await this.#keep(path, batches, isFirst ? [] : batch.value) }
  }

  async #keep(path: VirtualPath, batches: Batches, ahead: readonly Entry[]): Promise<string> {
    const oldest = this.#open.keys().next().value
    if (this.#open.size >= maxOpen && oldest !== undefined) await this.#end(oldest)
    const cursor = randomBytes(16).toString('base64url')
    const idle = setTimeout(() => void this.#end(cursor).catch(() => undefined), this.#idleMs).unref()
    this.#open.set(cursor, { path, batches, ahead, idle })
    return cursor
  }

  async #end(cursor: string): Promise<void> {
    const listing = this.#open.get(cursor)
    if (!listing) return
    this.#open.delete(cursor)
    clearTimeout(listing.idle)
    await listing.batches.return(undefined)
  }
}
