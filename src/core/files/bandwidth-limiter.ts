import { type Clock, steadyClock } from '../clock.ts'

/** Shortest sleep worth a timer. */
const minDelayMs = 5
/** Who waits for longer looks so often whether the rate is another one. */
const lookMs = 1000

/** Holds one transfer to a rate: bytes are taken first and waited for afterwards, so no burst outruns it for long. */
export class BandwidthLimiter {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  readonly #rate: () => number
  /** Kilobytes per second, by which those wait who wait. */
  #lastRate = 0
  #isStopped = false
  /** When the bytes taken so far are paid for. */
  #paidAt: number
  #waitedMs = 0
  #waitsSince = 0

  /** `kilobytesPerSecond` of 1024 bytes; 0 = no limit. It is asked each time, and may be another one then. */
  constructor(kilobytesPerSecond: () => number, clock: Clock = steadyClock) {
    this.#rate = kilobytesPerSecond
    this.#clock = clock
    this.#paidAt = clock()
  }

  /** Milliseconds in which something of the transfer waited; what waits at the same time counts once. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#waiting.size > 0 ? this.#clock() - this.#waitsSince : 0)
  }

  get isLimited(): boolean {
    return this.#rate() > 0
  }

  /** Undefined when nothing has to be waited for, so that an unlimited transfer pays nothing. */
  take(bytes: number): Promise<void> | undefined {
    this.#lookAtRate()
    const bytesPerMs = this.#isStopped ? 0 : (this.#lastRate * 1024) / 1000
    if (bytesPerMs === 0) return undefined
    const now = this.#clock()
    this.#paidAt = Math.max(this.#paidAt, now) + bytes / bytesPerMs
    const delayMs = this.#paidAt - now
    return delayMs < minDelayMs ? undefined : this.#wait(delayMs)
  }

  /** Whoever waits goes on at once, and nobody waits from now on: the transfer has ended. */
  stop(): void {
    this.#isStopped = true
    for (const goOn of this.#waiting) goOn()
  }

  /** By another rate nothing is owed, and whoever waits for the old one goes on. */
  #lookAtRate(): void {
    const rate = this.#rate()
    if (rate === this.#lastRate) return
    this.#lastRate = rate
    this.#paidAt = this.#clock()
    for (const goOn of this.#waiting) goOn()
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer)
        this.#waitedMs = this.#waiting.size === 1 ? this.waitedMs : this.#waitedMs
        this.#waiting.delete(goOn)
        resolve()
      }
      const look = (leftMs: number) => {
        const ms = Math.min(leftMs, lookMs)
        timer = setTimeout(() => {
          if (leftMs <= ms) return goOn()
          look(leftMs - ms)
          this.#lookAtRate()
        }, ms)
      }
      let timer: NodeJS.Timeout | undefined
      look(delayMs)
      if (this.#waiting.size === 0) this.#waitsSince = this.#clock()
      this.#waiting.add(goOn)
    })
  }
}
