import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { FileServerError } from '../../../core/errors.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'

const maxTickets = 1000
/** Of all tickets together. The largest order that fits into a body always gets one. */
const maxBytes = 4 * 1024 * 1024
/** About what a path costs besides its text. */
const pathOverheadBytes = 40
/** Since its last use: a download can be paused and taken up again. */
const lifetimeMs = 60 * 60_000

/** What a link stands for, so that no path has to be in an address. */
export interface DownloadOrder {
  readonly paths: readonly VirtualPath[]
  readonly isArchive: boolean
  /** What the file will be called. */
  readonly name: string
}

interface Ticket {
  readonly order: DownloadOrder
  readonly bytes: number
  usedAt: number
}

/** The links that one browser session may follow; another session knows none of them. */
export class DownloadTickets {
  readonly #clock: Clock
  /** The one that was used longest ago first. */
  readonly #tickets = new Map<string, Ticket>()
  #bytes = 0

  constructor({ clock = systemClock }: { clock?: Clock } = {}) {
    this.#clock = clock
  }

  issue(order: DownloadOrder): string {
    const bytes = order.paths.reduce((sum, path) => sum + path.length + pathOverheadBytes, 0)
    for (const [oldest, ticket] of this.#tickets) {
      if (this.#tickets.size < maxTickets && this.#bytes + bytes <= maxBytes) break
      this.#tickets.delete(oldest)
      this.#bytes -= ticket.bytes
    }
    const id = randomBytes(24).toString('base64url')
    this.#tickets.set(id, { order, bytes, usedAt: this.#clock() })
    this.#bytes += bytes
    return id
  }

  /** @throws FileServerError 'not-found' for a link that is not known or too old */
  use(id: string): DownloadOrder {
    const ticket = this.#tickets.get(id)
    if (!ticket || this.#clock() - ticket.usedAt > lifetimeMs)
      throw new FileServerError('not-found', 'The link is not valid any more')
    ticket.usedAt = this.#clock()
    this.#tickets.delete(id)
    this.#tickets.set(id, ticket)
    return ticket.order
  }
}
