import { type Clock, steadyClock } from '../clock.ts'

const maxNames = 10_000

/** Lets `perWindow` events of one name, and `overall` of all names, through in each window of time. */
export class RateLimit {
  readonly #options: { perName: number; overall: number; windowMs: number }
  readonly #clock: Clock
  #windowStart = 0
  #overall = 0
  readonly #perName = new Map<string, number>()

  constructor(options: { perName: number; overall: number; windowMs: number }, clock: Clock = steadyClock) {
    this.#options = options
    this.#clock = clock
  }

  /** Counts the event; false when it is one too many. */
  admits(name: string): boolean {
    const now = this.#clock()
    if (now - this.#windowStart >= this.#options.windowMs || this.#perName.size >= maxNames) {
      this.#windowStart = now
      this.#overall = 0
      this.#perName.clear()
    }
    const count = (this.#perName.get(name) ?? 0) + 1
    if (count > this.#options.perName || this.#overall >= this.#options.overall) return false
    this.#overall++
    this.#perName.set(name, count)
    return true
  }
}
