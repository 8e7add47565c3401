import type { Log } from '../log.ts'
import type { AuditEntry } from './audit-record.ts'

const batchSize = 200
const flushDelayMs = 250
const maxQueued = 10_000
const firstRetryMs = 500
const maxRetryMs = 30_000
const warnIntervalMs = 60_000

/** Counted since the start. */
export interface AuditState {
  /** Entries that are not written yet. */
  readonly queued: number
  readonly written: number
  /** Writes that the database refused. */
  readonly failures: number
  /** Entries that found the memory for them full. */
  readonly dropped: number
  /** Refusals beyond what a minute may bring. */
  readonly limited: number
}

/**
 * Writes entries in batches, soon after they came and in their order. Adding never waits and never fails: while the
 * database is away entries are kept, up to a limit, and written when it is back.
 */
export class AuditQueue implements AsyncDisposable {
  readonly #write: (batch: readonly AuditEntry[]) => Promise<void>
  readonly #log: Log
  #entries: AuditEntry[] = []
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<boolean> | undefined
  /** 0 while the database takes what it is given. */
  #retryMs = 0
  /** Of both kinds, not told yet. */
  #untold = 0
  #written = 0
  #failures = 0
  #dropped = 0
  #limited = 0
  #warning: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(write: (batch: readonly AuditEntry[]) => Promise<void>, log: Log) {
    this.#write = write
    this.#log = log
  }

  get state(): AuditState {
    const counts = { written: this.#written, failures: this.#failures, limited: this.#limited }
    return { queued: this.#entries.length, ...counts, dropped: this.#dropped }
  }

  add(entry: AuditEntry): void {
    if (this.#entries.length >= maxQueued) {
      this.#dropped++
      return this.#lose()
    }
    this.#entries.push(entry)
    if (this.#writing || this.#isClosed) return
    if (this.#entries.length === batchSize && this.#retryMs === 0) this.#schedule(0)
    else if (!this.#timer) this.#schedule(flushDelayMs)
  }

  /** Counts an entry that is not kept because there were too many of its kind. */
  limit(): void {
    this.#limited++
    this.#lose()
  }

  /** The log tells of the first at once, then of all that a minute brought. */
  #lose(): void {
    this.#untold++
    if (!this.#warning) this.#warnOfDropped()
  }

  /** Writes what is queued, waiting for what is being written. False when the database refused. */
  async flush(): Promise<boolean> {
    while (this.#writing) await this.#writing
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#drain()
    const isDone = await this.#writing
    this.#writing = undefined
    if (!isDone) this.#backOff()
    else if (this.#entries.length > 0) this.#schedule(flushDelayMs)
    return isDone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#warning)
    await this.flush()
    clearTimeout(this.#timer)
    const lost = this.#entries.length + this.#untold
    if (lost > 0) this.#log.warn({ lost }, 'audit records lost')
  }

  async #drain(): Promise<boolean> {
    while (this.#entries.length > 0) {
      const batch = this.#entries.slice(0, batchSize)
      try {
        await this.#write(batch)
      } catch (error) {
        this.#failures++
        this.#log.warn({ err: error, queued: this.#entries.length }, 'audit records not written yet')
        return false
      }
      this.#entries.splice(0, batch.length)
      this.#written += batch.length
      // An embedded database writes without a turn of the event loop; others have to get theirs.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#retryMs = 0
    return true
  }

  #backOff(): void {
    this.#retryMs = Math.min(maxRetryMs, this.#retryMs === 0 ? firstRetryMs : this.#retryMs * 2)
    this.#schedule(this.#retryMs)
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.flush(), delayMs).unref()
  }

  #warnOfDropped(): void {
    this.#warning = undefined
    if (this.#untold === 0 || this.#isClosed) return
    this.#log.warn({ dropped: this.#untold }, 'audit records dropped')
    this.#untold = 0
    this.#warning = setTimeout(() => this.#warnOfDropped(), warnIntervalMs).unref()
  }
}
