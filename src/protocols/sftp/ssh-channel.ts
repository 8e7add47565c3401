import { PacketRun } from './packet-run.ts'
import { borrow, copyOf } from './receive-slabs.ts'
import { ReceiveWindow, type WindowBudget } from './receive-window.ts'
import type { SshTransport } from './ssh-transport.ts'

/** How ssh2 keeps one direction of a channel. */
interface Direction {
  readonly id: number
  window: number
  readonly packetSize: number
  state: string
}

/** What ssh2 knows of a channel before anything runs on it. */
export interface ChannelInfo {
  readonly incoming: Direction
  readonly outgoing: Direction
}

/** Bytes waiting in this channel above which its owner produces no more. */
const maxQueuedBytes = 1024 * 1024
/** Below this, laying packets out in advance costs more than it saves. */
const minRunPayload = 4096

/**
 * One SSH channel with flow control in both directions. It sits in the slot where ssh2 expects its own stream and
 * has the members that ssh2 uses there; ssh2's stream takes whatever a client sends and cannot wait for a disk.
 */
export class SshChannel {
  /** @internal Read by ssh2, which looks at `incoming.window` only to see whether it is 0. */
  readonly incoming: { readonly id: number; window: number; state: string }
  readonly outgoing: Direction
  readonly server = true
  readonly stderr = { writable: false }
  readonly _callbacks: (() => void)[] = []
  readable = true
  _waitWindow = false
  readonly _chunkcb = () => this.flush()

  /** Whoever takes the data calls giveBack() of receive-slabs.ts for all of it, and so needs no copy. */
  givesBack = false
  /** Bytes came; give them back with consume() when they have been dealt with. */
  onData: (bytes: Buffer) => void = () => {}
  /** The client sends nothing more. */
  onEnd: () => void = () => {}
  /** The channel is gone. Called once. */
  onClose: () => void = () => {}
  /** There is room to send again. */
  onRoom: () => void = () => {}

  readonly #transport: SshTransport
  readonly #window: ReceiveWindow
  readonly #onViolation: (text: string) => void
  readonly #payload: number
  readonly #queue: (Uint8Array | PacketRun)[] = []
  #queuedBytes = 0
  /** Bytes that the client may send, and has not been told yet. */
  #granted = 0
  #flushing: NodeJS.Immediate | undefined
  #isFlushing = false
  #exitStatus: number | undefined
  #isEnding = false
  #isClosed = false

  constructor(options: {
    transport: SshTransport
    info: ChannelInfo
    budget: WindowBudget
    /** How long the client takes to answer, as far as is known. */
    roundTripMs: number
    /** The client broke the rules of the transport; the connection has to end. */
    onViolation: (text: string) => void
  }) {
    const { info, transport } = options
    this.#transport = transport
    this.#onViolation = options.onViolation
    this.outgoing = info.outgoing
    this.incoming = { id: info.incoming.id, state: info.incoming.state, window: 1 }
    // ssh2 counts down what is allowed and drops data at 0; the counting is done here, where excess is an error.
    Object.defineProperty(this.incoming, 'window', { get: () => 1, set: () => {} })
    this.#window = new ReceiveWindow(options.budget, options.roundTripMs, (bytes) => {
      this.#granted += bytes
      this.#flushing ??= setImmediate(() => this.flush())
    })
    // A client refills its window after half of it at the latest: packets that fit into half never wait for ever.
    this.#payload = Math.min(this.outgoing.packetSize, Math.floor(this.outgoing.window / 2), 128 * 1024)
  }

  get isOpen(): boolean {
    return !this.#isClosed && !this.#isEnding && !this.#transport.isGone
  }

  get hasRoom(): boolean {
    return this.#queuedBytes < maxQueuedBytes && this.#transport.canSend
  }

  /** @internal Called by ssh2; null is the end. The answer keeps ssh2 from refilling the window by itself. */
  push(bytes: Buffer | null): boolean {
    if (bytes === null) {
      if (this.readable) {
        this.readable = false
        this.onEnd()
      }
    } else if (!this.#window.receive(bytes.length)) this.#onViolation('More data than the window allows')
    else if (!this.readable) this.#onViolation('Data after the end')
    else if (this.isOpen) this.onData(this.givesBack ? borrow(bytes) : copyOf(bytes))
    return false
  }

  /** @internal Called by ssh2 when the client closes the channel. */
  close(): void {
    if (this.outgoing.state !== 'open' && this.outgoing.state !== 'eof') return
    this.outgoing.state = 'closing'
    if (!this.#transport.isGone) this.#transport.sendClose(this.outgoing.id)
  }

  /** @internal Called by ssh2 with 'close' when the channel or the connection is gone. */
  emit(event: string): void {
    if (event !== 'close' || this.#isClosed) return
    this.#isClosed = true
    clearImmediate(this.#flushing)
    for (const item of this.#queue) if (item instanceof PacketRun) item.release()
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#window.release()
    this.onClose()
  }

  /** @internal ssh2 waits for 'end' before 'close' while `readable`. */
  once(_event: string, listener: () => void): void {
    listener()
  }

  /** Tells that `bytes` of what arrived have been dealt with. */
  consume(bytes: number): void {
    this.#window.consume(bytes)
  }

  /** Sends `bytes` with everything else of this turn of the event loop. They must not change. */
  write(bytes: Uint8Array): void {
    if (!this.isOpen || bytes.length === 0) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#flushing ??= setImmediate(() => this.flush())
  }

  /** Memory for `length` bytes, laid out to be sent without a copy; hand it to send() or release() it. */
  newRun(length: number): PacketRun {
    return new PacketRun({
      shape: this.#payload < minRunPayload ? undefined : this.#transport.shape,
      cipher: this.#transport.cipher,
      channel: this.outgoing.id,
      payload: this.#payload,
      length,
    })
  }

  send(run: PacketRun): void {
    if (!this.isOpen) return run.release()
    this.#queue.push(run)
    this.#queuedBytes += run.left
    this.flush()
  }

  /** Sent when there is room for all of it, and left out otherwise: nobody waits for an error text to be read. */
  writeError(text: string): void {
    const bytes = Buffer.from(text).subarray(0, this.outgoing.packetSize)
    if (!this.isOpen || this.outgoing.window < bytes.length || !this.#transport.canSend) return
    this.outgoing.window -= bytes.length
    this.#transport.sendError(this.outgoing.id, bytes)
  }

  /** Sends what waits, then the exit status, the end and the close, in the order that clients need. */
  end(exitStatus: number): void {
    if (!this.isOpen) return
    this.#exitStatus = exitStatus
    this.#isEnding = true
    this.flush()
  }

  /** Sends what window and socket allow. */
  flush(): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (this.#isClosed || this.#isFlushing || this.#transport.isGone) return
    this.#isFlushing = true
    try {
      if (this.#queue.length > 0 || this.#granted > 0) this.#transport.together(() => this.#sendQueued())
      if (this.#isEnding && this.#queue.length === 0) this.#finish()
    } finally {
      this.#isFlushing = false
    }
    if (this.isOpen && this.hasRoom) this.onRoom()
  }

  #sendQueued(): void {
    if (this.#granted > 0 && this.isOpen) {
      this.#transport.adjustWindow(this.outgoing.id, this.#granted)
      this.#granted = 0
    }
    while (this.#transport.canSend) {
      const head = this.#queue[0]
      if (head === undefined) return
      const isSent = head instanceof PacketRun ? this.#sendRun(head) : this.#sendBytes()
      if (isSent) continue
      this._waitWindow = true
      return
    }
  }

  /** False when the window is used up. */
  #sendRun(run: PacketRun): boolean {
    if (run.cipher !== this.#transport.cipher || !run.shape) {
      // Laid out for other keys, or not at all: its bytes go the way of all others.
      this.#queue[0] = run.rest()
      run.release()
      return true
    }
    const part = run.take(this.outgoing.window)
    if (!part) return false
    this.outgoing.window -= part.length
    this.#queuedBytes -= part.length
    run.hold()
    this.#transport.sendSealed(part.packets, part.whole, () => {
      run.release()
      this.flush()
    })
    if (run.left === 0) {
      this.#queue.shift()
      run.release()
    }
    return true
  }

  /** One packet of whatever bytes come next. */
  #sendBytes(): boolean {
    const room = Math.min(this.outgoing.window, this.outgoing.packetSize)
    if (room <= 0) return false
    const pieces: Uint8Array[] = []
    let length = 0
    while (length < room) {
      const head = this.#queue[0]
      if (head === undefined || head instanceof PacketRun) break
      const piece = head.subarray(0, room - length)
      pieces.push(piece)
      length += piece.length
      if (piece.length === head.length) this.#queue.shift()
      else this.#queue[0] = head.subarray(piece.length)
    }
    this.outgoing.window -= length
    this.#queuedBytes -= length
    this.#transport.sendData(this.outgoing.id, pieces, length)
    return true
  }

  #finish(): void {
    if (this.outgoing.state !== 'open') return
    this.#transport.sendExitStatus(this.outgoing.id, this.#exitStatus ?? 0)
    this.#transport.sendEof(this.outgoing.id)
    this.outgoing.state = 'eof'
    this.close()
  }
}
