import type { QuotaAccount, QuotaRepository } from '../accounts/repositories.ts'
import type { QuotaUsage } from '../accounts/user.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, hasCode } from '../errors.ts'
import type { Log } from '../log.ts'

/** Bytes and number of files; 0 = no limit. */
export interface QuotaLimits {
  readonly size: number
  readonly files: number
}

/** What is known of an account while somebody writes to it. */
interface OpenAccount {
  readonly account: QuotaAccount
  /** Committed, including what waits to be written to the database. */
  size: number
  files: number
  /** Promised to running uploads. */
  reservedSize: number
  reservedFiles: number
  pendingSize: number
  pendingFiles: number
  holders: number
  /** Changes whenever files came or went, so that a count taken meanwhile can be told stale. */
  generation: number
  idleSince: number
  flushing: Promise<void> | undefined
}

const flushDelayMs = 250
const closeAfterIdleMs = 5_000

/**
 * Keeps used space exact while many uploads run: every byte is charged in memory, in one step, before it is stored.
 * Changes reach the database a moment later, in one statement per account; an account that is being written to is
 * marked, so that after a crash its files are counted anew.
 */
export class QuotaLedger implements AsyncDisposable {
  readonly #repository: QuotaRepository
  readonly #log: Log
  readonly #clock: Clock
  readonly #accounts = new Map<string, Promise<OpenAccount>>()
  #timer: NodeJS.Timeout | undefined

  constructor(repository: QuotaRepository, options: { log: Log; clock?: Clock }) {
    this.#repository = repository
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
  }

  /** A ticket for one upload or one change; release() it. @throws 'not-found' 'unavailable' */
  async open(account: QuotaAccount, limits: QuotaLimits): Promise<QuotaTicket> {
    const open = await this.#load(account)
    open.holders++
    return new QuotaTicket(open, limits, () => this.#released(open))
  }

  /** Records bytes and files that came or went without an upload. */
  async add(account: QuotaAccount, change: QuotaUsage): Promise<void> {
    if (change.size === 0 && change.files === 0) return
    const ticket = await this.open(account, { size: 0, files: 0 })
    ticket.settle(change)
  }

  /** What is used now, committed changes included. */
  async usage(account: QuotaAccount): Promise<QuotaUsage> {
    const open = await this.#accounts.get(keyOf(account))
    return open ? { size: open.size, files: open.files } : this.#repository.usage(account)
  }

  /** Tells a count of files whether anything changed while it ran. */
  async generation(account: QuotaAccount): Promise<number> {
    return (await this.#accounts.get(keyOf(account)))?.generation ?? 0
  }

  /** Replaces the counters by a fresh count. */
  async set(account: QuotaAccount, usage: QuotaUsage): Promise<void> {
    const open = await this.#accounts.get(keyOf(account))
    if (open) {
      await open.flushing
      open.size = usage.size
      open.files = usage.files
      open.pendingSize = open.pendingFiles = 0
    }
    await this.#repository.set(account, usage, this.#clock())
  }

  /** Writes every change to the database now. */
  async flush(): Promise<void> {
    const accounts = await Promise.all(this.#accounts.values())
    await Promise.all(accounts.map((open) => this.#write(open)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.flush()
    for (const open of await Promise.all(this.#accounts.values()))
      if (open.holders === 0 && open.pendingSize === 0 && open.pendingFiles === 0)
        await this.#repository.clearUnsettled(open.account)
    this.#accounts.clear()
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
    return { account, ...usage, ...none, idleSince: 0, flushing: undefined }
  }

  #released(open: OpenAccount): void {
    open.holders--
    open.idleSince = this.#clock()
    this.#timer ??= setTimeout(() => void this.#tick(), flushDelayMs).unref()
  }

  async #tick(): Promise<void> {
    this.#timer = undefined
    const accounts = await Promise.all(this.#accounts.values())
    for (const open of accounts) {
      await this.#write(open)
      const isIdle = open.holders === 0 && this.#clock() - open.idleSince >= closeAfterIdleMs
      if (isIdle && open.pendingSize === 0 && open.pendingFiles === 0) await this.#close(open)
    }
    if (this.#accounts.size > 0) this.#timer ??= setTimeout(() => void this.#tick(), flushDelayMs).unref()
  }

  async #close(open: OpenAccount): Promise<void> {
    const key = keyOf(open.account)
    this.#accounts.delete(key)
    try {
      // Whoever opens the account meanwhile marks it again only after this, since both wait on one database.
      await this.#repository.clearUnsettled(open.account)
      const reopened = this.#accounts.get(key)
      if (reopened) await reopened.then(() => this.#repository.markUnsettled(open.account))
    } catch (error) {
      this.#log.warn({ err: error, account: key }, 'quota mark not cleared')
    }
  }

  async #write(open: OpenAccount): Promise<void> {
    await open.flushing
    if (open.pendingSize === 0 && open.pendingFiles === 0) return
    const change = { size: open.pendingSize, files: open.pendingFiles }
    open.pendingSize = open.pendingFiles = 0
    open.flushing = this.#repository.add(open.account, change, this.#clock()).then(
      () => undefined,
      (error: unknown) => {
        // The account was removed while its last upload ran: there is nothing left to count.
        if (hasCode(error, 'not-found')) return
        open.pendingSize += change.size
        open.pendingFiles += change.files
        this.#log.warn({ err: error, account: keyOf(open.account) }, 'quota usage not written yet')
      },
    )
    await open.flushing
    open.flushing = undefined
  }
}

/** One upload's claim on an account. Charging is synchronous, so parallel uploads cannot both take the last byte. */
export class QuotaTicket {
  readonly #account: OpenAccount
  readonly #limits: QuotaLimits
  readonly #onReleased: () => void
  #size = 0
  #files = 0
  #released = false

  constructor(account: OpenAccount, limits: QuotaLimits, onReleased: () => void) {
    this.#account = account
    this.#limits = limits
    this.#onReleased = onReleased
  }

  /** Holds `size` bytes in all for this upload, more or fewer than before. @throws 'quota-exceeded' */
  holdBytes(size: number): void {
    const more = size - this.#size
    const { size: used, reservedSize } = this.#account
    if (more > 0 && this.#limits.size > 0 && used + reservedSize + more > this.#limits.size)
      throw new FileServerError('quota-exceeded', 'Denied: the quota for storage space is used up')
    this.#account.reservedSize += more
    this.#size = size
  }

  /** Holds one file. @throws 'quota-exceeded' */
  holdFile(): void {
    const { files: used, reservedFiles } = this.#account
    if (this.#limits.files > 0 && used + reservedFiles + 1 > this.#limits.files)
      throw new FileServerError('quota-exceeded', 'Denied: the quota for the number of files is used up')
    this.#account.reservedFiles++
    this.#files++
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
}

function keyOf(account: QuotaAccount): string {
  return `${account.kind}:${account.name}`
}
