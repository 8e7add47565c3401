import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How a relay treats what passes through it, in each direction. All of it can be changed while it runs. */
export interface RelayConditions {
  /** Each chunk arrives this much later. */
  readonly delayMs: number
  /** Of chunks, as 0.05, that are lost and sent again: they, and all behind them, come `resendMs` later, as with TCP. */
  readonly loss: number
  readonly resendMs: number
  /** Takes everything and passes nothing on, as a client that has vanished or a cable that was pulled. */
  readonly isFrozen: boolean
}

export const calm: RelayConditions = { delayMs: 0, loss: 0, resendMs: 0, isFrozen: false }

/** Chunks are passed on in pieces as large as a packet: each of them may be lost. */
const packetBytes = 1448

/**
 * A TCP relay in user space, where the kernel has no netem. Beyond `TcpPipe` it loses, freezes and resets, and keeps
 * half-open connections.
 */
export class HostileRelay implements AsyncDisposable {
  conditions: RelayConditions = calm
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
  }

  /** Before `target`, a port of 127.0.0.1; listens at `host` and `port`. */
  static async open(target: number, { host = '127.0.0.1', port = 0 } = {}): Promise<HostileRelay> {
    const relay = new HostileRelay(target)
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject).listen(port, host, resolve)
    })
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections by RST, on both sides. */
  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(client: Socket): void {
    const upstream = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    this.#copy(client, upstream)
    this.#copy(upstream, client)
  }

  #copy(from: Socket, to: Socket): void {
    const line = new DelayLine()
    const later = (pieces: number, action: () => void) => {
      const { delayMs, loss, resendMs, isFrozen } = this.conditions
      if (isFrozen) return
      let waitMs = delayMs
      for (let piece = 0; loss > 0 && piece < pieces; piece++) if (Math.random() < loss) waitMs += resendMs
      line.add(waitMs, action)
    }
    from.on('data', (chunk: Buffer) =>
      later(Math.ceil(chunk.length / packetBytes), () => {
        if (!to.destroyed && !to.write(chunk)) from.pause()
      }),
    )
    to.on('drain', () => from.resume())
    from.on('end', () => later(1, () => void to.end()))
    from.on('close', (hadError) => {
      if (hadError) later(1, () => void to.resetAndDestroy())
      else later(1, () => setTimeout(() => to.destroy(), 1_000).unref())
    })
  }
}

/** Does each thing when it has waited its time, and never before what was added earlier: timers alone may change places. */
class DelayLine {
  readonly #waiting: { readonly dueAt: number; readonly action: () => void }[] = []
  #timer: NodeJS.Timeout | undefined

  add(waitMs: number, action: () => void): void {
    this.#waiting.push({ dueAt: performance.now() + waitMs, action })
    if (this.#timer === undefined) this.#run()
  }

  #run(): void {
    this.#timer = undefined
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const waitMs = first.dueAt - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#run(), waitMs)
        return
      }
      this.#waiting.shift()
      first.action()
    }
  }
}

/** A relay before every port of a product, on an address of its own, so that the ports are the same. */
export async function relayAll(ports: readonly number[], host: string): Promise<HostileRelays> {
  const relays = await Promise.all(ports.map((port) => HostileRelay.open(port, { host, port })))
  return new HostileRelays(relays)
}

export class HostileRelays implements AsyncDisposable {
  readonly #relays: readonly HostileRelay[]

  constructor(relays: readonly HostileRelay[]) {
    this.#relays = relays
  }

  become(conditions: Partial<RelayConditions>): void {
    for (const relay of this.#relays) relay.conditions = { ...calm, ...conditions }
  }

  resetAll(): void {
    for (const relay of this.#relays) relay.resetAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay[Symbol.asyncDispose]()))
  }
}
