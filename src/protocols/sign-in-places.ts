import type { Log } from '../core/log.ts'

/** A connection that has not signed in. */
export interface Newcomer {
  /** Whether the client has said anything that its protocol begins with. */
  readonly hasSpoken: boolean
  /** Whether a credential is being checked, or one was right and another step has to follow. */
  readonly isProving: boolean
  /** Ends it to make room for another one; tells the client why where that is possible. */
  giveWay(): void
}

/** Given to clients, after a reply code or in a message. */
export const gaveWayText = 'Too many connections, try again later'
/** The log tells of connections that had to give way at most once in this time, in milliseconds. */
const reportIntervalMs = 60_000

/**
 * The places of one port's connections that have not signed in. A newcomer always gets one: when all are taken, the
 * connection that has waited longest gives way. Silent ones and those that have spoken are kept to half of the places each,
 * so that a flood of one kind cannot drive out the other: somebody who types a password stays while thousands are
 * silent. Whose credential is being checked gives way last. Addresses do not count: behind a proxy all clients have one.
 */
export class SignInPlaces {
  readonly #size: () => number
  readonly #log: Log
  /** The oldest first. */
  readonly #taken = new Set<Newcomer>()
  #gaveWay = 0
  #reportedAt = -Infinity

  /** `size` is asked at each use. */
  constructor(size: () => number, log: Log) {
    this.#size = size
    this.#log = log
  }

  get taken(): number {
    return this.#taken.size
  }

  take(newcomer: Newcomer): void {
    while (this.#taken.size >= Math.max(1, this.#size())) this.#makeRoom()
    this.#taken.add(newcomer)
  }

  /** The connection has signed in or ended. Idempotent. */
  leave(newcomer: Newcomer): void {
    this.#taken.delete(newcomer)
  }

  #makeRoom(): void {
    const all = [...this.#taken]
    const idle = all.filter((one) => !one.isProving)
    const silent = idle.filter((one) => !one.hasSpoken)
    const spoken = idle.filter((one) => one.hasSpoken)
    const [from, other] = silent.length * 2 >= this.#size() ? [silent, spoken] : [spoken, silent]
    const chosen = from[0] ?? other[0] ?? all[0]
    if (!chosen) return
    this.#taken.delete(chosen)
    chosen.giveWay()
    this.#report()
  }

  #report(): void {
    this.#gaveWay++
    const now = performance.now()
    if (now - this.#reportedAt < reportIntervalMs) return
    this.#reportedAt = now
    this.#log.warn(
      { connections: this.#gaveWay },
      'connections that had not signed in were ended to make room',
    )
    this.#gaveWay = 0
  }
}
