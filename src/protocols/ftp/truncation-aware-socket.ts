import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { type SecureContext, TLSSocket } from 'node:tls'
import { takeHandle } from '../take-handle.ts'
import type { OnRead } from './inbox.ts'

/** What libuv answers when it is told to read where it reads already. */
const alreadyReading = -constants.errno.EALREADY

/** The parts of Node's own object behind a TCP socket that are used here. */
interface TcpHandle {
  readonly reading: boolean
  readStart(): number
}

/** The part of Node's own object behind a TLS socket that is used here. */
interface TlsHandle {
  /** Takes bytes as if they had just come from TCP. */
  receive(bytes: Uint8Array): void
}

/** What Node's TLSSocket has and does not declare: its constructor asks itself for the object behind it. */
interface Internals {
  readonly _handle: TlsHandle | null
  readonly _tlsOptions: { readonly tcp: TcpHandle }
  _wrapHandle(wrap: null, handle: unknown, hasActiveWrite: boolean): TlsHandle
}

/**
 * The receiving end of a TLS connection in memory of ours, that knows whether its sender has ended it, or somebody has
 * cut the TCP connection below it.
 */
export class TruncationAwareSocket extends TLSSocket {
  readonly #tcp: TcpHandle
  isTruncated = false

  /** Takes the place of `accepted`, which is paused and of no use any more, with all bytes that it has. */
  constructor(accepted: Socket, secureContext: SecureContext, onread: OnRead) {
    const early = accepted.read() as Buffer | null
    const tcp = takeHandle(accepted) as TcpHandle
    // Node reads into memory that it is given only where TLS makes its own TCP socket; _wrapHandle() gives it this one.
    const options = { isServer: true, secureContext, allowHalfOpen: true, onread, tcp }
    super(undefined as unknown as Socket, options)
    this.#tcp = tcp
    // Without this Node would wait for TCP to connect before it writes, or reads again after a pause.
    Object.assign(this, { connecting: false })
    if (early) process.nextTick(() => (this as unknown as Internals)._handle?.receive(early))
  }

  /** Called by Node, while `this` is being made. */
  _wrapHandle(): TlsHandle {
    const { _tlsOptions } = this as unknown as Internals
    const node = TLSSocket.prototype as unknown as Internals
    return node._wrapHandle.call(this, null, _tlsOptions.tcp, false)
  }

  /**
   * Node ends the stream in the same way with and without close_notify. But when it is because TCP has ended, that
   * has ended before: libuv reads no more. (A stream of our own between TCP and TLS would see it too, at the cost of
   * a quarter of the speed.)
   */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && this.#hasTcpEnded) this.isTruncated = true
    return super.push(chunk, encoding)
  }

  /** True when TCP has told its end, or is gone. */
  get #hasTcpEnded(): boolean {
    if (!(this as unknown as Internals)._handle) return true
    // Stopped by us, TCP could not have told: it was TLS, in bytes that had come before.
    if (!this.#tcp.reading) return false
    return this.#tcp.readStart() !== alreadyReading
  }
}
