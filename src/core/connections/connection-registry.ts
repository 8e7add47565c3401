import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
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

  /** One SSH connection can turn from SFTP to SCP. */
  switchProtocol(protocol: SessionProtocol): void {
    this.#protocol = protocol
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

  addTransfer(transfer: TransferStatus): Disposable {
    this.#transfers.add(transfer)
    this.touch()
    return {
      [Symbol.dispose]: () => {
        this.#transfers.delete(transfer)
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

/** Who is connected, and the way to make them leave. */
export class ConnectionRegistry {
  readonly #traffic: TrafficTotals = { received: 0, sent: 0 }
  readonly #connections = new Map<string, Connection>()
  readonly #options: { readonly maxConnections?: number }
  readonly #clock: Clock

  /** `maxConnections` over all users, 0 = no limit; asked at each connection. */
  constructor(options: { maxConnections?: number; clock?: Clock } = {}) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Of all connections, ended ones too. */
  get traffic(): Readonly<TrafficTotals> {
    return this.#traffic
  }

  /**
   * Takes a place until `close()`.
   * @throws FileServerError 'too-many-connections' over the server's or the user's `maxSessions` (0 = no limit)
   */
  open(
    from: { username: string; protocol: SessionProtocol; remoteAddress: string; clientVersion: string },
    maxSessions: number,
  ): Connection {
    const { maxConnections = 0 } = this.#options
    if (maxConnections > 0 && this.#connections.size >= maxConnections)
      throw new FileServerError('too-many-connections', 'The server has no free connection, try again later')
    if (maxSessions > 0 && this.#countOf(from.username) >= maxSessions)
      throw new FileServerError('too-many-connections', 'Too many sessions of this user')
    const connectionId = `${from.protocol}_${randomBytes(9).toString('base64url')}`
    const shared = { clock: this.#clock, traffic: this.#traffic }
    const connection = new Connection({ ...from, connectionId }, from.clientVersion, shared)
    this.#connections.set(connectionId, connection)
    return connection
  }

  close(connection: Connection): void {
    this.#connections.delete(connection.connectionId)
  }

  list(): ConnectionStatus[] {
    return [...this.#connections.values()].map((connection) => connection.status())
  }

  /** False when there is no such connection. */
  disconnect(connectionId: string, reason: string): boolean {
    const connection = this.#connections.get(connectionId)
    connection?.end(reason)
    return connection !== undefined
  }

  disconnectUser(username: string, reason: string): void {
    for (const connection of this.#connections.values())
      if (connection.username === username) connection.end(reason)
  }

  disconnectAll(reason: string): void {
    for (const connection of this.#connections.values()) connection.end(reason)
  }

  #countOf(username: string): number {
    let count = 0
    for (const connection of this.#connections.values()) if (connection.username === username) count++
    return count
  }
}
