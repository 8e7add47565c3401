import { Socket, type SocketConstructorOpts } from 'node:net'
import { takeHandle } from '../take-handle.ts'
import { ReceiveSlabs } from './receive-slabs.ts'

/** What sockets take to read into memory of ours. */
export interface OnRead {
  /** Where the next bytes are to be put. */
  readonly buffer: () => Uint8Array
  /** So many have been put there; false stops the reading. */
  readonly callback: (count: number) => boolean
}

/**
 * What a data connection has received and nobody has used yet; the client has to wait while it is full. Sockets put
 * bytes straight into slabs, decrypted ones too: Node would make a new buffer of 16 KiB for each record of TLS, and the
 * garbage collector would take as long as all the rest.
 */
export class Inbox {
  /** Called when there is something to take. */
  onBytes: () => void = () => {}
  /** Stops the stream and lets it go on. */
  onHold: (isHeld: boolean) => void = () => {}
  readonly onRead: OnRead = {
    buffer: () => this.#slabs.target,
    callback: (count) => this.#receive(count),
  }
  readonly #slabs = new ReceiveSlabs()

  /** Takes bytes that were read before. */
  put(early: Uint8Array): void {
    for (let at = 0; at < early.length;) {
      const { target } = this.#slabs
      const piece = early.subarray(at, at + target.length)
      target.set(piece)
      at += piece.length
      this.#receive(piece.length)
    }
  }

  /** All that is there, in pieces that stay as they are until release(). */
  take(): Buffer[] {
    return this.#slabs.take()
  }

  /** What was taken is used no more. */
  release(): void {
    const wasFull = this.#slabs.isFull
    this.#slabs.release()
    if (wasFull && !this.#slabs.isFull) this.onHold(false)
  }

  /** The stream has ended, all was taken and released. */
  end(): void {
    this.#slabs.end()
  }

  #receive(count: number): boolean {
    this.#slabs.fill(count)
    const { isFull } = this.#slabs
    if (isFull) this.onHold(true)
    this.onBytes()
    return !isFull
  }
}

/** Takes the place of the accepted socket, which is paused and of no use any more, for a connection in clear. */
export function receiveInClear(accepted: Socket, inbox: Inbox): Socket {
  const early = accepted.read() as Buffer | null
  if (early) inbox.put(early)
  // Besides its declared options, `Socket` takes those two: the open connection of another one.
  const options = {
    handle: takeHandle(accepted),
    allowHalfOpen: true,
    manualStart: true,
    onread: inbox.onRead,
  }
  return new Socket(options as SocketConstructorOpts)
}
