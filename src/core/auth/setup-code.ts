import { randomInt, timingSafeEqual } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'

/** Without the letters and digits that look alike. */
const alphabet = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const groups = 4
const groupLength = 5
const lifetimeMs = 24 * 60 * 60_000

/** The way in for an owner whose account the platform cannot check: shown in the log, good once, for a day. */
export class SetupCode {
  readonly #clock: Clock
  #code: string | undefined
  #expiresAt = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** True while a code can still be used. */
  get isPending(): boolean {
    return this.#code !== undefined && this.#clock() < this.#expiresAt
  }

  /** Makes a new code; the one before is dead. About 99 bits. */
  issue(): string {
    const group = () =>
      Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('')
    this.#code = Array.from({ length: groups }, group).join('-')
    this.#expiresAt = this.#clock() + lifetimeMs
    return this.#code
  }

  /** True once for the right code; case and hyphens do not count. */
  redeem(text: string): boolean {
    if (this.#code === undefined || !this.isPending) return false
    const [given, wanted] = [normalise(text), normalise(this.#code)]
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false
    this.#code = undefined
    return true
  }
}

function normalise(code: string): Buffer {
  return Buffer.from(code.replaceAll(/[\s-]/g, '').toUpperCase())
}
