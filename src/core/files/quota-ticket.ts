import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError } from '../errors.ts'

/** Bytes and number of files; 0 = no limit. They may change meanwhile: whoever goes by them asks each time. */
export interface QuotaLimits {
  readonly size: number
  readonly files: number
}

/**
 * One upload's or one change's claim on an account, so that parallel ones cannot both take the last byte. What is held
 * at once answers undefined; a promise says that another process has to be asked, or has to give back room it does
 * not use. Whoever ends it calls settle() or release().
 */
export interface QuotaTicket {
  /** Holds `size` bytes in all, more or fewer than before. @throws 'quota-exceeded', 'aborted' once it has ended */
  holdBytes(size: number): Promise<void> | undefined
  /** Holds one file more. @throws 'quota-exceeded' */
  holdFile(): Promise<void> | undefined
  /** Holds `files` in all. @throws 'quota-exceeded' */
  holdFiles(files: number): Promise<void> | undefined
  /** What was held becomes what really came or went, and the ticket ends. */
  settle(change: QuotaUsage): void
  /** Nothing came of it. Idempotent. */
  release(): void
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

export interface LedgerTicketParts {
  readonly counters: QuotaCounters
  readonly limits: QuotaLimits
  /** Gets back what others hold of the account and do not use; undefined when nobody holds any. */
  readonly reclaim?: () => Promise<void> | undefined
  readonly onReleased: () => void
}

/** A ticket of the process that keeps the counters: charging is one step in memory. */
export class LedgerTicket implements QuotaTicket {
  readonly #parts: LedgerTicketParts
  readonly #counters: QuotaCounters
  #size = 0
  #files = 0
  #released = false

  constructor(parts: LedgerTicketParts) {
    this.#parts = parts
    this.#counters = parts.counters
  }

  /** Bytes held. */
  get size(): number {
    return this.#size
  }

  /** True when `size` bytes in all would leave `spare` bytes to others. */
  hasRoomFor(size: number, spare = 0): boolean {
    const { size: used, reservedSize } = this.#counters
    const more = size - this.#size
    return this.#parts.limits.size === 0 || used + reservedSize + more + spare <= this.#parts.limits.size
  }

  holdBytes(size: number): Promise<void> | undefined {
    if (this.#tryBytes(size)) return undefined
    const reclaimed = this.#parts.reclaim?.()
    if (!reclaimed) throw bytesExceeded()
    return reclaimed.then(() => {
      if (!this.#tryBytes(size)) throw bytesExceeded()
    })
  }

  holdFile(): undefined {
    this.holdFiles(this.#files + 1)
  }

  holdFiles(files: number): undefined {
    this.#requireHeld()
    const more = files - this.#files
    const { files: used, reservedFiles } = this.#counters
    if (more > 0 && this.#parts.limits.files > 0 && used + reservedFiles + more > this.#parts.limits.files)
      throw new FileServerError('quota-exceeded', 'Denied: the quota for the number of files is used up', {
        reason: 'quota-files',
      })
    this.#counters.reservedFiles += more
    this.#files = files
  }

  /** Holds `files` in all that another process held while there was no limit: they are not judged any more. */
  adoptFiles(files: number): void {
    this.#requireHeld()
    this.#counters.reservedFiles += files - this.#files
    this.#files = files
  }

  settle(change: QuotaUsage): void {
    if (this.#released) return
    this.record(change)
    this.release()
  }

  /** Counts what came or went; the ticket goes on. */
  record(change: QuotaUsage): void {
    this.#counters.size = Math.max(0, this.#counters.size + change.size)
    this.#counters.files = Math.max(0, this.#counters.files + change.files)
    this.#counters.pendingSize += change.size
    this.#counters.pendingFiles += change.files
    this.#counters.generation++
  }

  release(): void {
    if (this.#released) return
    this.#released = true
    this.#counters.reservedSize -= this.#size
    this.#counters.reservedFiles -= this.#files
    this.#parts.onReleased()
  }

  #tryBytes(size: number): boolean {
    this.#requireHeld()
    if (size > this.#size && !this.hasRoomFor(size)) return false
    this.#counters.reservedSize += size - this.#size
    this.#size = size
    return true
  }

  /** What is held after the end would be held for ever. */
  #requireHeld(): void {
    if (this.#released) throw new FileServerError('aborted', 'The change has ended')
  }
}

function bytesExceeded(): FileServerError {
  return new FileServerError('quota-exceeded', 'Denied: the quota for storage space is used up', {
    reason: 'quota-space',
  })
}
