import type { Socket } from 'node:net'
import { FileServerError } from '../../core/errors.ts'

/**
 * How the connection of a claim can be told from others: 'clear' not at all, 'unproven' is TLS whose client may or
 * may not show a ticket, 'proven' is TLS whose client showed one of its user the last time.
 */
export type ClaimKind = 'clear' | 'unproven' | 'proven'

export interface ClaimRequest {
  readonly kind: ClaimKind
  /** Whose tickets its connection may show; undefined without TLS. */
  readonly username: string | undefined
  /** The `TlsIdentity.id` of the control connection; undefined without TLS. */
  readonly identity?: string | undefined
  /** Peer of the control connection; without a ticket a data connection must come from the same. */
  readonly address: string
  /** Milliseconds from the 227 or 229 reply until the connection is there. */
  readonly timeoutMs: number
}

/** The right to the next fitting connection on one passive port. */
export interface PassiveClaim {
  /** The port, once the client may be told of it. @throws FileServerError 'busy' after waiting in vain */
  readonly port: Promise<number>
  /** True while its connection can still come. */
  readonly isArmed: boolean
  /** True when its connection never came. */
  readonly hasEnded: boolean
  /** The connection, paused, with all its bytes; it is the caller's from then on. @throws FileServerError 'aborted' when none came in time */
  take(): Promise<Socket>
  /** The client asked again before its connection came: it has the full time once more. */
  renew(): void
  /** Nobody wants the connection any more; one that still comes is closed. Idempotent. */
  release(): void
}

/** What a claim needs of the place where it waits. */
export interface ClaimQueue {
  readonly port: number
  releaseClaim(claim: Claim): void
  matchClaim(claim: Claim, socket: Socket): void
}

/** A claim in the process that has the ports. */
export class Claim implements PassiveClaim {
  readonly request: ClaimRequest
  readonly #queue: ClaimQueue
  readonly #armed = Promise.withResolvers<number>()
  readonly #accepted = Promise.withResolvers<Socket>()
  #state: 'queued' | 'armed' | 'abandoned' | 'matched' | 'taken' | 'ended' = 'queued'
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined
  #onTimeout: () => void = () => {}
  /** For the queue: a connection that can only have been its own has ended before it said whose it is. */
  hasComeAndGone = false

  constructor(request: ClaimRequest, queue: ClaimQueue) {
    this.request = request
    this.#queue = queue
    // Nobody may be waiting when they fail.
    this.#armed.promise.catch(() => {})
    this.#accepted.promise.catch(() => {})
  }

  get port(): Promise<number> {
    return this.#armed.promise
  }

  get isArmed(): boolean {
    return this.#state === 'armed'
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  get isQueued(): boolean {
    return this.#state === 'queued'
  }

  async take(): Promise<Socket> {
    const socket = await this.#accepted.promise
    if (this.#state === 'matched') this.#state = 'taken'
    return socket
  }

  renew(): void {
    if (this.#state !== 'armed') return
    this.hasComeAndGone = false
    this.startTimer(this.request.timeoutMs, this.#onTimeout)
  }

  release(): void {
    if (this.#state === 'matched') {
      this.#state = 'taken'
      this.#socket?.destroy()
    } else if (this.#state === 'queued' || this.#state === 'armed') this.#queue.releaseClaim(this)
  }

  /** A ticket says that this is the connection. */
  accept(socket: Socket): void {
    this.#queue.matchClaim(this, socket)
  }

  /** For the queue: the client is told the port now. */
  arm(onTimeout: () => void): void {
    this.#state = 'armed'
    this.#onTimeout = onTimeout
    this.renew()
    this.#armed.resolve(this.#queue.port)
  }

  /** For the queue: still armed, but its connection is unwanted. */
  abandon(ms: number, onTimeout: () => void): void {
    this.#state = 'abandoned'
    this.#accepted.reject(new FileServerError('aborted', 'The data connection is no longer wanted'))
    this.startTimer(ms, onTimeout)
  }

  /** For the queue: here is the connection. */
  match(socket: Socket): void {
    clearTimeout(this.#timer)
    if (this.#state === 'abandoned') {
      this.#state = 'ended'
      socket.destroy()
      return
    }
    this.#state = 'matched'
    this.#socket = socket
    this.#accepted.resolve(socket)
  }

  /** For the queue: no connection will come. */
  end(failure: FileServerError): void {
    clearTimeout(this.#timer)
    this.#state = 'ended'
    this.#armed.reject(failure)
    this.#accepted.reject(failure)
  }

  /** For the queue: one timer at a time. */
  startTimer(ms: number, onTimeout: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(onTimeout, ms)
  }
}
