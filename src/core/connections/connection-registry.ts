import { randomBytes } from 'node:crypto'
import type { UserLimits } from '../accounts/user-limits.ts'
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

/** Who wants to connect, as a protocol has found out. */
export interface Arrival {
  readonly username: string
  readonly protocol: SessionProtocol
  readonly remoteAddress: string
  readonly clientVersion: string
}

/** What a signed-in connection takes its place in. */
export interface ConnectionPlaces {
  /**
   * Takes a place until `close()`.
   * @throws FileServerError 'too-many-connections' over the server's or the user's `maxSessions` (0 = no limit)
   */
  open(from: Arrival, maxSessions: number): Promise<Connection> | Connection
  close(connection: Connection): void
}

/** A connection as the registry knows it, whichever process serves it. */
export interface ConnectionMember {
  readonly connectionId: string
  readonly username: string
  readonly protocol: SessionProtocol
  end(reason: string): void
  limit(limits: UserLimits): void
  /** As far as it is known here. */
  status(): ConnectionStatus
}

/** Who is connected, in all processes, and the way to make them leave. */
export class ConnectionRegistry implements ConnectionPlaces {
  readonly #traffic: TrafficTotals = { received: 0, sent: 0 }
  readonly #members = new Map<string, ConnectionMember>()
  /** Of members that somebody waits for. */
  readonly #leaving = new Map<string, PromiseWithResolvers<void>>()
  readonly #options: { readonly maxConnections?: number }
  readonly #clock: Clock
  #refresh: () => Promise<void> = () => Promise.resolve()

  /** `maxConnections` over all users, 0 = no limit; asked at each connection. */
  constructor(options: { maxConnections?: number; clock?: Clock } = {}) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Of all connections, ended ones too. */
  get traffic(): Readonly<TrafficTotals> {
    return this.#traffic
  }

  get size(): number {
    return this.#members.size
  }

  /** Sessions of each protocol that has any. */
  countByProtocol(): ReadonlyMap<SessionProtocol, number> {
    const counts = new Map<SessionProtocol, number>()
    for (const { protocol } of this.#members.values()) counts.set(protocol, (counts.get(protocol) ?? 0) + 1)
    return counts
  }

  open(from: Arrival, maxSessions: number): Connection {
    const connectionId = `${from.protocol}_${randomBytes(9).toString('base64url')}`
    const shared = { clock: this.#clock, traffic: this.#traffic }
    const connection = new Connection({ ...from, connectionId }, from.clientVersion, shared)
    this.admit(connection, maxSessions)
    return connection
  }

  close(connection: ConnectionMember): void {
    this.#members.delete(connection.connectionId)
    this.#leaving.get(connection.connectionId)?.resolve()
    this.#leaving.delete(connection.connectionId)
  }

  /** Settles when all have left that are here now and `isMeant` holds for: they change nothing any more. */
  async gone(isMeant: (member: ConnectionMember) => boolean): Promise<void> {
    const leaving = [...this.#members.values()].filter(isMeant).map(({ connectionId }) => {
      const left = this.#leaving.get(connectionId) ?? Promise.withResolvers<void>()
      this.#leaving.set(connectionId, left)
      return left.promise
    })
    await Promise.all(leaving)
  }

  /** Lets one in that exists already; close() it. @throws FileServerError 'too-many-connections' as open() does */
  admit(member: ConnectionMember, maxSessions: number): void {
    const { maxConnections = 0 } = this.#options
    if (maxConnections > 0 && this.#members.size >= maxConnections)
      throw new FileServerError('too-many-connections', 'The server has no free connection, try again later')
    if (maxSessions > 0 && this.#countOf(member.username) >= maxSessions)
      throw new FileServerError('too-many-connections', 'Too many sessions of this user')
    this.#members.set(member.connectionId, member)
  }

  /** Bytes that connections of another process have moved. */
  addTraffic({ received, sent }: Readonly<TrafficTotals>): void {
    this.#traffic.received += received
    this.#traffic.sent += sent
  }

  /** `refresh` makes what is known of connections of other processes as new as can be. */
  refreshWith(refresh: () => Promise<void>): void {
    this.#refresh = refresh
  }

  /** As far as it is known without asking anybody. */
  list(): ConnectionStatus[] {
    return [...this.#members.values()].map((member) => member.status())
  }

  /** As they are now. */
  async current(): Promise<ConnectionStatus[]> {
    await this.#refresh()
    return this.list()
  }

  find(connectionId: string): ConnectionMember | undefined {
    return this.#members.get(connectionId)
  }

  /** False when there is no such connection. */
  disconnect(connectionId: string, reason: string): boolean {
    const member = this.#members.get(connectionId)
    member?.end(reason)
    return member !== undefined
  }

  /** False when there is no such connection. */
  limit(connectionId: string, limits: UserLimits): boolean {
    const member = this.#members.get(connectionId)
    member?.limit(limits)
    return member !== undefined
  }

  /** Connections that the user has go on with these. */
  limitUser(username: string, limits: UserLimits): void {
    for (const member of this.#members.values()) if (member.username === username) member.limit(limits)
  }

  disconnectUser(username: string, reason: string): void {
    this.disconnectWhere((member) => member.username === username, reason)
  }

  disconnectAll(reason: string): void {
    this.disconnectWhere(() => true, reason)
  }

  disconnectWhere(isMeant: (member: ConnectionMember) => boolean, reason: string): void {
    for (const member of this.#members.values()) if (isMeant(member)) member.end(reason)
  }

  #countOf(username: string): number {
    let count = 0
    for (const member of this.#members.values()) if (member.username === username) count++
    return count
  }
}
