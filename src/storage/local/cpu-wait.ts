import { readFileSync } from 'node:fs'

/** Milliseconds. What was read is read again after so long, which costs a thousandth of a busy thread. */
const freshMs = 20

/**
 * How long this thread was ready to run and other programs had the processors: on a busy machine most calls that
 * seem slow are these, and no disk is to blame for them.
 */
export class CpuWait {
  readonly #read: () => number
  #total = 0
  #readAt = -Infinity

  /** `read` answers milliseconds since the thread began. */
  constructor(read: () => number = runQueueDelay) {
    this.#read = read
  }

  /** Something is about to be timed, at `now` in milliseconds. */
  mark(now: number): void {
    if (now - this.#readAt < freshMs) return
    this.#total = this.#read()
    this.#readAt = now
  }

  /** Milliseconds waited since the last mark, give or take what was waited for shortly before it. */
  sinceMark(now: number): number {
    const before = this.#total
    this.#total = this.#read()
    this.#readAt = now
    return this.#total - before
  }
}

/** The second number of proc_pid_schedstat(5), in nanoseconds there; 0 where the kernel does not count. */
function runQueueDelay(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
