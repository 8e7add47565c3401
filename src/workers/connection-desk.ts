import type { UserLimits } from '../core/accounts/user-limits.ts'
import type { Clock } from '../core/clock.ts'
import type { ConnectionStatus, TransferStatus } from '../core/connections/connection.ts'
import type { ConnectionMember, ConnectionRegistry } from '../core/connections/connection-registry.ts'
import type { EventBus } from '../core/events/event-bus.ts'
import type { Actor, ServerEvent, SessionProtocol } from '../core/events/events.ts'
import type { ChannelToWorker, Placing } from './messages.ts'

/** A worker that does not answer in this time is shown as it was last seen. */
const answerTimeoutMs = 1_000

export interface ConnectionDeskParts {
  readonly channel: ChannelToWorker
  readonly connections: ConnectionRegistry
  readonly events: EventBus
  readonly clock: Clock
}

/** The connections of one worker in the registry of all, and what happens there. */
export class ConnectionDesk {
  readonly #parts: ConnectionDeskParts
  readonly #members = new Map<string, WorkerConnection>()

  constructor(parts: ConnectionDeskParts) {
    this.#parts = parts
    const { channel, connections } = parts
    channel.answer('place', (placing) => {
      const member = new WorkerConnection(placing, channel)
      connections.admit(member, placing.maxSessions)
      this.#members.set(member.connectionId, member)
    })
    channel.on('leave', (connectionId) => this.#leave(connectionId))
    channel.on('switch-protocol', ({ connectionId, protocol }) =>
      this.#members.get(connectionId)?.switchProtocol(protocol),
    )
    channel.on('traffic', (moved) => connections.addTraffic(moved))
    channel.on('transfer-began', ({ connectionId, transfer, ...begun }) =>
      this.#members.get(connectionId)?.transfers.set(transfer, { ...begun, bytes: 0 }),
    )
    channel.on('transfers-moved', (moved) => {
      for (const { connectionId, transfer, bytes } of moved)
        this.#members.get(connectionId)?.moved(transfer, bytes)
    })
    channel.on('transfer-ended', ({ connectionId, transfer }) =>
      this.#members.get(connectionId)?.transfers.delete(transfer),
    )
    channel.on('event', (event) => this.#happened(event))
  }

  /** Sessions that it serves. */
  get size(): number {
    return this.#members.size
  }

  /** Asks the worker how its connections are. Never fails. */
  async refresh(): Promise<void> {
    if (this.#members.size === 0) return
    const asked = this.#parts.channel.call('connections', null).catch(() => [])
    const { promise: late, resolve } = Promise.withResolvers<readonly ConnectionStatus[]>()
    const timer = setTimeout(() => resolve([]), answerTimeoutMs)
    const statuses = await Promise.race([asked, late])
    clearTimeout(timer)
    for (const status of statuses) this.#members.get(status.connectionId)?.seen(status)
  }

  /** The worker is gone, and its connections and transfers with it: what it cannot tell any more is told here. */
  end(reason: string): void {
    const { events, clock } = this.#parts
    for (const member of [...this.#members.values()]) {
      this.#leave(member.connectionId)
      if (!member.hasOpened) continue
      for (const transfer of member.transfers.values()) this.#tellFailed(member.actor(), transfer)
      const { connectedAt } = member.status()
      const durationMs = clock() - connectedAt
      events.emit({ type: 'session-closed', actor: member.actor(), durationMs, reason })
    }
  }

  #tellFailed(actor: Actor, { operation, path, bytes, startedAt }: TransferStatus): void {
    const { events, clock } = this.#parts
    const durationMs = clock() - startedAt
    events.emit({ type: `${operation}-failed`, actor, path, bytes, durationMs, code: 'aborted' })
  }

  #leave(connectionId: string): void {
    const member = this.#members.get(connectionId)
    if (!member) return
    this.#members.delete(connectionId)
    this.#parts.connections.close(member)
  }

  #happened(event: ServerEvent): void {
    if (event.type === 'session-opened') this.#members.get(event.actor.connectionId)?.opened()
    this.#parts.events.emit(event)
  }
}

/** A connection that a worker serves. */
class WorkerConnection implements ConnectionMember {
  readonly connectionId: string
  readonly username: string
  /** Those that run, by the worker's number for each; their bytes as they were last told. */
  readonly transfers = new Map<number, TransferStatus>()
  readonly #channel: ChannelToWorker
  #status: ConnectionStatus
  #hasOpened = false

  constructor({ maxSessions: _maxSessions, ...from }: Placing, channel: ChannelToWorker) {
    this.connectionId = from.connectionId
    this.username = from.username
    this.#channel = channel
    this.#status = { ...from, lastActivity: from.connectedAt, transfers: [] }
  }

  get protocol(): SessionProtocol {
    return this.#status.protocol
  }

  /** True once listeners of events know of it. */
  get hasOpened(): boolean {
    return this.#hasOpened
  }

  opened(): void {
    this.#hasOpened = true
  }

  moved(transfer: number, bytes: number): void {
    const known = this.transfers.get(transfer)
    if (known) this.transfers.set(transfer, { ...known, bytes })
  }

  switchProtocol(protocol: SessionProtocol): void {
    this.#status = { ...this.#status, protocol }
  }

  seen(status: ConnectionStatus): void {
    this.#status = status
  }

  end(reason: string): void {
    this.#channel.post('end', { connectionId: this.connectionId, reason })
  }

  limit(limits: UserLimits): void {
    this.#channel.post('limit', { connectionId: this.connectionId, limits })
  }

  status(): ConnectionStatus {
    return this.#status
  }

  actor(): Actor {
    const { connectionId, username, protocol, remoteAddress } = this.#status
    return { connectionId, username, protocol, remoteAddress }
  }
}
