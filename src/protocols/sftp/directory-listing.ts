import type { Entry } from '../../core/files/storage.ts'
import { encodeAttributes, longNameOf } from './sftp-attributes.ts'
import { FieldWriter, packetType } from './sftp-codec.ts'

/** Every client takes packets of 34,000 bytes (draft-ietf-secsh-filexfer-02 §3). */
const maxReplyBytes = 32_000
/** Position of the number of entries in a NAME reply. */
const countAt = 9

/** One directory being read: holds no more than a batch of it, whatever its size. */
export class DirectoryListing {
  readonly #batches: AsyncIterator<readonly Entry[]>
  #batch: readonly Entry[]
  #next = 0
  #lastReply: Promise<unknown> = Promise.resolve()

  /** `first` comes before everything of `batches`. */
  constructor(first: readonly Entry[], batches: AsyncIterator<readonly Entry[]>) {
    this.#batch = first
    this.#batches = batches
  }

  /** The next NAME reply, or undefined at the end. Requests sent ahead are served one after the other. */
  reply(id: number): Promise<Buffer | undefined> {
    const reply = this.#lastReply.then(() => this.#fill(id))
    this.#lastReply = reply.catch(() => undefined)
    return reply
  }

  async close(): Promise<void> {
    await this.#lastReply
    await this.#batches.return?.()
  }

  async #fill(id: number): Promise<Buffer | undefined> {
    while (this.#next >= this.#batch.length) {
      const batch = await this.#batches.next()
      if (batch.done) return undefined
      this.#batch = batch.value
      this.#next = 0
    }
    const now = Date.now()
    const reply = new FieldWriter(packetType.name, maxReplyBytes + 1024).uint32(id).uint32(0)
    let count = 0
    for (; this.#next < this.#batch.length && reply.length < maxReplyBytes; this.#next++) {
      const entry = this.#batch[this.#next]
      if (!entry) break
      reply.text(entry.name).text(longNameOf(entry, now))
      encodeAttributes(reply, entry)
      count++
    }
    reply.putUint32(countAt, count)
    return reply.packet()
  }
}
