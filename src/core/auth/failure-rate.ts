import type { Clock } from '../clock.ts'

const slotMs = 5_000
const slots = 12

/** How many failures there were in the last minute, in steps of five seconds. */
export class FailureRate {
  readonly #counts = new Uint32Array(slots)
  readonly #clock: Clock
  #slot: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#slot = Math.floor(clock() / slotMs)
  }

  record(): void {
    this.#turn()
    const index = this.#slot % slots
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  get perMinute(): number {
    this.#turn()
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** Empties the slots of the time that has gone by. */
  #turn(): void {
    const now = Math.floor(this.#clock() / slotMs)
    // A clock that was set back starts anew.
    const passed = now < this.#slot ? slots : Math.min(now - this.#slot, slots)
    for (let step = 1; step <= passed; step++) this.#counts[(now - passed + step) % slots] = 0
    this.#slot = now
  }
}
