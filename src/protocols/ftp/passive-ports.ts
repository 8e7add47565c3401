import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { hasCode } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { settleAll } from '../../core/settle-all.ts'
import { listenBacklog } from '../listen-backlog.ts'
import { failListening } from '../listen-error.ts'
import type { Claim, ClaimRequest, PassiveClaim } from './passive-claim.ts'
import { type LanePort, PassiveLane, type TicketOwners } from './passive-lane.ts'

export interface PassivePortsOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly ports: readonly number[]
  /** Without them no connection is told by a ticket. */
  readonly tickets?: TicketOwners
  /** Told how the wait for a port ended, and how many seconds it took. */
  readonly onClaim?: (outcome: 'given' | 'busy' | 'given-up', seconds: number) => void
  readonly log: Log
}

/** Keeps the claims of a port waiting for as long as it lasts: a connection that comes meanwhile is nobody's. */
export interface PassiveHold extends Disposable {
  /** Resolves when a connection has come; it is closed at once. */
  readonly arrival: Promise<void>
}

/** Where a process gets its passive data connections from: its own ports, or those of another process. */
export interface PassivePortSource {
  /** The ports in use, known after start(). */
  readonly ports: readonly number[]
  /** @throws when a port is taken */
  start(): Promise<void>
  stop(): Promise<void>
  /** For trying whether a port can be reached. Undefined while it waits for the connection of a client. */
  hold(port: number): PassiveHold | undefined
  /** Takes the port where the client has to wait least. */
  claim(request: ClaimRequest): PassiveClaim
}

const noTickets: TicketOwners = {
  usernameOf: () => undefined,
  suspectShown() {},
  isShared: () => false,
}

/** The ports for passive data connections. Each has one listener that stays, whatever is transferred. */
export class PassivePorts implements PassivePortSource {
  readonly #options: PassivePortsOptions
  #ports: PassivePort[] = []
  #waiting = 0

  constructor(options: PassivePortsOptions) {
    this.#options = options
  }

  get ports(): readonly number[] {
    return this.#ports.map(({ port }) => port)
  }

  /** Claims that wait for their turn. */
  get waiting(): number {
    return this.#waiting
  }

  async start(): Promise<void> {
    const { host, ports, tickets = noTickets, log } = this.#options
    this.#ports = ports.map((port) => new PassivePort(port, tickets, log))
    try {
      await settleAll(this.#ports.map((port) => port.listen(host)))
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#ports.map((port) => port.close()))
  }

  hold(port: number): PassiveHold | undefined {
    return this.#ports.find((candidate) => candidate.port === port)?.hold()
  }

  claim(request: ClaimRequest): Claim {
    const waits = this.#ports.map((port) => port.waitFor(request.address))
    const best = this.#ports[waits.indexOf(Math.min(...waits))]
    if (!best) throw new Error('there is no passive port')
    const { kind, identity } = request
    const { tickets = noTickets } = this.#options
    // A ticket that clients of several users share proves nothing.
    const isProven = kind === 'proven' && !(identity !== undefined && tickets.isShared(identity))
    const claim = best.claim(kind === 'proven' && !isProven ? { ...request, kind: 'unproven' } : request)
    void this.#observe(claim)
    return claim
  }

  async #observe(claim: Claim): Promise<void> {
    const since = performance.now()
    this.#waiting++
    const outcome = await claim.port.then(
      () => 'given' as const,
      (error: unknown) => (hasCode(error, 'busy') ? 'busy' : 'given-up'),
    )
    this.#waiting--
    this.#options.onClaim?.(outcome, (performance.now() - since) / 1000)
  }
}

class PassivePort implements LanePort {
  readonly tickets: TicketOwners
  readonly #wantedPort: number
  #boundPort: number | undefined
  readonly #server: Server
  readonly #log: Log
  readonly #lanes = new Map<string, PassiveLane>()
  /** Connections from elsewhere than any control connection: only a ticket can tell whose they are. */
  readonly #strangers: PassiveLane = new PassiveLane(this)
  #onHeldArrival: (() => void) | undefined

  constructor(port: number, tickets: TicketOwners, log: Log) {
    this.#wantedPort = port
    this.tickets = tickets
    this.#log = log
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    )
  }

  get port(): number {
    return this.#boundPort ?? this.#wantedPort
  }

  listen(host: string): Promise<void> {
    const listening = new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port: this.#wantedPort, host, backlog: listenBacklog }, () => {
        this.#boundPort = (this.#server.address() as AddressInfo).port
        this.#server.off('error', reject)
        this.#server.on('error', (error) =>
          this.#log.error({ err: error, port: this.port }, 'passive port failed'),
        )
        resolve()
      })
    })
    const port = this.#wantedPort
    return listening.catch(failListening({ setting: 'FTP_PASSIVE_PORTS', host, port }))
  }

  async close(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.close()
    this.#lanes.clear()
    this.#strangers.close()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      // Connections that were handed over are closed by those who have them.
      this.#server.close()
      setImmediate(resolve)
    })
  }

  get isHeld(): boolean {
    return this.#onHeldArrival !== undefined
  }

  hold(): PassiveHold | undefined {
    if (this.isHeld || !this.#strangers.isIdle) return undefined
    for (const lane of this.#lanes.values()) if (!lane.isIdle) return undefined
    const arrival = Promise.withResolvers<void>()
    this.#onHeldArrival = arrival.resolve
    return {
      arrival: arrival.promise,
      [Symbol.dispose]: () => {
        this.#onHeldArrival = undefined
        for (const lane of this.#lanes.values()) lane.resume()
      },
    }
  }

  waitFor(address: string): number {
    return this.#lanes.get(address)?.length ?? 0
  }

  claim(request: ClaimRequest): Claim {
    let lane = this.#lanes.get(request.address)
    if (!lane) {
      this.#forgetIdleLanes()
      lane = new PassiveLane(this)
      this.#lanes.set(request.address, lane)
    }
    return lane.claim(request)
  }

  claimOf(username: string): Claim | undefined {
    const found: Claim[] = []
    for (const lane of this.#lanes.values())
      for (const claim of lane.armed) if (claim.request.username === username) found.push(claim)
    // A user with claims from two addresses: the ticket does not tell which of them.
    return found.length === 1 ? found[0] : undefined
  }

  #accept(socket: Socket): void {
    // From here to its end somebody else may let go of it at any time; a late error must find a listener.
    socket.on('error', () => {})
    const address = peerOf(socket)
    const lane = this.#lanes.get(address)
    if (lane?.hasArmedClaim) lane.arrive(socket)
    else if (this.#hasTlsClaim()) this.#strangers.arrive(socket)
    else {
      this.#onHeldArrival?.()
      this.#log.debug({ port: this.port, remoteAddress: address }, 'unexpected data connection closed')
      socket.destroy()
    }
  }

  #hasTlsClaim(): boolean {
    for (const lane of this.#lanes.values())
      for (const claim of lane.armed) if (claim.request.kind !== 'clear') return true
    return false
  }

  #forgetIdleLanes(): void {
    for (const [address, lane] of this.#lanes) if (lane.isIdle) this.#lanes.delete(address)
  }
}

/** Address of the other end; an IPv4 address looks the same on a socket of either family. */
export function peerOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? '')
}

export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
