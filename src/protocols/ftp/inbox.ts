import { Socket, type SocketConstructorOpts } from 'node:net'
import { takeHandle } from '../take-handle.ts'
import { ReceiveSlabs } from './receive-slabs.ts'

/** Bytes that may wait for the disk before the client has to. */
const maxQueuedBytes = 2 * 1024 * 1024
const resumeBelowBytes = maxQueuedBytes / 2

/** What a data connection has received and nobody has used yet; the client has to wait while it is full. */
export interface Inbox {
  /** Called when there is something to take. */
  onBytes: () => void
  /** All that is there, in pieces that stay as they are until release(). */
  take(): Buffer[]
  /** What was taken is used no more. */
  release(): void
  /** The stream has ended, all was taken and released. */
  end(): void
}

/** For TLS, whose stream brings memory of its own. */
export class ChunkInbox implements Inbox {
  onBytes: () => void = () => {}
  readonly #hold: (isHeld: boolean) => void
  #chunks: Buffer[] = []
  /** Waiting or taken. */
  #bytes = 0
  #takenBytes = 0
  #isHeld = false

  /** `hold` stops the stream and lets it go on. */
  constructor(stream: Socket, hold: (isHeld: boolean) => void) {
    this.#hold = hold
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  take(): Buffer[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#takenBytes = this.#bytes
    return chunks
  }

  release(): void {
    this.#bytes -= this.#takenBytes
    this.#takenBytes = 0
    if (!this.#isHeld || this.#bytes >= resumeBelowBytes) return
    this.#isHeld = false
    this.#hold(false)
  }

  end(): void {}

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= maxQueuedBytes && !this.#isHeld) {
      this.#isHeld = true
      this.#hold(true)
    }
    this.onBytes()
  }
}

/** For a connection in clear: the kernel copies what arrives straight into slabs. */
export class SlabInbox implements Inbox {
  onBytes: () => void = () => {}
  /** Has taken the place of the socket that was given, which is of no use any more. */
  readonly socket: Socket
  readonly #slabs = new ReceiveSlabs()
  readonly #hold: (isHeld: boolean) => void

  /** `accepted` is paused and has not been read from; `hold` stops the socket and lets it go on. */
  constructor(accepted: Socket, hold: (isHeld: boolean) => void) {
    this.#hold = hold
    // Besides its declared options, `Socket` takes those two: the open connection of another one, not read from yet.
    const options = {
      handle: takeHandle(accepted),
      allowHalfOpen: true,
      manualStart: true,
      onread: { buffer: () => this.#slabs.target, callback: (count: number) => this.#receive(count) },
    }
    this.socket = new Socket(options as SocketConstructorOpts)
  }

  take(): Buffer[] {
    return this.#slabs.take()
  }

  release(): void {
    const wasFull = this.#slabs.isFull
    this.#slabs.release()
    if (wasFull && !this.#slabs.isFull) this.#hold(false)
  }

  end(): void {
    this.#slabs.end()
  }

  /** False stops the reading. */
  #receive(count: number): boolean {
    this.#slabs.fill(count)
    const { isFull } = this.#slabs
    if (isFull) this.#hold(true)
    this.onBytes()
    return !isFull
  }
}
