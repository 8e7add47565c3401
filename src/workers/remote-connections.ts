import type { Clock } from '../core/clock.ts'
import type { Connection, TransferStatus } from '../core/connections/connection.ts'
import {
  type Arrival,
  type ConnectionPlaces,
  ConnectionRegistry,
} from '../core/connections/connection-registry.ts'
import type { ChannelToPrimary, TransferNumber } from './messages.ts'

/** How often the primary process is told what has moved, in milliseconds. */
const trafficIntervalMs = 500

/** The connections of this process, each with a place in the registry of the primary process. */
export class RemoteConnections implements ConnectionPlaces, Disposable {
  readonly #channel: ChannelToPrimary
  readonly #own: ConnectionRegistry
  readonly #timer: NodeJS.Timeout
  readonly #transfers = new Map<TransferStatus, { readonly key: TransferNumber; toldBytes: number }>()
  #lastTransfer = 0
  #told = { received: 0, sent: 0 }

  constructor(channel: ChannelToPrimary, clock: Clock) {
    this.#channel = channel
    this.#own = new ConnectionRegistry({ clock })
    this.#timer = setInterval(() => this.#tellMoved(), trafficIntervalMs).unref()
    channel.answer('connections', () => this.#own.list())
    channel.on('end', ({ connectionId, reason }) => void this.#own.disconnect(connectionId, reason))
    channel.on('limit', ({ connectionId, limits }) => void this.#own.limit(connectionId, limits))
  }

  /** It is known here first, so that what the primary process tells of it from then on finds it. */
  async open(from: Arrival, maxSessions: number): Promise<Connection> {
    const connection = this.#own.open(from, 0)
    connection.onSwitch((protocol) =>
      this.#channel.post('switch-protocol', { connectionId: connection.connectionId, protocol }),
    )
    connection.onTransfer((transfer) => this.#tellTransfer(connection.connectionId, transfer))
    const { clientVersion, connectedAt } = connection
    try {
      await this.#channel.call('place', { ...connection.actor(), clientVersion, connectedAt, maxSessions })
      return connection
    } catch (error) {
      this.#own.close(connection)
      throw error
    }
  }

  close(connection: Connection): void {
    this.#own.close(connection)
    this.#channel.post('leave', connection.connectionId)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#tellTraffic()
  }

  #tellTransfer(connectionId: string, transfer: TransferStatus): Disposable {
    const key = { connectionId, transfer: ++this.#lastTransfer }
    const { operation, path, startedAt } = transfer
    this.#transfers.set(transfer, { key, toldBytes: 0 })
    this.#channel.post('transfer-began', { ...key, operation, path, startedAt })
    return {
      [Symbol.dispose]: () => {
        this.#transfers.delete(transfer)
        this.#channel.post('transfer-ended', key)
      },
    }
  }

  #tellMoved(): void {
    this.#tellTraffic()
    const moved: (TransferNumber & { bytes: number })[] = []
    for (const [{ bytes }, known] of this.#transfers) {
      if (bytes === known.toldBytes) continue
      known.toldBytes = bytes
      moved.push({ ...known.key, bytes })
    }
    if (moved.length > 0) this.#channel.post('transfers-moved', moved)
  }

  #tellTraffic(): void {
    const { received, sent } = this.#own.traffic
    const moved = { received: received - this.#told.received, sent: sent - this.#told.sent }
    if (moved.received === 0 && moved.sent === 0) return
    this.#told = { received, sent }
    this.#channel.post('traffic', moved)
  }
}
