import { createHash } from 'node:crypto'
import { type Clock, steadyClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import { AddressList, networkOf } from './address-list.ts'
import { AddressScores } from './address-scores.ts'
import { FailureRate } from './failure-rate.ts'
import { RecentMap } from './recent-map.ts'

const freeFailures = 5
const firstDelayMs = 500
const maxDelayMs = 8_000
const forgetAfterMs = 15 * 60_000
const maxWaitingPerLane = 20
/** Of one address for one name, where addresses tell clients apart: one stranger does not fill all places. */
const maxWaitingPerSource = 5
const maxNames = 20_000
/** Longer names are kept as their hash: who invents names decides how much memory they take. */
const maxKeptName = 64
/** Failures of all names in a minute above which whoever is not known waits: this long, and twice at twice the rate. */
const freeFailuresOfAll = 120
const firstDelayOfAllMs = 500
const maxDelayOfAllMs = 4_000
const defaultMaxWaiting = 500
const maxKnown = 10_000
const knownForMs = 24 * 60 * 60_000

/** Failures of one name, or of one name from an address that it is known to sign in from. */
interface Lane {
  readonly count: number
  readonly lastAt: number
}

/** Counts failed logins by name and by address, wherever they are tried. `peer` is the client's address, if it is known. */
export interface Throttle {
  /** Waits as long as this attempt has to. @throws FileServerError 'too-many-attempts' */
  pass(name: string, peer?: string): Promise<void>
  recordFailure(name: string, peer?: string): void
  recordSuccess(name: string, peer?: string): void
}

export interface LoginThrottleOptions {
  readonly clock?: Clock
  readonly wait?: (ms: number) => Promise<void>
  /** Told of each attempt that has to wait, and how long. */
  readonly onDelay?: (ms: number) => void
  /** What many clients share: nothing is counted by these addresses. Without a list that is every address. */
  readonly proxies?: AddressList
  /** Failures of one address within half an hour after which it is refused; 0: never. */
  readonly maxAddressFailures?: number
  /** Attempts that may wait at one time, over all names. */
  readonly maxWaiting?: number
}

interface Source {
  /** What failures are counted under. */
  readonly lane: string
  /** Undefined where the address says nothing about the client. */
  readonly address: string | undefined
  /** The name has signed in from this address lately: what strangers do elsewhere does not touch it. */
  readonly isKnown: boolean
}

/**
 * Slows guessing down: per name, over all names, and by address where an address is a client's own.
 * A name with many failures is answered later, not refused, so that a stranger cannot lock its owner out; an owner
 * who has lately signed in from the same address has a lane of their own. See docs/decisions/0026-brute-force.md.
 */
export class LoginThrottle implements Throttle {
  readonly #lanes = new RecentMap<Lane>(maxNames)
  readonly #known = new RecentMap<number>(maxKnown)
  /** Attempts that wait now, by lane, and by lane and address. */
  readonly #waiting = new Map<string, number>()
  #waitingOfAll = 0
  readonly #rate: FailureRate
  readonly #scores: AddressScores
  readonly #proxies: AddressList
  readonly #maxWaiting: number
  readonly #clock: Clock
  readonly #wait: (ms: number) => Promise<void>
  readonly #onDelay: (ms: number) => void

  constructor(options: LoginThrottleOptions = {}) {
    this.#onDelay = options.onDelay ?? (() => undefined)
    this.#clock = options.clock ?? steadyClock
    this.#wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()))
    this.#proxies = options.proxies ?? new AddressList(['0.0.0.0/0', '::/0'])
    this.#maxWaiting = options.maxWaiting ?? defaultMaxWaiting
    this.#rate = new FailureRate(this.#clock)
    this.#scores = new AddressScores(options.maxAddressFailures ?? 0, this.#clock)
  }

  async pass(name: string, peer?: string): Promise<void> {
    const source = this.#sourceOf(name, peer)
    if (source.address !== undefined && !source.isKnown && this.#scores.isRefused(source.address))
      throw tooMany('Too many failed logins from this address')
    const delayMs = this.#delayOf(source)
    if (delayMs === 0) return
    using _places = this.#takePlaces(source)
    this.#onDelay(delayMs)
    await this.#wait(delayMs)
  }

  /** Milliseconds that the next attempt for `name` has to wait. */
  delayOf(name: string, peer?: string): number {
    return this.#delayOf(this.#sourceOf(name, peer))
  }

  recordFailure(name: string, peer?: string): void {
    const { lane, address } = this.#sourceOf(name, peer)
    const now = this.#clock()
    this.#rate.record()
    if (address !== undefined) this.#scores.record(address)
    const before = this.#lanes.get(lane)
    const count = before && now - before.lastAt <= forgetAfterMs ? before.count + 1 : 1
    this.#lanes.set(lane, { count, lastAt: now })
  }

  recordSuccess(name: string, peer?: string): void {
    const { lane, address } = this.#sourceOf(name, peer)
    this.#lanes.delete(lane)
    if (address !== undefined) this.#known.set(pairOf(keyOf(name), address), this.#clock())
  }

  #delayOf({ lane, address, isKnown }: Source): number {
    const failures = this.#lanes.get(lane)
    const isForgotten = !failures || this.#clock() - failures.lastAt > forgetAfterMs
    const excess = isForgotten ? -1 : failures.count - freeFailures
    const ownMs = excess < 0 ? 0 : Math.min(firstDelayMs * 2 ** excess, maxDelayMs)
    if (isKnown) return ownMs
    return Math.max(ownMs, this.#delayOfAll(), address === undefined ? 0 : this.#scores.delayOf(address))
  }

  #delayOfAll(): number {
    const rate = this.#rate.perMinute
    if (rate <= freeFailuresOfAll) return 0
    return Math.min(maxDelayOfAllMs, Math.round((firstDelayOfAllMs * rate) / freeFailuresOfAll))
  }

  #sourceOf(name: string, peer: string | undefined): Source {
    const key = keyOf(name)
    const address = peer === undefined || peer === '' || this.#proxies.has(peer) ? undefined : networkOf(peer)
    if (address === undefined) return { lane: key, address, isKnown: false }
    const pair = pairOf(key, address)
    const signedInAt = this.#known.get(pair)
    const isKnown = signedInAt !== undefined && this.#clock() - signedInAt <= knownForMs
    return { lane: isKnown ? pair : key, address, isKnown }
  }

  /** @throws FileServerError 'too-many-attempts' when too many wait already; whoever is known waits beside all others */
  #takePlaces({ lane, address, isKnown }: Source): Disposable {
    const own = address === undefined || isKnown ? undefined : `${lane}\n${address}`
    const isFull =
      (this.#waiting.get(lane) ?? 0) >= maxWaitingPerLane ||
      (own !== undefined && (this.#waiting.get(own) ?? 0) >= maxWaitingPerSource) ||
      (!isKnown && this.#waitingOfAll >= this.#maxWaiting)
    if (isFull) throw tooMany('Too many failed logins')
    const keys = own === undefined ? [lane] : [lane, own]
    const add = (by: 1 | -1) => {
      if (!isKnown) this.#waitingOfAll += by
      for (const key of keys) {
        const count = (this.#waiting.get(key) ?? 0) + by
        if (count > 0) this.#waiting.set(key, count)
        else this.#waiting.delete(key)
      }
    }
    add(1)
    return { [Symbol.dispose]: () => add(-1) }
  }
}

function keyOf(name: string): string {
  return name.length <= maxKeptName ? name : `#${createHash('sha256').update(name).digest('base64')}`
}

function pairOf(key: string, address: string): string {
  return `${key}\0${address}`
}

function tooMany(message: string): FileServerError {
  return new FileServerError('too-many-attempts', `${message}, try again later`)
}
