import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { FileServerError } from '../../../core/errors.ts'

const lifetimeMs = 5 * 60_000
const maxLinks = 200

interface Link<T> {
  readonly owner: string
  readonly value: T
  readonly expiresAt: number
}

/**
 * Ids for addresses that a browser is sent to, in place of what they stand for: an address is logged on its way, and
 * the platform refuses some. Each is good for five minutes, for the one who asked for it.
 */
export class ShortLinks<T> {
  readonly #clock: Clock
  /** In the order in which they expire. */
  readonly #links = new Map<string, Link<T>>()

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** The id under which `owner` finds `value` again. Of too many links the oldest goes. */
  add(owner: string, value: T): string {
    this.#removeExpired()
    const [oldest] = this.#links.keys()
    if (this.#links.size >= maxLinks && oldest !== undefined) this.#links.delete(oldest)
    const id = randomBytes(24).toString('base64url')
    this.#links.set(id, { owner, value, expiresAt: this.#clock() + lifetimeMs })
    return id
  }

  /** @throws FileServerError 'not-found' when it has expired, belongs to somebody else, or never was */
  find(owner: string, id: string): T {
    this.#removeExpired()
    const link = this.#links.get(id)
    if (link?.owner !== owner) throw new FileServerError('not-found', 'This link has expired')
    return link.value
  }

  #removeExpired(): void {
    for (const [id, { expiresAt }] of this.#links) {
      if (expiresAt > this.#clock()) return
      this.#links.delete(id)
    }
  }
}
