import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { peekClientHello } from './client-hello.ts'
import { type CommandLine, CommandReader } from './command-reader.ts'
import { secureOrThrow } from './data-connection.ts'
import { formatReply } from './ftp-reply.ts'
import type { TlsIdentities } from './tls-identities.ts'
import type { TlsIdentity } from './tls-identity.ts'

const handshakeTimeoutMs = 20_000
/** How long replies may lie unread, with no command running: the client would keep its place for ever. */
const unreadTimeoutMs = 60_000
/** How long the last reply may take to leave. */
const closeTimeoutMs = 1_000
/** A client that takes no replies is not answered without end. */
const maxUnsentBytes = 256 * 1024

export interface ControlEvents {
  onLine(line: CommandLine): void
  onClose(): void
}

/** The wire of one control connection: lines in, replies out, in clear or through TLS. */
export class ControlConnection {
  readonly #raw: Socket
  readonly #events: ControlEvents
  readonly #reader: CommandReader
  readonly #closing = new AbortController()
  #stream: Socket
  #isEnding = false
  #hasEnded = false
  /** From the last byte in clear to the first through TLS: nothing may be said. */
  #isHandshaking = false
  #flushing: NodeJS.Immediate | undefined

  constructor(socket: Socket, maxLineBytes: number, events: ControlEvents) {
    this.#raw = socket
    this.#stream = socket
    this.#events = events
    this.#reader = new CommandReader(maxLineBytes)
    socket.on('error', () => {})
    socket.once('end', this.#end)
    socket.once('close', () => {
      this.#end()
      this.#closing.abort()
      events.onClose()
    })
  }

  get isSecure(): boolean {
    return this.#stream instanceof TLSSocket
  }

  /** e.g. 'TLSv1.3'; undefined in clear. */
  get tlsVersion(): string | undefined {
    return (this.#stream instanceof TLSSocket && this.#stream.getProtocol()) || undefined
  }

  /** True when the client will send nothing more, or is gone. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get localAddress(): string {
    return this.#raw.localAddress ?? ''
  }

  /** Bytes that were received and belong to no command yet. */
  get hasUnreadBytes(): boolean {
    return this.#reader.hasPartialLine || this.#stream.readableLength > 0
  }

  /** Starts to read commands. */
  read(): void {
    this.#stream.on('data', this.#receive)
    this.#stream.resume()
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#stream.pause()
    else this.#stream.resume()
  }

  /** What the client has asked for is answered also when it ends its side first. */
  outliveEnd(): void {
    this.#raw.allowHalfOpen = true
    this.#stream.allowHalfOpen = true
  }

  reply(code: number, text: string | readonly string[]): void {
    this.send(formatReply(code, text))
  }

  /** What is sent in one turn of the event loop leaves together: each segment of its own wakes the client. */
  send(text: string): void {
    if (this.#isEnding || this.#isHandshaking || this.#stream.destroyed) return
    if (!this.#flushing) {
      this.#stream.cork()
      this.#flushing = setImmediate(this.#flush)
    }
    this.#stream.write(text)
    if (this.#stream.writableLength > maxUnsentBytes) this.destroy()
  }

  /** Resolves when the client has taken most of its replies, or is gone; one that takes none is sent away. */
  async drained(): Promise<void> {
    const stream = this.#stream
    if (!stream.writableNeedDrain || stream.destroyed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.destroy(), unreadTimeoutMs)
      const done = (): void => {
        clearTimeout(timer)
        stream.off('drain', done).off('close', done)
        resolve()
      }
      stream.on('drain', done).on('close', done)
    })
  }

  /** From here no byte is taken for a command; then `announce` tells the client to begin. @throws when TLS fails */
  async secure(identities: TlsIdentities, announce: () => void): Promise<TlsIdentity> {
    this.#raw.off('data', this.#receive)
    this.#raw.pause()
    announce()
    this.#flush()
    this.#isHandshaking = true
    try {
      return await this.#shakeHands(identities)
    } finally {
      this.#isHandshaking = false
    }
  }

  async #shakeHands(identities: TlsIdentities): Promise<TlsIdentity> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(handshakeTimeoutMs)])
    const hello = await peekClientHello(this.#raw, signal)
    const identity = identities.open(hello)
    const secured = new TLSSocket(this.#raw, { isServer: true, secureContext: identity.context })
    secured.on('error', () => {}).once('end', this.#end)
    await secureOrThrow(secured, signal).catch((error: unknown) => {
      identities.close(identity)
      throw error
    })
    this.#stream = secured
    return identity
  }

  /** Sends what is written so far, then closes. */
  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#stream.off('data', this.#receive)
    // The client has left already: no 'close' would come any more, and the timer would keep the session in memory.
    if (this.#raw.destroyed) return
    const timer = setTimeout(() => this.destroy(), closeTimeoutMs)
    this.#raw.once('close', () => clearTimeout(timer))
    this.#stream.once('end', () => this.destroy())
    this.#stream.end()
    this.#stream.resume()
  }

  destroy(): void {
    this.#stream.destroy()
    this.#raw.destroy()
  }

  readonly #flush = (): void => {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    this.#stream.uncork()
  }

  readonly #end = (): void => {
    this.#hasEnded = true
  }

  readonly #receive = (chunk: Buffer): void => {
    for (const line of this.#reader.push(chunk)) this.#events.onLine(line)
  }
}
