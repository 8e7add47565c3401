import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { FileServerError } from '../../core/errors.ts'
import { FtpRefusal } from './ftp-reply.ts'
import { Inbox, receiveInClear } from './inbox.ts'
import { TruncationAwareSocket } from './truncation-aware-socket.ts'

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
  /** What has been received; none for sending. */
  readonly inbox: Inbox | undefined
  readonly #raw: Socket
  readonly #signal: AbortSignal
  #failure: FileServerError | undefined
  /** While sending: nothing is on its way. */
  #isHeld: boolean
  #unsentPieces = 0

  private constructor(raw: Socket, stream: Socket, inbox: Inbox | undefined, options: DataConnectionOptions) {
    this.#raw = raw
    this.stream = stream
    this.inbox = inbox
    if (inbox) inbox.onHold = (isHeld) => this.hold(isHeld)
    this.isResumed = stream instanceof TLSSocket && stream.isSessionReused()
    this.#signal = options.signal
    const { stallTimeoutMs, direction } = options
    this.#isHeld = direction === 'send'
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
    const connection = await DataConnection.#connect(socket, options)
    if (options.tls?.mustResume && !connection.isResumed) {
      // In order: the last bytes of the handshake may still be under way.
      connection.answerEnd()
      throw new FtpRefusal(522, 'The data connection must resume the TLS session of the control connection')
    }
    return connection
  }

  static async #connect(socket: Socket, options: DataConnectionOptions): Promise<DataConnection> {
    try {
      if (options.direction === 'receive') return await DataConnection.#connectToReceive(socket, options)
      const stream = options.tls
        ? new TLSSocket(socket, { isServer: true, secureContext: options.tls.context })
        : socket
      if (stream instanceof TLSSocket) await handshake(stream, options.signal)
      return new DataConnection(socket, stream, undefined, options)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  static async #connectToReceive(socket: Socket, options: DataConnectionOptions): Promise<DataConnection> {
    if (socket.destroyed) throw new FileServerError('aborted', 'The data connection was lost')
    const inbox = new Inbox()
    const { tls, signal } = options
    const stream = tls
      ? new TruncationAwareSocket(socket, tls.context, inbox.onRead)
      : receiveInClear(socket, inbox)
    if (stream instanceof TLSSocket) await handshake(stream, signal)
    return new DataConnection(stream, stream, inbox, options)
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
    if (this.stream.destroyed) return
    this.#isHeld = isHeld
    if (isHeld) this.stream.pause()
    else this.stream.resume()
  }

  /** True when the network has taken all that was written. */
  get isFlushed(): boolean {
    return !this.stream.destroyed && this.stream.writableLength === 0
  }

  /** Of a connection in clear with nothing on its way, for bytes that go there past it. */
  get descriptor(): number | undefined {
    return this.stream instanceof TLSSocket || !this.isFlushed ? undefined : descriptorOf(this.stream)
  }

  /** Resolves when the bytes are on their way and `chunk` may be used again. @throws FileServerError 'aborted' */
  write(chunk: Uint8Array | string): Promise<void> {
    this.#unsentPieces++
    this.#isHeld = false
    return new Promise((resolve, reject) => {
      this.stream.write(chunk, (error) => {
        this.#isHeld = --this.#unsentPieces === 0
        if (error) reject(this.#lost(error))
        else resolve()
      })
    })
  }

  /**
   * Ends what was written, close_notify and FIN behind it. The socket itself goes when the peer closes or after a
   * moment: closed with unread bytes it would send RST and cut the tail off. @throws FileServerError 'aborted'
   */
  finish(): void {
    if (this.stream.destroyed) throw this.#lost(undefined)
    this.stream.end()
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.stream.setTimeout(0)
    this.#destroyLater()
    const destroyIfDone = (): void => {
      if (this.stream.writableFinished && this.stream.readableEnded) this.destroy()
    }
    this.stream.once('finish', destroyIfDone).once('end', destroyIfDone).resume()
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
    // A reset while the end is on its way is refused, and Node then forgets to close the socket.
    const canReset = !this.#raw.destroyed && !this.#raw.writableEnded && !(this.stream instanceof TLSSocket)
    if (failure && canReset) this.#raw.resetAndDestroy()
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

/** Node has it and tells it to nobody; undefined should that change, and once the socket is gone. */
function descriptorOf(socket: Socket): number | undefined {
  const descriptor = (socket as { _handle?: { fd?: unknown } | null })._handle?.fd
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined
}

/** Destroys the socket when it fails or takes too long. @throws FtpRefusal 425 */
async function handshake(secured: TLSSocket, signal: AbortSignal): Promise<void> {
  secured.on('error', () => {})
  const timer = setTimeout(() => secured.destroy(), handshakeTimeoutMs)
  try {
    await secureOrThrow(secured, signal)
  } finally {
    clearTimeout(timer)
  }
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
