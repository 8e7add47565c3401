import type { QuotaAccount } from '../core/accounts/repositories.ts'
import type { QuotaUsage } from '../core/accounts/user.ts'
import { FileServerError } from '../core/errors.ts'
import type { InPlaceBook } from '../core/files/in-place-files.ts'
import type { Quotas } from '../core/files/quota-ledger.ts'
import type { QuotaLimits, QuotaTicket } from '../core/files/quota-ticket.ts'
import type { ChannelToPrimary, LentSize } from './messages.ts'

const closeAfterIdleMs = 5_000

/** An account that this process writes to. */
interface OpenAccount {
  readonly account: QuotaAccount
  readonly opening: Promise<void>
  readonly tickets: Set<RemoteTicket>
  holders: number
  idleSince: number
}

/** The quota, whose counters the primary process keeps. An account without a limit is asked about once, not per write. */
export class RemoteQuotas implements Quotas, Disposable {
  readonly inPlace: InPlaceBook
  readonly #channel: ChannelToPrimary
  readonly #accounts = new Map<string, OpenAccount>()
  readonly #timer: NodeJS.Timeout
  #lastTicket = 0

  constructor(channel: ChannelToPrimary, inPlace: InPlaceBook) {
    this.#channel = channel
    this.inPlace = inPlace
    this.#timer = setInterval(() => this.#closeIdle(performance.now()), closeAfterIdleMs / 2).unref()
    channel.answer('reclaim', (account) => this.#giveBack(account))
  }

  async open(account: QuotaAccount, limits: QuotaLimits): Promise<QuotaTicket> {
    const open = this.#accounts.get(keyOf(account)) ?? this.#begin(account)
    open.holders++
    try {
      await open.opening
    } catch (error) {
      this.#leave(open)
      throw error
    }
    const ticket: RemoteTicket = new RemoteTicket({
      id: ++this.#lastTicket,
      ...{ account, limits, channel: this.#channel },
      onEnd: () => {
        open.tickets.delete(ticket)
        this.#leave(open)
      },
    })
    open.tickets.add(ticket)
    return ticket
  }

  usage(account: QuotaAccount): Promise<QuotaUsage> {
    return this.#channel.call('quota-usage', account)
  }

  /** Nothing is written any more: what was is counted, so that nobody has to count it anew. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#closeIdle(Infinity)
  }

  #begin(account: QuotaAccount): OpenAccount {
    const opening = this.#channel.call('quota-open', account)
    const open = { account, opening, tickets: new Set<RemoteTicket>(), holders: 0, idleSince: 0 }
    const key = keyOf(account)
    this.#accounts.set(key, open)
    opening.catch(() => {
      if (this.#accounts.get(key) === open) this.#accounts.delete(key)
    })
    return open
  }

  #leave(open: OpenAccount): void {
    open.holders--
    open.idleSince = performance.now()
  }

  #closeIdle(now: number): void {
    for (const [key, { account, holders, idleSince }] of this.#accounts) {
      if (holders > 0 || now - idleSince < closeAfterIdleMs) continue
      this.#accounts.delete(key)
      this.#channel.post('quota-close', account)
    }
  }

  #giveBack(account: QuotaAccount): readonly LentSize[] {
    const tickets = this.#accounts.get(keyOf(account))?.tickets ?? []
    return [...tickets].map((ticket) => ticket.giveBack())
  }
}

interface RemoteTicketParts {
  readonly id: number
  readonly account: QuotaAccount
  readonly limits: QuotaLimits
  readonly channel: ChannelToPrimary
  readonly onEnd: () => void
}

/** Holds what the primary process has granted, which is more than what is used while there is plenty. */
class RemoteTicket implements QuotaTicket {
  readonly #parts: RemoteTicketParts
  #size = 0
  #files = 0
  #granted = 0
  /** The limit under which that was granted. */
  #grantedUnder = 0
  #grants = 0
  #hasAsked = false
  #hasEnded = false
  /** One question at a time; never fails. */
  #asking: Promise<void> | undefined

  constructor(parts: RemoteTicketParts) {
    this.#parts = parts
  }

  holdBytes(size: number): Promise<void> | undefined {
    this.#requireHeld()
    if (this.#mustAsk(size))
      return this.#inTurn(async () => {
        if (this.#mustAsk(size)) await this.#ask(size, this.#files)
        // Another write may have gone further meanwhile.
        this.#size = Math.max(this.#size, size)
      })
    this.#size = size
    return undefined
  }

  holdFile(): Promise<void> | undefined {
    return this.holdFiles(this.#files + 1)
  }

  holdFiles(files: number): Promise<void> | undefined {
    this.#requireHeld()
    if (this.#parts.limits.files > 0 && files > this.#files)
      return this.#inTurn(async () => {
        await this.#ask(this.#size, files)
        this.#files = files
      })
    this.#files = files
    return undefined
  }

  settle(change: QuotaUsage): void {
    if (this.#hasEnded) return
    const { id, account, channel } = this.#parts
    channel.post('quota-settle', { ticket: id, account, change })
    this.#end()
  }

  release(): void {
    if (this.#hasEnded) return
    if (this.#hasAsked) this.#parts.channel.post('quota-release', this.#parts.id)
    this.#end()
  }

  /** Keeps what is used alone. A question under way is answered after this. */
  giveBack(): LentSize {
    this.#granted = this.#size
    return { ticket: this.#parts.id, size: this.#size, grants: this.#grants }
  }

  /** What is held already stays, whatever the limit is now; what was granted ahead under another one does not count. */
  #mustAsk(size: number): boolean {
    const { limits } = this.#parts
    if (limits.size === 0 || size <= this.#size) return false
    return size > this.#granted || limits.size !== this.#grantedUnder
  }

  async #ask(size: number, files: number): Promise<void> {
    const { id, account, channel } = this.#parts
    const limits = { size: this.#parts.limits.size, files: this.#parts.limits.files }
    if (this.#hasAsked && limits.size !== this.#grantedUnder) channel.post('quota-give-back', this.giveBack())
    this.#hasAsked = true
    const asked = {
      ticket: id,
      account,
      limits,
      heldFiles: this.#files,
      files,
      size: limits.size > 0 ? size : 0,
    }
    this.#granted = await channel.call('quota-hold', asked)
    this.#grantedUnder = limits.size
    this.#grants++
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#asking === undefined ? task() : this.#asking.then(task)
    const settled: Promise<void> = turn.then(noop, noop).then(() => {
      if (this.#asking === settled) this.#asking = undefined
    })
    this.#asking = settled
    return turn
  }

  #end(): void {
    this.#hasEnded = true
    this.#parts.onEnd()
  }

  /** What is held after the end would be held for ever. */
  #requireHeld(): void {
    if (this.#hasEnded) throw new FileServerError('aborted', 'The change has ended')
  }
}

function noop(): void {}

function keyOf({ kind, name }: QuotaAccount): string {
  return `${kind}:${name}`
}
