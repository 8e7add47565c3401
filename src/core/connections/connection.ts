import type { UserLimits } from '../accounts/user-limits.ts'
import type { Clock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import type { Actor, SessionProtocol } from '../events/events.ts'
import type { VirtualPath } from '../files/virtual-path.ts'

/** A transfer as it runs. Times in milliseconds since the epoch. */
export interface TransferStatus {
  readonly operation: 'upload' | 'download'
  readonly path: VirtualPath
  readonly startedAt: number
  readonly bytes: number
}

export interface ConnectionStatus extends Actor {
  readonly clientVersion: string
  readonly connectedAt: number
  readonly lastActivity: number
  readonly transfers: readonly TransferStatus[]
}

/** Bytes of files that moved since the start. */
export interface TrafficTotals {
  received: number
  sent: number
}

/** One signed-in connection. Its protocols and transfers keep it up to date. */
export class Connection implements Actor {
  readonly connectionId: string
  readonly username: string
  readonly remoteAddress: string
  readonly clientVersion: string
  readonly connectedAt: number
  readonly #ending = new AbortController()
  readonly #transfers = new Set<TransferStatus>()
  readonly #clock: Clock
  readonly #traffic: TrafficTotals
  #protocol: SessionProtocol
  #lastActivity: number
  #limits: UserLimits | undefined
  #onSwitch: (protocol: SessionProtocol) => void = () => {}
  #onTransfer: ((transfer: TransferStatus) => Disposable) | undefined

  constructor(
    actor: Actor,
    clientVersion: string,
    { clock, traffic }: { clock: Clock; traffic: TrafficTotals },
  ) {
    this.connectionId = actor.connectionId
    this.username = actor.username
    this.remoteAddress = actor.remoteAddress
    this.clientVersion = clientVersion
    this.#protocol = actor.protocol
    this.#clock = clock
    this.#traffic = traffic
    this.connectedAt = this.#lastActivity = clock()
  }

  get protocol(): SessionProtocol {
    return this.#protocol
  }

  get lastActivity(): number {
    return this.#lastActivity
  }

  /** Aborted when the connection has to go; the reason is a FileServerError 'aborted'. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get hasTransfers(): boolean {
    return this.#transfers.size > 0
  }

  /** What its user may use, as it is now: whoever goes by it asks each time. */
  get limits(): UserLimits {
    if (!this.#limits) throw new Error('the limits of a connection are asked for before it is signed in')
    return this.#limits
  }

  /** The limits as they were read when it took its place; what was told since is newer. */
  startWith(limits: UserLimits): void {
    this.#limits ??= limits
  }

  /** An admin has changed them. */
  limit(limits: UserLimits): void {
    this.#limits = limits
  }

  /** One SSH connection can turn from SFTP to SCP. */
  switchProtocol(protocol: SessionProtocol): void {
    this.#protocol = protocol
    this.#onSwitch(protocol)
  }

  /** For a process that keeps the list of connections elsewhere. */
  onSwitch(listener: (protocol: SessionProtocol) => void): void {
    this.#onSwitch = listener
  }

  /** The same; `listener` is told each transfer that is reported, and its end by what it returns. */
  onTransfer(listener: (transfer: TransferStatus) => Disposable): void {
    this.#onTransfer = listener
  }

  touch(): void {
    this.#lastActivity = this.#clock()
  }

  /** Bytes of files that came from the client. */
  received(bytes: number): void {
    this.#traffic.received += bytes
    this.touch()
  }

  /** Bytes of files that went to the client. */
  sent(bytes: number): void {
    this.#traffic.sent += bytes
    this.touch()
  }

  /** Dispose what it returns in the turn in which the end of a reported transfer is told as an event. */
  addTransfer(transfer: TransferStatus, { isReported }: { isReported: boolean }): Disposable {
    this.#transfers.add(transfer)
    const told = isReported ? this.#onTransfer?.(transfer) : undefined
    this.touch()
    return {
      [Symbol.dispose]: () => {
        this.#transfers.delete(transfer)
        told?.[Symbol.dispose]()
        this.touch()
      },
    }
  }

  end(reason: string): void {
    this.#ending.abort(new FileServerError('aborted', reason))
  }

  actor(): Actor {
    const { connectionId, username, protocol, remoteAddress } = this
    return { connectionId, username, protocol, remoteAddress }
  }

  status(): ConnectionStatus {
    return {
      ...this.actor(),
      clientVersion: this.clientVersion,
      connectedAt: this.connectedAt,
      lastActivity: this.lastActivity,
      transfers: [...this.#transfers].map(({ operation, path, startedAt, bytes }) => ({
        operation,
        path,
        startedAt,
        bytes,
      })),
    }
  }
}
