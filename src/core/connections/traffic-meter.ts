import { type Clock, systemClock } from '../clock.ts'
import type { TrafficTotals } from './connection.ts'

const sampleIntervalMs = 1_000
const maxSamples = 300

/** Bytes of files that moved in the interval that ended at `at`, milliseconds since the epoch. */
export interface TrafficSample extends Readonly<TrafficTotals> {
  readonly at: number
}

export interface TrafficMeterOptions {
  /** Bytes moved since the start. */
  readonly totals: () => Readonly<TrafficTotals>
  readonly clock?: Clock
  readonly intervalMs?: number
}

/** Knows how much moved in each of the last 300 seconds. */
export class TrafficMeter implements Disposable {
  readonly #options: TrafficMeterOptions
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  readonly #listeners = new Set<() => void>()
  #samples: TrafficSample[] = []
  #received: number
  #sent: number

  constructor(options: TrafficMeterOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { received, sent } = options.totals()
    this.#received = received
    this.#sent = sent
    this.#timer = setInterval(() => this.#sample(), options.intervalMs ?? sampleIntervalMs).unref()
  }

  /** The oldest first. */
  get samples(): readonly TrafficSample[] {
    return this.#samples
  }

  /** Called after each sample. */
  onSample(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#listeners.clear()
  }

  #sample(): void {
    const { received, sent } = this.#options.totals()
    const sample = { at: this.#clock(), received: received - this.#received, sent: sent - this.#sent }
    this.#received = received
    this.#sent = sent
    this.#samples = [...this.#samples.slice(1 - maxSamples), sample]
    for (const listener of this.#listeners) listener()
  }
}
