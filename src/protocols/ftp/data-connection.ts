import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { Duplex } from 'node:stream'
import { FileServerError } from '../../core/errors.ts'
import { FtpRefusal } from './ftp-reply.ts'

/** How long the client may take to close its side after ours (the platform's pipe closes both at once anyway). */
const lingerMs = 2_000
const handshakeTimeoutMs = 10_000

export interface DataConnectionOptions {
  readonly direction: 'send' | 'receive'
  /** Undefined: in clear. */
  readonly tls: { readonly context: SecureContext; readonly mustResume: boolean } | undefined
  /** Ends the connection when the peer does nothing for so long. */
  readonly stallTimeoutMs: number
  readonly signal: AbortSignal
}

/** One data connection that is ready for bytes. Its end is finish() or destroy(). */
export class DataConnection {
  readonly stream: Socket
  /** True when TLS resumed a session of the control connection. */
  readonly isResumed: boolean
  readonly #raw: Socket
  readonly #signal: AbortSignal
  #failure: FileServerError | undefined
  #isHeld = false

  private constructor(raw: Socket, stream: Socket, options: DataConnectionOptions) {
    this.#raw = raw
    this.stream = stream
    this.isResumed = stream instanceof TLSSocket && stream.isSessionReused()
    this.#signal = options.signal
    const { stallTimeoutMs } = options
    stream.on('error', (error: Error) => {
      this.#failure ??= new FileServerError('aborted', 'The data connection was lost', { cause: error })
    })
    stream.on('timeout', () => {
      if (this.#isHeld) stream.setTimeout(stallTimeoutMs)
      else this.destroy(new FileServerError('aborted', 'The data connection stood still for too long'))
    })
    stream.setTimeout(stallTimeoutMs)
    this.#signal.addEventListener('abort', this.#onAbort, { once: true })
    if (this.#signal.aborted) this.#onAbort()
  }

  /** Takes the socket over, whatever happens. @throws FtpRefusal 425, 522; FileServerError 'aborted' */
  static async open(socket: Socket, options: DataConnectionOptions): Promise<DataConnection> {
    try {
      const stream = options.tls ? await handshake(socket, options.tls.context, options) : socket
      const connection = new DataConnection(socket, stream, options)
      if (options.tls?.mustResume && !connection.isResumed) {
        connection.destroy()
        throw new FtpRefusal(522, 'The data connection must resume the TLS session of the control connection')
      }
      return connection
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** Why it ended before its time. */
  get failure(): FileServerError | undefined {
    return this.#failure
  }

  /** True when the sender's end of a TLS stream came without close_notify: somebody may have cut it (RFC 8446 §6.1). */
  get isTruncated(): boolean {
    return this.stream instanceof TruncationAwareSocket && this.stream.isTruncated
  }

  /** While held, it is we who do not read: the peer is not to blame for standing still. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld) this.stream.pause()
    else this.stream.resume()
  }

  /** Resolves when the bytes are on their way and `chunk` may be used again. @throws FileServerError 'aborted' */
  write(chunk: Uint8Array | string): Promise<void> {
    this.#isHeld = false
    return new Promise((resolve, reject) => {
      this.stream.write(chunk, (error) => {
        this.#isHeld = true
        if (error) reject(this.#lost(error))
        else resolve()
      })
    })
  }

  /**
   * Resolves when all has been handed to the network, close_notify and FIN with it. The socket itself goes when the
   * peer closes or after a moment: closed with unread bytes it would send RST and cut the tail off.
   */
  async finish(): Promise<void> {
    this.#isHeld = false
    await new Promise<void>((resolve, reject) => {
      if (this.stream.destroyed) return reject(this.#lost(undefined))
      this.stream.once('close', () => reject(this.#lost(undefined)))
      this.stream.end(resolve)
    })
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.stream.setTimeout(0)
    this.#destroyLater()
    if (this.stream.readableEnded) return this.destroy()
    this.stream.once('end', () => this.destroy())
    this.stream.resume()
  }

  /** The peer has ended in order: answers in kind and closes. */
  answerEnd(): void {
    if (this.stream.destroyed) return
    this.stream.setTimeout(0)
    this.#destroyLater()
    this.stream.end(() => this.destroy())
  }

  #destroyLater(): void {
    const timer = setTimeout(() => this.destroy(), lingerMs)
    this.stream.once('close', () => clearTimeout(timer))
  }

  /** Breaks it off, so that the peer cannot take what it has for the whole. Idempotent. */
  destroy(failure?: FileServerError): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    if (failure) this.#failure ??= failure
    if (failure && !this.#raw.destroyed && !(this.stream instanceof TLSSocket)) this.#raw.resetAndDestroy()
    this.stream.destroy()
    this.#raw.destroy()
  }

  #lost(cause: unknown): FileServerError {
    return (this.#failure ??= new FileServerError('aborted', 'The data connection was lost', { cause }))
  }

  readonly #onAbort = (): void => {
    this.destroy(new FileServerError('aborted', 'The transfer was aborted'))
  }
}

/** @throws FtpRefusal 425 */
async function handshake(
  socket: Socket,
  secureContext: SecureContext,
  { direction, signal }: DataConnectionOptions,
): Promise<TLSSocket> {
  const options = { isServer: true, secureContext }
  const secured =
    direction === 'receive' ? new TruncationAwareSocket(socket, options) : new TLSSocket(socket, options)
  secured.on('error', () => {})
  await secureOrThrow(secured, AbortSignal.any([signal, AbortSignal.timeout(handshakeTimeoutMs)]))
  return secured
}

/** Resolves when the TLS handshake of a server's socket is complete. @throws FtpRefusal 425 */
export function secureOrThrow(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let cause: unknown
  const onFailure = (error?: unknown): void => {
    cause ??= error
    reject(new FtpRefusal(425, 'The TLS handshake of the data connection failed', { cause }))
    socket.destroy()
  }
  const onAbort = (): void => onFailure(signal.reason)
  socket.on('error', onFailure).once('_tlsError', onFailure).once('close', onFailure).once('secure', resolve)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    socket.off('close', onFailure)
    if (!socket.destroyed) socket.off('error', onFailure)
  })
}

/**
 * Node ends a TLS stream in the same way with and without close_notify. The bytes go through a stream of our own
 * here, which knows whether the TCP connection had ended before TLS did.
 */
class TruncationAwareSocket extends TLSSocket {
  readonly #tap: SocketTap
  isTruncated = false

  constructor(socket: Socket, options: ConstructorParameters<typeof TLSSocket>[1]) {
    const tap = new SocketTap(socket)
    super(tap as unknown as Socket, options)
    this.#tap = tap
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null && this.#tap.hasEnded) this.isTruncated = true
    return super.push(chunk, encoding)
  }
}

class SocketTap extends Duplex {
  readonly #socket: Socket
  /** True once every byte has been passed on and TCP told the end. */
  hasEnded = false

  constructor(socket: Socket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    // Registered before those of TLS, which hears of the end afterwards.
    this.once('end', () => (this.hasEnded = true))
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.once('end', () => this.push(null))
    socket.once('error', (error) => this.destroy(error))
    socket.once('close', () => this.destroy())
    socket.pause()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
