import { Resolver } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { type Clock, steadyClock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { plainAddress } from './passive-ports.ts'

const freshForMs = 60_000
const lookupTimeoutMs = 5_000

export interface PassiveAddressOptions {
  /** Name or IPv4 address under which clients reach the passive ports; undefined: the address they have reached. */
  readonly host: string | undefined
  readonly log: Log
  /** Asks the DNS itself and not the hosts file, where the platform puts an address of the inside. */
  readonly resolve4?: (host: string) => Promise<string[]>
  readonly clock?: Clock
}

/** The IPv4 address for the reply to PASV (RFC 959 §4.1.2). */
export class PassiveAddress {
  readonly #options: PassiveAddressOptions
  readonly #clock: Clock
  readonly #resolve4: (host: string) => Promise<string[]>
  #known: string | undefined
  #askAgainAt = 0
  #asking: Promise<void> | undefined

  constructor(options: PassiveAddressOptions) {
    this.#options = options
    this.#clock = options.clock ?? steadyClock
    const resolver = new Resolver({ timeout: lookupTimeoutMs, tries: 1 })
    this.#resolve4 = options.resolve4 ?? ((host) => resolver.resolve4(host))
  }

  /** `localAddress` is that of the control connection. Undefined when there is no IPv4 address to tell. */
  async addressFor(localAddress: string): Promise<string | undefined> {
    const { host } = this.#options
    if (host !== undefined && isIPv4(host)) return host
    if (host !== undefined) {
      const refreshed = this.#refresh(host)
      // A stale answer is better than a late one.
      if (this.#known === undefined) await refreshed
      if (this.#known !== undefined) return this.#known
    }
    const local = plainAddress(localAddress)
    return isIPv4(local) ? local : undefined
  }

  async #refresh(host: string): Promise<void> {
    if (this.#clock() < this.#askAgainAt) return
    this.#asking ??= this.#ask(host).finally(() => (this.#asking = undefined))
    await this.#asking
  }

  async #ask(host: string): Promise<void> {
    try {
      const [address] = await this.#resolve4(host)
      this.#known = address ?? this.#known
    } catch (error) {
      this.#options.log.warn({ err: error, host }, 'passive address not found by dns')
    }
    this.#askAgainAt = this.#clock() + freshForMs
  }
}
