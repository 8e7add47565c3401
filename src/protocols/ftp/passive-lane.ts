import type { Socket } from 'node:net'
import { FileServerError } from '../../core/errors.ts'
import { type ClientHello, ClientHelloPeek } from './client-hello.ts'
import { Claim, type ClaimQueue, type ClaimRequest } from './passive-claim.ts'

/** An unwanted claim keeps its place so long, for a connection that is already under way. */
const abandonedMs = 1_000
/** A client waits for its 227 or 229 at most so many times as long as a claim may last. */
const maxWaitInClaims = 3
/** Connections of which nothing is known yet. */
const maxArrivals = 512

/** A connection that does not tell whose it is is closed after this time. */
const maxSilenceMs = 10_000

/** A connection of which it is not yet known whose it is. */
interface Arrival {
  readonly socket: Socket
  /** The claims that were armed when it came and are still without a connection: it can be one of theirs alone. */
  readonly candidates: Set<Claim>
  readonly timer: NodeJS.Timeout
  peek: ClientHelloPeek | undefined
  /** 'anonymous': its ClientHello tells nothing. 'lost': one of its candidates is gone, it may have been for that one. */
  state: 'silent' | 'anonymous' | 'lost'
}

/** Knows the tickets that control connections have given out. */
export interface TicketOwners {
  /** The user that the client shows a ticket of. Connections of one user may show each other's. */
  usernameOf(hello: ClientHello): string | undefined
  /** A ticket was shown where nobody of its user waited: it may be one that clients of several users share. */
  suspectShown(hello: ClientHello): void
  /** Whether tickets of this control connection are known to be shared by clients of several users. */
  isShared(id: string): boolean
}

/** What the lanes of one port share. */
export interface LanePort {
  readonly port: number
  readonly tickets: TicketOwners
  /** While it is, claims wait. */
  readonly isHeld: boolean
  /** The only armed claim of a user, in any lane. */
  claimOf(username: string): Claim | undefined
}

/**
 * The claims on one passive port by clients that look alike, because they have the same address. Claims that can be
 * told apart are armed side by side, others one after the other; a connection that fits more than one is never guessed.
 */
export class PassiveLane implements ClaimQueue {
  readonly #port: LanePort
  readonly #armed = new Set<Claim>()
  readonly #arrivals = new Set<Arrival>()
  #queue: Claim[] = []

  constructor(port: LanePort) {
    this.#port = port
  }

  get port(): number {
    return this.#port.port
  }

  get isIdle(): boolean {
    return this.#armed.size + this.#queue.length + this.#arrivals.size === 0
  }

  get hasArmedClaim(): boolean {
    return this.#armed.size > 0
  }

  /** Claims that a new one would have to wait for. */
  get length(): number {
    return this.#armed.size + this.#queue.length
  }

  get armed(): Iterable<Claim> {
    return this.#armed
  }

  claim(request: ClaimRequest): Claim {
    const claim = new Claim(request, this)
    this.#queue.push(claim)
    claim.startTimer(request.timeoutMs * maxWaitInClaims, () => this.#giveUpWaiting(claim))
    this.#advance()
    return claim
  }

  releaseClaim(claim: Claim): void {
    if (claim.isQueued) {
      this.#queue = this.#queue.filter((other) => other !== claim)
      claim.end(new FileServerError('aborted', 'The data connection is no longer wanted'))
    } else {
      claim.abandon(Math.min(abandonedMs, claim.request.timeoutMs), () => this.#forget(claim))
      const silent = this.#silentFor(claim)
      if (silent) this.#handOver(silent, claim)
    }
    this.#advance()
  }

  /** The port is no longer held. */
  resume(): void {
    this.#advance()
  }

  /** A connection has been accepted that a claim of this lane may be waiting for, or that a ticket may tell. */
  arrive(socket: Socket): void {
    const [first] = this.#armed
    // A clear claim is armed alone.
    if (first?.request.kind === 'clear') return this.matchClaim(first, socket)
    if (this.#arrivals.size >= maxArrivals) return void socket.destroy()
    const arrival: Arrival = {
      socket,
      candidates: new Set(this.#armed),
      timer: setTimeout(() => this.#drop(arrival), maxSilenceMs),
      peek: undefined,
      state: 'silent',
    }
    this.#arrivals.add(arrival)
    arrival.peek = new ClientHelloPeek(socket, (hello) => this.#recognise(arrival, hello))
    this.#advance()
  }

  /** Ends everything: the server stops. */
  close(): void {
    for (const arrival of this.#arrivals) this.#drop(arrival)
    const failure = new FileServerError('aborted', 'The server is stopping')
    for (const claim of [...this.#armed, ...this.#queue.splice(0)]) claim.end(failure)
    this.#armed.clear()
  }

  matchClaim(claim: Claim, socket: Socket): void {
    this.#give(claim, socket)
    this.#advance()
  }

  #recognise(arrival: Arrival, hello: ClientHello | undefined): void {
    if (!hello) return this.#dismiss(arrival)
    const username = this.#port.tickets.usernameOf(hello)
    const claim = username === undefined ? undefined : this.#port.claimOf(username)
    if (claim) {
      this.#detach(arrival)
      claim.accept(arrival.socket)
    } else if (username !== undefined) {
      this.#port.tickets.suspectShown(hello)
      this.#drop(arrival)
    } else if (arrival.state === 'lost' || arrival.candidates.size === 0) this.#drop(arrival)
    else arrival.state = 'anonymous'
    this.#advance()
  }

  /** It is nobody's: what came is no TLS, or it has ended. */
  #dismiss(arrival: Arrival): void {
    const { socket, candidates, state } = arrival
    const [only] = candidates
    const hasEnded = socket.readableEnded || socket.destroyed
    if (only && hasEnded && candidates.size === 1 && state === 'silent') only.hasComeAndGone = true
    this.#drop(arrival)
  }

  /** Arms what may be armed and hands over what can be told, until nothing moves. */
  #advance(): void {
    do this.#armQueued()
    while (this.#settleOne() || this.#endOne())
  }

  /** In their order; only those who wait for one of their own user alone are overtaken. */
  #armQueued(): void {
    if (this.#port.isHeld) return
    const waitingUsers = new Set<string | undefined>()
    for (const claim of [...this.#queue]) {
      const { username } = claim.request
      if (!this.#isOpenTo(claim)) return
      if (this.#hasArmedOf(username)) waitingUsers.add(username)
      if (!waitingUsers.has(username)) this.#arm(claim)
    }
  }

  /** What no ticket will tell for sure is armed alone; a connection that is still nobody's must not get more choice. */
  #isOpenTo({ request: { kind } }: Claim): boolean {
    for (const { state } of this.#arrivals) if (state === 'anonymous') return false
    const [first] = this.#armed
    return first === undefined || (kind === 'proven' && first.request.kind === 'proven')
  }

  #hasArmedOf(username: string | undefined): boolean {
    for (const { request } of this.#armed) if (request.username === username) return true
    return false
  }

  #arm(claim: Claim): void {
    this.#queue = this.#queue.filter((other) => other !== claim)
    this.#armed.add(claim)
    claim.arm(() => this.#timeOut(claim))
  }

  /** Hands over one connection that cannot be told by a ticket but fits one claim alone. */
  #settleOne(): boolean {
    for (const arrival of this.#arrivals) {
      const [only] = arrival.candidates
      // A silent one is not waited for when others wait: no other claim is armed, so it could be nobody else's.
      const isDue = arrival.state === 'anonymous' || (this.#queue.length > 0 && this.#armed.size === 1)
      if (!only || arrival.candidates.size > 1 || arrival.state === 'lost' || !isDue) continue
      this.#handOver(arrival, only)
      return true
    }
    return false
  }

  /** A claim whose connection has ended is not waited for when others wait; a stray one may have been it. */
  #endOne(): boolean {
    if (this.#queue.length === 0) return false
    for (const claim of this.#armed) {
      if (!claim.hasComeAndGone) continue
      this.#forget(claim)
      return true
    }
    return false
  }

  #handOver(arrival: Arrival, claim: Claim): void {
    this.#detach(arrival)
    this.#give(claim, arrival.socket)
  }

  #give(claim: Claim, socket: Socket): void {
    this.#armed.delete(claim)
    claim.match(socket)
    for (const arrival of [...this.#arrivals]) {
      if (!arrival.candidates.delete(claim) || arrival.candidates.size > 0) continue
      // All it could have been for have theirs.
      this.#detach(arrival)
      arrival.socket.destroy()
    }
  }

  #timeOut(claim: Claim): void {
    const silent = this.#silentFor(claim)
    if (silent) this.#handOver(silent, claim)
    else this.#forget(claim)
    this.#advance()
  }

  /** A connection that has said nothing yet and could be for no other claim. */
  #silentFor(claim: Claim): Arrival | undefined {
    for (const arrival of this.#arrivals)
      if (arrival.state === 'silent' && arrival.candidates.size === 1 && arrival.candidates.has(claim))
        return arrival
    return undefined
  }

  /** A claim ends without a connection: those that could have been its own are nobody's now. */
  #forget(claim: Claim): void {
    this.#armed.delete(claim)
    claim.end(new FileServerError('aborted', 'The data connection was not opened in time'))
    for (const arrival of [...this.#arrivals]) {
      if (!arrival.candidates.delete(claim)) continue
      if (arrival.state === 'anonymous') this.#drop(arrival)
      else arrival.state = 'lost'
    }
    this.#advance()
  }

  #giveUpWaiting(claim: Claim): void {
    this.#queue = this.#queue.filter((other) => other !== claim)
    claim.end(new FileServerError('busy', 'All data ports are busy, try again later'))
    this.#advance()
  }

  #drop(arrival: Arrival): void {
    this.#detach(arrival)
    arrival.socket.destroy()
    this.#advance()
  }

  #detach(arrival: Arrival): void {
    this.#arrivals.delete(arrival)
    clearTimeout(arrival.timer)
    arrival.peek?.stop()
  }
}
