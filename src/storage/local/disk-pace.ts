import type { CpuWait } from './cpu-wait.ts'
import type { LoopTurn } from './loop-turn.ts'

/**
 * Milliseconds. What the kernel has in memory it answers within microseconds, a rotating disk or a busy one after
 * four and more; a client does not notice when everybody else waits for two.
 */
const defaultSlowMs = 2
/** So many fast answers of the thread pool make calls direct; a slow one takes away as much as four have brought. */
const fastAnswers = 16
const slowAnswerWeighs = 4
const minBackOffMs = 100
const maxBackOffMs = 60_000
/** A direct stretch of so many back-offs and calls has shown that the slow call before it was an exception. */
const calmBackOffs = 10
const calmCalls = 1_000

/** Milliseconds that only go forward. */
export type Stopwatch = () => number

export interface DiskPaceOptions {
  readonly turn: LoopTurn
  readonly cpuWait: CpuWait
  readonly now: Stopwatch
  /** Runs while the event loop has nothing to do. */
  readonly idle: Stopwatch
  /** Milliseconds; a call that takes longer is a slow one. */
  readonly slowMs?: number
}

/**
 * Decides for one kind of calls on one file system: made directly while it answers from memory, which costs a tenth
 * of a trip to the thread pool, and in the pool as long as it does not. The first slow answer ends a direct
 * stretch, so that the event loop waits for a slow disk once per back-off, which doubles as long as that goes on.
 */
export class DiskPace {
  readonly #turn: LoopTurn
  readonly #cpuWait: CpuWait
  readonly #now: Stopwatch
  readonly #idle: Stopwatch
  readonly #slowMs: number
  #isDirect = false
  #trust = 0
  #backOffMs = minBackOffMs
  #pooledUntil = -Infinity
  #directSince = -Infinity
  #directCalls = 0

  constructor({ turn, cpuWait, now, idle, slowMs = defaultSlowMs }: DiskPaceOptions) {
    this.#turn = turn
    this.#cpuWait = cpuWait
    this.#now = now
    this.#idle = idle
    this.#slowMs = slowMs
  }

  get isDirect(): boolean {
    return this.#isDirect
  }

  /** Makes one call in one of the two ways; both mean the same, and throw the same. */
  run<T>(direct: () => T, pooled: () => Promise<T>): Promise<T> {
    if (!this.#isDirect) return this.#watch(pooled)
    if (!this.#turn.hasRoom) return this.#turn.next().then(() => this.run(direct, pooled))
    try {
      return Promise.resolve(this.#time(direct))
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /**
   * Makes a call that can only be made directly; undefined, and no call, while that is not the way. `slowMs`: as in the options,
   * for a call that has more to do than others of its kind.
   */
  async runIfDirect<T>(direct: () => T, slowMs = this.#slowMs): Promise<T | undefined> {
    while (this.#isDirect) {
      if (this.#turn.hasRoom) return this.#time(direct, slowMs)
      await this.#turn.next()
    }
    return undefined
  }

  /** Makes a direct call now, for which no turn is waited for: it must be one that cannot take long. */
  runNow(direct: () => void, pooled: () => void): void {
    if (this.#isDirect) this.#time(direct)
    else pooled()
  }

  /**
   * Calls `step` with 0, 1, 2 … below `count`, directly, while that is the way and the turn has room; answers how
   * many times. What is left is the caller's to do by run().
   */
  runMany(count: number, step: (index: number) => void): number {
    let done = 0
    if (!this.#isDirect) return done
    let start = this.#now()
    this.#cpuWait.mark(start)
    while (done < count && this.#isDirect && this.#turn.hasRoom) {
      try {
        step(done++)
      } finally {
        // The end of one is the start of the next.
        start = this.#made(start)
      }
    }
    return done
  }

  #time<T>(direct: () => T, slowMs = this.#slowMs): T {
    const start = this.#now()
    this.#cpuWait.mark(start)
    try {
      return direct()
    } finally {
      this.#made(start, slowMs)
    }
  }

  /** A direct call that began at `start` has ended; answers when. */
  #made(start: number, slowMs = this.#slowMs): number {
    const end = this.#now()
    const ms = end - start
    this.#directCalls++
    this.#turn.spend(ms)
    if (this.#isSlow(ms, end, slowMs)) this.#retreat(end)
    return end
  }

  async #watch<T>(pooled: () => Promise<T>): Promise<T> {
    const [start, idle] = [this.#now(), this.#idle()]
    this.#cpuWait.mark(start)
    try {
      return await pooled()
    } finally {
      const end = this.#now()
      if (start >= this.#pooledUntil) this.#judge(this.#isSlow(this.#idle() - idle, end), end)
    }
  }

  /** Whether a call took too long, without what other programs took of the processor since the last mark. */
  #isSlow(ms: number, now: number, slowMs = this.#slowMs): boolean {
    return ms > slowMs && ms - this.#cpuWait.sinceMark(now) > slowMs
  }

  #judge(wasSlow: boolean, now: number): void {
    this.#trust = wasSlow ? Math.max(0, this.#trust - slowAnswerWeighs) : this.#trust + 1
    if (this.#isDirect || this.#trust < fastAnswers) return
    this.#isDirect = true
    this.#directSince = now
    this.#directCalls = 0
  }

  #retreat(now: number): void {
    const wasCalm = this.#directCalls >= calmCalls && now - this.#directSince > this.#backOffMs * calmBackOffs
    this.#backOffMs = wasCalm ? minBackOffMs : Math.min(maxBackOffMs, this.#backOffMs * 2)
    this.#isDirect = false
    this.#trust = 0
    this.#pooledUntil = now + this.#backOffMs
  }
}
