import type { Entry } from '../../core/files/storage.ts'
import { encodeAttributes, longNameOf } from './sftp-attributes.ts'
import { FieldWriter, packetType } from './sftp-codec.ts'

/** Every client takes packets of 34,000 bytes (draft-ietf-secsh-filexfer-02 §3). */
const maxReplyBytes = 32_000
/** Position of the request's number in a NAME reply. */
const idAt = 5
/** Position of the number of entries in a NAME reply. */
const countAt = 9

/**
 * One directory being read: holds no more than a batch of it and one reply, whatever its size. Clients ask for the next
 * names when they have taken the last ones in; those are made ready meanwhile.
 */
export class DirectoryListing {
  readonly #batches: AsyncIterator<readonly Entry[]>
  #batch: readonly Entry[]
  #next = 0
  #lastReply: Promise<unknown> = Promise.resolve()
  /** What the next request is answered with; undefined at the end. */
  #ahead: Promise<FieldWriter | undefined> | undefined
  #isClosed = false

  /** `first` comes before everything of `batches`. */
  constructor(first: readonly Entry[], batches: AsyncIterator<readonly Entry[]>) {
    this.#batch = first
    this.#batches = batches
  }

  /** The next NAME reply, or undefined at the end. Requests sent ahead are served one after the other. */
  reply(id: number): Promise<Buffer | undefined> {
    const reply = this.#lastReply.then(() => this.#take(id))
    this.#lastReply = reply.catch(() => undefined)
    return reply
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#lastReply
    await this.#ahead?.catch(() => undefined)
    await this.#batches.return?.()
  }

  async #take(id: number): Promise<Buffer | undefined> {
    // Once it has failed it fails for all: what comes behind would look like the end.
    const names = await (this.#ahead ??= this.#fill())
    this.#ahead = undefined
    if (!names) return undefined
    names.putUint32(idAt, id)
    // Not before this one is on its way.
    setImmediate(() => this.#readAhead())
    return names.packet()
  }

  #readAhead(): void {
    if (this.#isClosed || this.#ahead) return
    this.#ahead = this.#fill()
    // Told to the request that comes for it.
    this.#ahead.catch(() => {})
  }

  /** A reply that lacks its request's number. */
  async #fill(): Promise<FieldWriter | undefined> {
    const names = new FieldWriter(packetType.name, maxReplyBytes + 1024).uint32(0).uint32(0)
    const now = Date.now()
    let count = 0
    while (names.length < maxReplyBytes) {
      const entry = this.#batch[this.#next] ?? (await this.#nextBatch())
      if (!entry) break
      this.#next++
      names.text(entry.name).text(longNameOf(entry, now))
      encodeAttributes(names, entry)
      count++
    }
    names.putUint32(countAt, count)
    return count === 0 ? undefined : names
  }

  /** Its first entry; undefined at the end. */
  async #nextBatch(): Promise<Entry | undefined> {
    for (;;) {
      const batch = await this.#batches.next()
      if (batch.done) return undefined
      this.#batch = batch.value
      this.#next = 0
      if (this.#batch[0]) return this.#batch[0]
    }
  }
}
