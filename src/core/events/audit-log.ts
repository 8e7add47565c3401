import { RateLimit } from '../auth/rate-limit.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { SettingsRepository } from '../settings/settings-repository.ts'
import { auditEntryOf } from './audit-entry.ts'
import { AuditQueue, type AuditState } from './audit-queue.ts'
import type {
  AuditAction,
  AuditEntry,
  AuditFilter,
  AuditPage,
  AuditRecord,
  AuditRepository,
} from './audit-record.ts'
import type { EventBus } from './event-bus.ts'
import { RetentionClock } from './retention-clock.ts'

const dayMs = 24 * 60 * 60_000
const cleanIntervalMs = 60 * 60_000
/** After a start, so that a server that is often restarted cleans up as well. */
const firstCleanMs = 60_000
const cleanBatch = 1_000
const streamPage = 500

/** What costs a client nothing to repeat must not fill the disk: so many a minute are kept, of a name and of all. */
const refusals: ReadonlySet<AuditAction> = new Set([
  'refused',
  'sign-in-refused',
  'admin-sign-in-refused',
  'admin-refused',
])
const refusalLimit = { perName: 120, overall: 1_000, windowMs: 60_000 } as const

export interface AuditLogOptions {
  readonly events: EventBus
  readonly repository: AuditRepository
  /** Keeps which clock is believed. */
  readonly settings: SettingsRepository
  /** Days that records are kept, asked for at each clean-up. */
  readonly retentionDays: () => number
  readonly log: Log
  readonly clock?: Clock
  readonly steady?: Clock
}

/** Keeps what happens, for as long as the admin wants, and finds it again. */
export class AuditLog implements AsyncDisposable {
  readonly #options: AuditLogOptions
  readonly #clock: Clock
  readonly #retentionClock: RetentionClock
  readonly #queue: AuditQueue
  readonly #refusalLimit: RateLimit
  readonly #subscription: Disposable
  #cleaning: NodeJS.Timeout
  #cleaned: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { settings, log, steady, repository } = options
    // Not what this very start has written, by a clock that may be wrong.
    const startedAt = this.#clock()
    const lastWritten = async () => (await repository.search({ to: startedAt }, { limit: 1 }))[0]?.at
    this.#retentionClock = new RetentionClock({
      ...{ settings, log, lastWritten, clock: this.#clock },
      ...(steady && { steady }),
    })
    this.#queue = new AuditQueue((batch) => repository.add(batch), log)
    this.#refusalLimit = new RateLimit(refusalLimit, options.clock)
    this.#subscription = options.events.onAny((event) => {
      const entry = auditEntryOf(event, this.#clock())
      if (entry) this.#keep(entry)
    })
    this.#cleaning = setTimeout(() => this.#clean(), firstCleanMs).unref()
  }

  /** The newest first. What happened less than a moment ago may not be there yet. @throws 'unavailable' */
  search(filter: AuditFilter, page: AuditPage): Promise<readonly AuditRecord[]> {
    return this.#options.repository.search(filter, page)
  }

  /** stream() for an admin who takes it away as the file `name`, which is told. */
  export(
    admin: string,
    { name, format }: { readonly name: string; readonly format: string },
    filter: AuditFilter,
  ): AsyncGenerator<readonly AuditRecord[]> {
    this.#options.events.emit({ type: 'audit-exported', admin, name, format })
    return this.stream(filter)
  }

  /** All that match now, in pages, the newest first; the event loop turns between them. @throws 'unavailable' */
  async *stream(filter: AuditFilter): AsyncGenerator<readonly AuditRecord[]> {
    let page: AuditPage = { limit: streamPage }
    for (;;) {
      const records = await this.search(filter, page)
      if (records.length > 0) yield records
      const last = records.at(-1)
      if (records.length < streamPage || !last) return
      page = { limit: streamPage, beforeId: last.id }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  get state(): AuditState {
    return this.#queue.state
  }

  /** Writes what is still in memory. False when the database refused it; it is tried again then. */
  flush(): Promise<boolean> {
    return this.#queue.flush()
  }

  /**
   * Removes what is older than the admin wants it kept, a little at a time; nothing while the clock is not believed.
   * @throws 'unavailable'
   */
  async removeExpired(): Promise<void> {
    const { repository, retentionDays } = this.#options
    const now = await this.#retentionClock.now()
    if (now === undefined) return
    const before = now - retentionDays() * dayMs
    while (!this.#isClosed) {
      const removed = await repository.removeBefore(before, cleanBatch)
      if (removed < cleanBatch) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#cleaning)
    this.#subscription[Symbol.dispose]()
    await this.#cleaned
    await this.#retentionClock.stop().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'time that the server has run not kept')
    })
    await this.#queue[Symbol.asyncDispose]()
  }

  #keep(entry: AuditEntry): void {
    if (refusals.has(entry.action) && !this.#refusalLimit.admits(entry.username)) this.#queue.limit()
    else this.#queue.add(entry)
  }

  #clean(): void {
    this.#cleaning = setTimeout(() => this.#clean(), cleanIntervalMs).unref()
    this.#cleaned = this.removeExpired().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'old audit records not removed')
    })
  }
}
