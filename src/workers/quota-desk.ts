import type { QuotaAccount } from '../core/accounts/repositories.ts'
import type { QuotaLedger } from '../core/files/quota-ledger.ts'
import type { LedgerTicket, QuotaLimits } from '../core/files/quota-ticket.ts'
import type { ChannelToWorker, HoldAsk, LentSize } from './messages.ts'

/** Bytes that a worker gets ahead of their use, so that it does not ask for every write. */
const aheadBytes = 4 * 1024 * 1024
/** It gets them only while so much is left for others. */
const spareBytes = 64 * 1024 * 1024
/** Room that was lent in the very moment it was asked back is asked for again. */
const maxRounds = 3

/** A ticket of a worker. */
interface LentTicket {
  readonly account: string
  readonly ticket: LedgerTicket
  /** As the worker told them last; the ticket goes by them. */
  readonly limits: { -readonly [Limit in keyof QuotaLimits]: QuotaLimits[Limit] }
  /** Answers that lent room; what the worker said before it saw the last one does not count for that. */
  grants: number
}

interface OpenAccount {
  readonly account: QuotaAccount
  readonly ticket: LedgerTicket
}

/** The quota of all workers: room is lent to them out of the one ledger, and taken back when it is short. */
export class QuotaDesk {
  readonly #ledger: QuotaLedger
  readonly #borrowers = new Set<QuotaBorrower>()
  /** Accounts that room is being taken back for, and how often: nobody gets any ahead meanwhile. */
  readonly #short = new Map<string, number>()

  constructor(ledger: QuotaLedger) {
    this.#ledger = ledger
    ledger.lendsWith((account) => this.#reclaim(account))
  }

  serve(channel: ChannelToWorker): QuotaBorrower {
    const borrower = new QuotaBorrower(channel, this.#ledger, (account) => this.#short.has(account))
    this.#borrowers.add(borrower)
    return borrower
  }

  /** The worker is gone. Answers the accounts it was writing to, whose counters are in doubt from now on. */
  end(borrower: QuotaBorrower): readonly QuotaAccount[] {
    this.#borrowers.delete(borrower)
    return borrower.end()
  }

  #reclaim(account: QuotaAccount): Promise<void> | undefined {
    const key = keyOf(account)
    const asked = [...this.#borrowers].filter((borrower) => borrower.borrows(key))
    if (asked.length === 0) return undefined
    this.#short.set(key, (this.#short.get(key) ?? 0) + 1)
    return this.#collect(account, asked).finally(() => {
      const left = (this.#short.get(key) ?? 1) - 1
      if (left === 0) this.#short.delete(key)
      else this.#short.set(key, left)
    })
  }

  async #collect(account: QuotaAccount, asked: readonly QuotaBorrower[]): Promise<void> {
    for (let round = 1; round <= maxRounds; round++) {
      const outcomes = await Promise.all(asked.map((borrower) => borrower.giveBack(account)))
      if (!outcomes.includes('again')) return
    }
  }
}

/** What one worker has of the quota. */
export class QuotaBorrower {
  readonly #channel: ChannelToWorker
  readonly #ledger: QuotaLedger
  readonly #isShort: (account: string) => boolean
  readonly #accounts = new Map<string, OpenAccount>()
  readonly #lent = new Map<number, LentTicket>()
  #isGone = false

  constructor(channel: ChannelToWorker, ledger: QuotaLedger, isShort: (account: string) => boolean) {
    this.#channel = channel
    this.#ledger = ledger
    this.#isShort = isShort
    channel.answer('quota-open', (account) => this.#open(account))
    channel.answer('quota-usage', (account) => ledger.usage(account))
    channel.answer('quota-hold', (ask) => this.#hold(ask))
    channel.on('quota-close', (account) => this.#close(account))
    channel.on('quota-release', (ticket) => this.#take(ticket)?.release())
    channel.on('quota-give-back', (used) => void this.#takeBack(used))
    channel.on('quota-settle', ({ ticket, account, change }) => {
      const lent = this.#take(ticket)
      if (lent) lent.settle(change)
      else this.#accounts.get(keyOf(account))?.ticket.record(change)
    })
  }

  borrows(account: string): boolean {
    for (const lent of this.#lent.values()) if (lent.account === account) return true
    return false
  }

  /** Asks the worker what it really uses, and takes the rest back. Never fails. */
  async giveBack(account: QuotaAccount): Promise<'done' | 'again'> {
    const used = await this.#channel.call('reclaim', account).catch(() => [])
    return used.map((one) => this.#takeBack(one)).includes(false) ? 'again' : 'done'
  }

  end(): readonly QuotaAccount[] {
    this.#isGone = true
    for (const { ticket } of this.#lent.values()) ticket.release()
    this.#lent.clear()
    const accounts = [...this.#accounts.values()]
    this.#accounts.clear()
    for (const { account, ticket } of accounts) {
      this.#ledger.doubt(account)
      ticket.release()
    }
    return accounts.map(({ account }) => account)
  }

  /** Open for as long as the worker writes to it, so that its counters are in memory and marked. */
  async #open(account: QuotaAccount): Promise<void> {
    const ticket = await this.#ledger.open(account, { size: 0, files: 0 })
    if (this.#isGone) return ticket.release()
    this.#accounts.set(keyOf(account), { account, ticket })
  }

  #close(account: QuotaAccount): void {
    this.#accounts.get(keyOf(account))?.ticket.release()
    this.#accounts.delete(keyOf(account))
  }

  /** False when the worker did not know yet of all that it was lent. */
  #takeBack({ ticket: id, size, grants }: LentSize): boolean {
    const lent = this.#lent.get(id)
    if (!lent) return true
    if (lent.grants !== grants) return false
    if (size < lent.ticket.size) void lent.ticket.holdBytes(size)
    return true
  }

  async #hold(ask: HoldAsk): Promise<number> {
    const lent = this.#lent.get(ask.ticket) ?? (await this.#lend(ask))
    Object.assign(lent.limits, ask.limits)
    lent.ticket.adoptFiles(ask.heldFiles)
    lent.ticket.holdFiles(ask.files)
    const ahead = ask.size + aheadBytes
    const isAmple =
      ask.limits.size > 0 && !this.#isShort(lent.account) && lent.ticket.hasRoomFor(ahead, spareBytes)
    const size = isAmple ? ahead : ask.size
    const waiting = size > lent.ticket.size ? lent.ticket.holdBytes(size) : undefined
    if (waiting) await waiting
    lent.grants++
    return lent.ticket.size
  }

  async #lend({ ticket: id, account, ...ask }: HoldAsk): Promise<LentTicket> {
    const limits = { ...ask.limits }
    const ticket = await this.#ledger.open(account, limits)
    const lent = { account: keyOf(account), ticket, limits, grants: 0 }
    if (this.#isGone) ticket.release()
    else this.#lent.set(id, lent)
    return lent
  }

  #take(id: number): LedgerTicket | undefined {
    const lent = this.#lent.get(id)
    this.#lent.delete(id)
    return lent?.ticket
  }
}

function keyOf({ kind, name }: QuotaAccount): string {
  return `${kind}:${name}`
}
