import type { Log } from '../log.ts'

export interface RetryPauses {
  /** Milliseconds. */
  readonly first: number
  readonly longest: number
}

/**
 * A database that starts anew or a mount that comes late is back in seconds, and until an account was counted its user may
 * pass the quota. One that is away for a day is asked less than three hundred times.
 */
const defaultPauses: RetryPauses = { first: 5_000, longest: 300_000 }
/** One that walks far before it fails costs more: so many times longer than it took is waited at least. */
const restShare = 4

export interface CountRetriesParts<T> {
  readonly onDue: (count: T) => void
  readonly log: Log
  readonly pauses?: RetryPauses | undefined
}

interface FailedCount<T> {
  readonly count: T
  readonly tries: number
  /** By the clock of performance.now(); infinite while it is tried. */
  readonly dueAt: number
}

/** Counts that failed, by key, until they are tried again: after a pause that doubles as long as they fail. */
export class CountRetries<T> implements Disposable {
  readonly #failed = new Map<string, FailedCount<T>>()
  readonly #parts: CountRetriesParts<T>
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Infinity
  #isStopped = false

  constructor(parts: CountRetriesParts<T>) {
    this.#parts = parts
  }

  /** What failed and did not go well since. */
  get(key: string): T | undefined {
    return this.#failed.get(key)?.count
  }

  /** `tookMs` is what the failed count took. What fails again and again is told once. */
  later(key: string, error: unknown, count: T, tookMs = 0): void {
    if (this.#isStopped) return
    const tries = this.#failed.get(key)?.tries ?? 0
    const { first, longest } = this.#parts.pauses ?? defaultPauses
    const pauseMs = Math.max(Math.min(first * 2 ** tries, longest), restShare * tookMs)
    const dueAt = performance.now() + pauseMs
    this.#failed.set(key, { count, tries: tries + 1, dueAt })
    this.#wakeAt(dueAt)
    const { log } = this.#parts
    const fields = { err: error, account: key, retryMs: Math.round(pauseMs) }
    if (tries === 0) log.warn(fields, 'quota scan failed')
    else log.debug(fields, 'quota scan failed again')
  }

  /** It went well, or there is nothing to count any more. */
  done(key: string): void {
    this.#failed.delete(key)
  }

  [Symbol.dispose](): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#failed.clear()
  }

  #wakeAt(dueAt: number): void {
    if (dueAt >= this.#wakesAt) return
    this.#wakesAt = dueAt
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wake(), Math.ceil(dueAt - performance.now())).unref()
  }

  #wake(): void {
    this.#wakesAt = Infinity
    const now = performance.now()
    for (const [key, failed] of this.#failed)
      if (failed.dueAt > now) this.#wakeAt(failed.dueAt)
      else {
        this.#failed.set(key, { ...failed, dueAt: Infinity })
        this.#parts.onDue(failed.count)
      }
  }
}
