import type { Clock } from '../clock.ts'
import { RecentMap } from './recent-map.ts'

/** The time in which a full score is forgotten. */
const observationMs = 30 * 60_000
const refusedForMs = 15 * 60_000
const maxAddresses = 10_000
const firstDelayMs = 500
const maxDelayMs = 4_000

interface Score {
  readonly value: number
  readonly at: number
  readonly refusedUntil: number
}

/**
 * Failures by address. One that fails a lot is answered later and later, and then not at all for a quarter of an hour.
 * Every failure weighs the same: with a heavier one for unknown users, the number of tries would tell who exists.
 */
export class AddressScores {
  readonly #scores = new RecentMap<Score>(maxAddresses)
  readonly #max: number
  readonly #clock: Clock

  /** `max` failures within half an hour are one too many; 0 counts nothing. */
  constructor(max: number, clock: Clock) {
    this.#max = max
    this.#clock = clock
  }

  record(address: string): void {
    if (this.#max === 0) return
    const now = this.#clock()
    const value = this.#valueOf(address) + 1
    const before = this.#scores.get(address)?.refusedUntil ?? 0
    const isFull = value >= this.#max && before <= now
    // Half of it is left for the time after: who goes on as before is refused again sooner.
    this.#scores.set(address, {
      value: isFull ? this.#max / 2 : Math.min(value, this.#max),
      at: now,
      refusedUntil: isFull ? now + refusedForMs : before,
    })
  }

  isRefused(address: string): boolean {
    return (this.#scores.get(address)?.refusedUntil ?? 0) > this.#clock()
  }

  /** Milliseconds: none up to half of what is allowed, then more with each failure. */
  delayOf(address: string): number {
    if (this.#max === 0) return 0
    const excess = (this.#valueOf(address) - this.#max / 2) / (this.#max / 2)
    return excess <= 0 ? 0 : firstDelayMs + Math.min(1, excess) * (maxDelayMs - firstDelayMs)
  }

  #valueOf(address: string): number {
    const score = this.#scores.get(address)
    if (!score) return 0
    return Math.max(0, score.value - ((this.#clock() - score.at) * this.#max) / observationMs)
  }
}
