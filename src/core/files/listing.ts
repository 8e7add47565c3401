import { hasCode } from '../errors.ts'
import type { Entry, Storage, StorageKey } from './storage.ts'

/** A directory being listed; dispose it wherever it stopped, for it holds the directory open. */
export class Listing implements AsyncDisposable {
  readonly #batches: AsyncIterator<readonly Entry[]>
  #first: IteratorResult<readonly Entry[]> | undefined

  private constructor(batches: AsyncIterator<readonly Entry[]>, first: IteratorResult<readonly Entry[]>) {
    this.#batches = batches
    this.#first = first
  }

  /** Reads the first batch at once, so that a directory that cannot be listed fails here. */
  static async open(
    storage: Storage,
    key: StorageKey,
    { emptyIfMissing }: { emptyIfMissing: boolean },
  ): Promise<Listing> {
    const batches = storage.list(key)[Symbol.asyncIterator]()
    try {
      return new Listing(batches, await batches.next())
    } catch (error) {
      if (!emptyIfMissing || !hasCode(error, 'not-found')) throw error
      return new Listing(batches, { done: true, value: undefined })
    }
  }

  /** Undefined at the end. */
  async next(): Promise<readonly Entry[] | undefined> {
    const batch = this.#first ?? (await this.#batches.next())
    this.#first = undefined
    return batch.done === true ? undefined : batch.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return?.()
  }
}
