import type { Clock } from '../core/clock.ts'
import {
  type Arrival,
  type Connection,
  type ConnectionPlaces,
  ConnectionRegistry,
} from '../core/connections/connection-registry.ts'
import type { ChannelToPrimary } from './messages.ts'

/** How often the primary process is told what has moved. */
const trafficIntervalMs = 500

/** The connections of this process, each with a place in the registry of the primary process. */
export class RemoteConnections implements ConnectionPlaces, Disposable {
  readonly #channel: ChannelToPrimary
  readonly #own: ConnectionRegistry
  readonly #timer: NodeJS.Timeout
  #told = { received: 0, sent: 0 }

  constructor(channel: ChannelToPrimary, clock: Clock) {
    this.#channel = channel
    this.#own = new ConnectionRegistry({ clock })
    this.#timer = setInterval(() => this.#tellTraffic(), trafficIntervalMs).unref()
    channel.answer('connections', () => this.#own.list())
    channel.on('end', ({ connectionId, reason }) => void this.#own.disconnect(connectionId, reason))
  }

  /** It is known here first, so that an end that the primary process tells from then on finds it. */
  async open(from: Arrival, maxSessions: number): Promise<Connection> {
    const connection = this.#own.open(from, 0)
    connection.onSwitch((protocol) =>
      this.#channel.post('switch-protocol', { connectionId: connection.connectionId, protocol }),
    )
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

  #tellTraffic(): void {
    const { received, sent } = this.#own.traffic
    const moved = { received: received - this.#told.received, sent: sent - this.#told.sent }
    if (moved.received === 0 && moved.sent === 0) return
    this.#told = { received, sent }
    this.#channel.post('traffic', moved)
  }
}
