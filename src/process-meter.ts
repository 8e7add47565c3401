import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ProcessSample } from './core/process-sample.ts'

const sampleMs = 1_000
/** A delay shorter than this is not seen, and what is seen holds it: the look itself is due so long after the last. */
const resolutionMs = 20

/** Measures this process, once a second, until it is disposed. */
export class ProcessMeter implements Disposable {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #timer: NodeJS.Timeout

  constructor(onSample: (sample: ProcessSample) => void) {
    this.#delay.enable()
    this.#timer = setInterval(() => onSample(this.#take()), sampleMs).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#delay.disable()
  }

  #take(): ProcessSample {
    const longestMs = this.#delay.max / 1e6 - resolutionMs
    this.#delay.reset()
    const { rss, heapUsed } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return {
      loopDelay: Math.max(0, longestMs) / 1000,
      ...{ memoryBytes: rss, heapBytes: heapUsed },
      cpuSeconds: (user + system) / 1e6,
    }
  }
}
