import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError } from '../errors.ts'

/** Bytes and number of files; 0 = no limit. */
export interface QuotaLimits {
  readonly size: number
  readonly files: number
}

/** What is used of an account, in bytes and files. */
export interface QuotaCounters {
  /** Committed, including what waits to be written to the database. */
  size: number
  files: number
  /** Promised to running uploads. */
  reservedSize: number
  reservedFiles: number
  /** What the database has not been told yet. */
  pendingSize: number
  pendingFiles: number
  /** Changes whenever files came or went, so that a count taken meanwhile can be told stale. */
  generation: number
}

/** One upload's claim on an account. Charging is synchronous, so parallel uploads cannot both take the last byte. */
export class QuotaTicket {
  readonly #account: QuotaCounters
  readonly #limits: QuotaLimits
  readonly #onReleased: () => void
  #size = 0
  #files = 0
  #released = false

  constructor(account: QuotaCounters, limits: QuotaLimits, onReleased: () => void) {
    this.#account = account
    this.#limits = limits
    this.#onReleased = onReleased
  }

  /** Holds `size` bytes in all for this upload, more or fewer than before. @throws 'quota-exceeded' */
  holdBytes(size: number): void {
    this.#requireHeld()
    const more = size - this.#size
    const { size: used, reservedSize } = this.#account
    if (more > 0 && this.#limits.size > 0 && used + reservedSize + more > this.#limits.size)
      throw new FileServerError('quota-exceeded', 'Denied: the quota for storage space is used up')
    this.#account.reservedSize += more
    this.#size = size
  }

  /** Holds one file more. @throws 'quota-exceeded' */
  holdFile(): void {
    this.holdFiles(this.#files + 1)
  }

  /** Holds `files` in all. @throws 'quota-exceeded' */
  holdFiles(files: number): void {
    this.#requireHeld()
    const more = files - this.#files
    const { files: used, reservedFiles } = this.#account
    if (more > 0 && this.#limits.files > 0 && used + reservedFiles + more > this.#limits.files)
      throw new FileServerError('quota-exceeded', 'Denied: the quota for the number of files is used up')
    this.#account.reservedFiles += more
    this.#files = files
  }

  /** What was held becomes what really came or went, and the ticket ends. */
  settle(change: QuotaUsage): void {
    if (this.#released) return
    this.#account.size = Math.max(0, this.#account.size + change.size)
    this.#account.files = Math.max(0, this.#account.files + change.files)
    this.#account.pendingSize += change.size
    this.#account.pendingFiles += change.files
    this.#account.generation++
    this.release()
  }

  /** Nothing came of it. Idempotent. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#account.reservedSize -= this.#size
    this.#account.reservedFiles -= this.#files
    this.#onReleased()
  }

  /** What is held after the end would be held for ever. */
  #requireHeld(): void {
    if (this.#released) throw new FileServerError('aborted', 'The change has ended')
  }
}
