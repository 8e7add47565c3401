import { randomBytes } from 'node:crypto'
import type { UserLimits } from '../accounts/user-limits.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import type { SessionProtocol } from '../events/events.ts'
import { Connection, type ConnectionStatus, type TrafficTotals } from './connection.ts'

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
