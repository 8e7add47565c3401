import type { QuotaAccount, QuotaRepository } from '../accounts/repositories.ts'
import type { QuotaUsage } from '../accounts/user.ts'
import { type Clock, systemClock } from '../clock.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { type InPlaceBook, InPlaceFiles } from './in-place-files.ts'
import { LedgerTicket, type QuotaCounters, type QuotaLimits, type QuotaTicket } from './quota-ticket.ts'

/** What a user's file system asks of the quota, in whatever process its counters are kept. */
export interface Quotas {
  /** Sizes of files that are changed in place right now. */
  readonly inPlace: InPlaceBook
  /** A ticket for one upload or one change; release() it. @throws 'not-found' 'unavailable' */
  open(account: QuotaAccount, limits: QuotaLimits): Promise<QuotaTicket>
  /** What is used now, committed changes included. */
  usage(account: QuotaAccount): Promise<QuotaUsage>
}

/** Others to whom room was lent ahead of its use. Undefined when none of an account is. */
export type ReclaimRoom = (account: QuotaAccount) => Promise<void> | undefined

/** What is known of an account while somebody writes to it. */
interface OpenAccount extends QuotaCounters {
  readonly account: QuotaAccount
  holders: number
  idleSince: number
  flushing: Promise<void> | undefined
  /** The database did not answer, and may have stored what it was told: next it is told what is used in all. */
  isUncertain: boolean
}

const flushDelayMs = 250
const closeAfterIdleMs = 5_000

/**
 * Keeps used space exact while many uploads run: every byte is charged in memory, in one step, before it is stored.
 * Changes reach the database a moment later, in one statement per account; an account that is being written to is
 * marked, so that after a crash its files are counted anew.
 */
export class QuotaLedger implements Quotas, AsyncDisposable {
  readonly #repository: QuotaRepository
  readonly #log: Log
  readonly #clock: Clock
  readonly #accounts = new Map<string, Promise<OpenAccount>>()
  /** Keys of accounts whose counters are in doubt, since a crash or a change: their marks stay until a count is set. */
  readonly #doubted = new Set<string>()
  readonly inPlace: InPlaceFiles
  #reclaim: ReclaimRoom | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(repository: QuotaRepository, options: { log: Log; clock?: Clock }) {
    this.#repository = repository
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
    this.inPlace = new InPlaceFiles(this.#clock)
  }

  /** Nobody is refused before `reclaim` has brought back what others hold and do not use. */
  lendsWith(reclaim: ReclaimRoom): void {
    this.#reclaim = reclaim
  }

  async open(account: QuotaAccount, limits: QuotaLimits): Promise<LedgerTicket> {
    const open = await this.#hold(account)
    return new LedgerTicket({
      counters: open,
      limits,
      reclaim: () => this.#reclaim?.(account),
      onReleased: () => this.#released(open),
    })
  }

  /** Records bytes and files that came or went without an upload. */
  async add(account: QuotaAccount, change: QuotaUsage): Promise<void> {
    if (change.size === 0 && change.files === 0) return
    const ticket = await this.open(account, { size: 0, files: 0 })
    ticket.settle(change)
  }

  async usage(account: QuotaAccount): Promise<QuotaUsage> {
    const open = await this.#accounts.get(keyOf(account))
    return open ? { size: open.size, files: open.files } : this.#repository.usage(account)
  }

  /** Tells a count of files whether anything changed while it ran. */
  async generation(account: QuotaAccount): Promise<number> {
    return (await this.#accounts.get(keyOf(account)))?.generation ?? 0
  }

  /**
   * Replaces the counters by a fresh count. Answers false, and changes nothing, when files came or went since
   * `generation` was asked for.
   */
  async set(account: QuotaAccount, usage: QuotaUsage, generation?: number): Promise<boolean> {
    const open = await this.#hold(account)
    try {
      while (open.flushing) await open.flushing
      if (generation !== undefined && open.generation !== generation) return false
      await this.#replace(open, usage)
      this.#doubted.delete(keyOf(account))
      return true
    } finally {
      this.#released(open)
    }
  }

  /** The counters may be wrong: the account's mark outlives this process unless a count is set. */
  doubt(account: QuotaAccount): void {
    this.#doubted.add(keyOf(account))
  }

  isDoubted(account: QuotaAccount): boolean {
    return this.#doubted.has(keyOf(account))
  }

  /** The counters are right as they are: the mark goes once nobody writes to the account. @throws 'not-found' */
  async trust(account: QuotaAccount): Promise<void> {
    const open = await this.#hold(account)
    this.#doubted.delete(keyOf(account))
    this.#released(open)
  }

  /** Writes every change to the database now. */
  async flush(): Promise<void> {
    await Promise.all((await this.#loaded()).map((open) => this.#write(open)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.flush()
    for (const open of await this.#loaded())
      if (open.holders === 0 && isWritten(open)) await this.#clearMark(open)
    this.#accounts.clear()
    clearTimeout(this.#timer)
  }

  async #replace(open: OpenAccount, usage: QuotaUsage): Promise<void> {
    const before = { ...open }
    open.size = usage.size
    open.files = usage.files
    open.pendingSize = open.pendingFiles = 0
    const written = this.#repository.set(open.account, usage, this.#clock()).then(
      () => void (open.isUncertain = false),
      (error: unknown) => {
        open.size += before.size - usage.size
        open.files += before.files - usage.files
        open.isUncertain = true
        throw error
      },
    )
    // What changes from now on is written after this.
    await this.#flushWith(open, written.catch(noop))
    await written
  }

  /** The account, which stays open until #released(). */
  async #hold(account: QuotaAccount): Promise<OpenAccount> {
    for (;;) {
      const loading = this.#load(account)
      const open = await loading
      // It may have been closed while this waited; what is charged to a closed account is lost.
      if (this.#accounts.get(keyOf(account)) !== loading) continue
      open.holders++
      return open
    }
  }

  /** Those that could be read. */
  async #loaded(): Promise<OpenAccount[]> {
    const results = await Promise.allSettled(this.#accounts.values())
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  #load(account: QuotaAccount): Promise<OpenAccount> {
    const key = keyOf(account)
    let open = this.#accounts.get(key)
    if (!open) {
      open = this.#read(account)
      this.#accounts.set(key, open)
      open.catch(() => this.#accounts.delete(key))
    }
    return open
  }

  async #read(account: QuotaAccount): Promise<OpenAccount> {
    const usage = await this.#repository.usage(account)
    await this.#repository.markUnsettled(account)
    const none = {
      reservedSize: 0,
      reservedFiles: 0,
      pendingSize: 0,
      pendingFiles: 0,
      holders: 0,
      generation: 1,
    }
    return { account, ...usage, ...none, idleSince: 0, flushing: undefined, isUncertain: false }
  }

  #released(open: OpenAccount): void {
    open.holders--
    open.idleSince = this.#clock()
    this.#timer ??= setTimeout(() => void this.#tick(), flushDelayMs).unref()
  }

  async #tick(): Promise<void> {
    this.#timer = undefined
    for (const open of await this.#loaded()) {
      await this.#write(open)
      const isIdle = open.holders === 0 && this.#clock() - open.idleSince >= closeAfterIdleMs
      if (!isIdle || !isWritten(open)) continue
      await this.#close(open)
      // SQLite answers in the same turn of the event loop, and thousands may be idle at once.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (this.#accounts.size > 0) this.#timer ??= setTimeout(() => void this.#tick(), flushDelayMs).unref()
  }

  async #close(open: OpenAccount): Promise<void> {
    const key = keyOf(open.account)
    this.#accounts.delete(key)
    await this.#clearMark(open)
    try {
      // Whoever opened the account meanwhile may have marked it before the mark was cleared.
      const reopened = this.#accounts.get(key)
      if (reopened) await reopened.then(() => this.#repository.markUnsettled(open.account))
    } catch (error) {
      this.#log.warn({ err: error, account: key }, 'quota mark not set')
    }
  }

  async #clearMark(open: OpenAccount): Promise<void> {
    const key = keyOf(open.account)
    if (this.#doubted.has(key)) return
    try {
      await this.#repository.clearUnsettled(open.account)
    } catch (error) {
      this.#log.warn({ err: error, account: key }, 'quota mark not cleared')
    }
  }

  async #write(open: OpenAccount): Promise<void> {
    while (open.flushing) await open.flushing
    if (isWritten(open)) return
    const { account, size, files } = open
    const change = { size: open.pendingSize, files: open.pendingFiles }
    open.pendingSize = open.pendingFiles = 0
    const told = open.isUncertain
      ? this.#repository.set(account, { size, files }, this.#clock())
      : this.#repository.add(account, change, this.#clock())
    const written = told.then(
      () => void (open.isUncertain = false),
      (error: unknown) => {
        // The account was removed while its last upload ran: there is nothing left to count.
        open.isUncertain = !hasCode(error, 'not-found')
        if (open.isUncertain)
          this.#log.warn({ err: error, account: keyOf(account) }, 'quota usage not written yet')
      },
    )
    await this.#flushWith(open, written)
  }

  /** One statement of an account at a time. `written` never fails. */
  async #flushWith(open: OpenAccount, written: Promise<void>): Promise<void> {
    open.flushing = written
    await written
    open.flushing = undefined
  }
}

function isWritten(open: OpenAccount): boolean {
  return open.pendingSize === 0 && open.pendingFiles === 0 && !open.isUncertain
}

function noop(): void {}

function keyOf(account: QuotaAccount): string {
  return `${account.kind}:${account.name}`
}
