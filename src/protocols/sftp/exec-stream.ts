import { FileServerError } from '../../core/errors.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { SshChannel } from './ssh-channel.ts'

/** A channel as a command reads and writes it: bytes are given back to the client's window as they are taken. */
export class ExecStream {
  readonly #channel: SshChannel
  readonly #input = new ChunkQueue()
  #isAtEnd = false
  #isClosed = false
  #wake: (() => void) | undefined

  constructor(channel: SshChannel) {
    this.#channel = channel
    channel.onData = (bytes) => {
      this.#input.push(bytes)
      this.#wake?.()
    }
    channel.onEnd = () => {
      this.#isAtEnd = true
      this.#wake?.()
    }
    channel.onRoom = () => this.#wake?.()
    const { onClose } = channel
    channel.onClose = () => {
      this.#isAtEnd = this.#isClosed = true
      this.#wake?.()
      onClose()
    }
  }

  /** True when nobody is left to answer to. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The next bytes, at most `limit`; undefined at the end. */
  async read(limit: number): Promise<Buffer | undefined> {
    while (this.#input.length === 0) {
      if (this.#isAtEnd) return undefined
      await this.#change()
    }
    const bytes = this.#input.take(limit)
    if (bytes) this.#channel.consume(bytes.length)
    return bytes
  }

  /** All that is there, at most `limit` bytes; undefined at the end. */
  async readAvailable(limit: number): Promise<{ chunks: Buffer[]; length: number } | undefined> {
    const chunks: Buffer[] = []
    let length = 0
    for (let bytes = await this.read(limit); bytes; bytes = this.#input.take(limit - length)) {
      chunks.push(bytes)
      if (chunks.length > 1) this.#channel.consume(bytes.length)
      length += bytes.length
      if (length === limit) break
    }
    return length === 0 ? undefined : { chunks, length }
  }

  /** Up to a line feed, which is left out; undefined at the end. @throws 'invalid-argument' over `limit` bytes */
  async readLine(limit: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = []
    for (let length = 0; ;) {
      const bytes = await this.read(limit)
      if (!bytes) return undefined
      const end = bytes.indexOf(10)
      const part = end < 0 ? bytes : bytes.subarray(0, end)
      parts.push(part)
      length += part.length
      if (length > limit) throw new FileServerError('invalid-argument', 'The line is too long')
      if (end < 0) continue
      this.#unread(bytes.subarray(end + 1))
      return Buffer.concat(parts)
    }
  }

  /** Settles when there is room for more. @throws 'aborted' when the client is gone */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#isClosed) throw new FileServerError('aborted', 'The connection was lost')
    this.#channel.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    while (!this.#channel.hasRoom && !this.#isClosed) await this.#change()
    if (this.#isClosed) throw new FileServerError('aborted', 'The connection was lost')
  }

  #unread(bytes: Buffer): void {
    this.#input.putBack(bytes)
    this.#channel.consume(-bytes.length)
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = undefined
  }
}
