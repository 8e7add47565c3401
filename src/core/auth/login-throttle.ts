import { FileServerError } from '../errors.ts'
import { type Clock, systemClock } from '../clock.ts'

interface Failures {
  count: number
  lastAt: number
  pending: number
}

const freeFailures = 5
const firstDelayMs = 500
const maxDelayMs = 8_000
const forgetAfterMs = 15 * 60_000
const maxPendingPerName = 20
const maxNames = 20_000
/** Failures of all names in a minute above which every attempt waits a little. */
const freeFailuresOfAll = 120
const delayOfAllMs = 500
const windowMs = 60_000

/** Counts failed logins by name, wherever they are tried. */
export interface Throttle {
  /** Waits as long as `name` has earned. @throws FileServerError 'too-many-attempts' when too many wait already */
  pass(name: string): Promise<void>
  recordFailure(name: string): void
  recordSuccess(name: string): void
}

/**
 * Slows guessing down per account name, and over all names, never by address: behind the platform's proxy everybody has
 * the same one.
 * A name with many failures is answered later, not refused, so that a stranger cannot lock its owner out.
 */
export class LoginThrottle implements Throttle {
  readonly #failures = new Map<string, Failures>()
  #windowStart = 0
  #failuresOfAll = 0
  readonly #clock: Clock
  readonly #wait: (ms: number) => Promise<void>
  readonly #onDelay: (ms: number) => void

  /** `onDelay` is told of each attempt that has to wait, and how long. */
  constructor(
    options: { clock?: Clock; wait?: (ms: number) => Promise<void>; onDelay?: (ms: number) => void } = {},
  ) {
    this.#onDelay = options.onDelay ?? (() => undefined)
    this.#clock = options.clock ?? systemClock
    this.#wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()))
  }

  async pass(name: string): Promise<void> {
    const delayMs = this.delayOf(name)
    if (delayMs === 0) return
    const failures = this.#failures.get(name)
    if (!failures) {
      this.#onDelay(delayMs)
      return this.#wait(delayMs)
    }
    if (failures.pending >= maxPendingPerName)
      throw new FileServerError('too-many-attempts', 'Too many failed logins, try again later')
    failures.pending++
    this.#onDelay(delayMs)
    try {
      await this.#wait(delayMs)
    } finally {
      failures.pending--
    }
  }

  /** Milliseconds that the next attempt for `name` has to wait. */
  delayOf(name: string): number {
    const failures = this.#failures.get(name)
    const floorMs = this.#delayOfAll()
    if (!failures || this.#clock() - failures.lastAt > forgetAfterMs) return floorMs
    const excess = failures.count - freeFailures
    return excess < 0 ? floorMs : Math.min(firstDelayMs * 2 ** excess, maxDelayMs)
  }

  recordFailure(name: string): void {
    const now = this.#clock()
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now
      this.#failuresOfAll = 0
    }
    this.#failuresOfAll++
    const known = this.#failures.get(name)
    if (known) {
      known.count = now - known.lastAt > forgetAfterMs ? 1 : known.count + 1
      known.lastAt = now
      return
    }
    if (this.#failures.size >= maxNames) this.#forgetOldest()
    this.#failures.set(name, { count: 1, lastAt: now, pending: 0 })
  }

  recordSuccess(name: string): void {
    this.#failures.delete(name)
  }

  #delayOfAll(): number {
    const isBusy = this.#clock() - this.#windowStart < windowMs && this.#failuresOfAll > freeFailuresOfAll
    return isBusy ? delayOfAllMs : 0
  }

  #forgetOldest(): void {
    const oldest = this.#failures.keys().next().value
    if (oldest !== undefined) this.#failures.delete(oldest)
  }
}
