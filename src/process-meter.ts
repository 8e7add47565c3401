import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessSample } from './core/process-sample.ts'

const sampleMs = 1_000
/** A delay shorter than this is not seen, and what is seen holds it: the look itself is due so long after the last. */
const resolutionMs = 20

/** Measures this process, once a second, until it is disposed. */
export class ProcessMeter implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #timer: NodeJS.Timeout
  #firstLook: NodeJS.Timeout | undefined
  #firstLookLateMs = 0

  constructor(onSample: (sample: ProcessSample) => void) {
    this.#delay.enable()
    this.#lookAfresh()
    this.#timer = setInterval(() => onSample(this.#take()), sampleMs).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    clearTimeout(this.#firstLook)
    this.#delay.disable()
  }

  /**
   * Forgets the delays up to now. A histogram that was reset measures from its first look on, not from the reset:
   * what holds the loop up before that look would be seen by nobody, so a timer of our own watches over it.
   */
  #lookAfresh(): void {
    this.#delay.reset()
    this.#firstLookLateMs = 0
    const dueAt = performance.now() + resolutionMs
    clearTimeout(this.#firstLook)
    this.#firstLook = setTimeout(
      () => (this.#firstLookLateMs = performance.now() - dueAt),
      resolutionMs,
    ).unref()
  }

  #take(): ProcessSample {
    const longestMs = Math.max(this.#delay.max / 1e6 - resolutionMs, this.#firstLookLateMs)
    this.#lookAfresh()
    const { rss, heapUsed } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return {
      loopDelay: Math.max(0, longestMs) / 1000,
      ...{ memoryBytes: rss, heapBytes: heapUsed },
      cpuSeconds: (user + system) / 1e6,
    }
  }
}
