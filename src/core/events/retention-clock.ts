import { type Clock, steadyClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { SettingsRepository } from '../settings/settings-repository.ts'
import { isObject } from '../value-readers.ts'

const dayMs = 24 * 60 * 60_000
/** Between two looks, a stop of the server included: a longer jump of the clock is believed only when it lasts. */
const maxJumpMs = 7 * dayMs
/** How long the server has to run before it does. */
const believedAfterMs = 7 * dayMs
/** Beside the settings, of which it is none: no backup has it. */
const storedName = 'retention_clock'

/** As it is stored; times in milliseconds. */
interface Belief {
  /** Since the epoch: what the clock said when it was last believed. */
  readonly at: number
  /** How long the server has run by a clock that it does not believe. */
  readonly doubtedMs: number
}

export interface RetentionClockParts {
  readonly settings: SettingsRepository
  readonly clock: Clock
  /** Goes on evenly, whatever the clock is set to. */
  readonly steady?: Clock
  /** For the first time of all: when the last thing was written, if anything was. */
  readonly lastWritten: () => Promise<number | undefined>
  readonly log: Log
}

/**
 * By this clock old things are removed for good. A clock that has jumped, as that of a machine without a battery or with a
 * wrong date does, is not believed before the server has run by it for a week, over any number of starts.
 */
export class RetentionClock {
  readonly #parts: RetentionClockParts
  readonly #steady: Clock
  #lookedAt: number
  #doubts = false

  constructor(parts: RetentionClockParts) {
    this.#parts = parts
    this.#steady = parts.steady ?? steadyClock
    this.#lookedAt = this.#steady()
  }

  /** Milliseconds since the epoch; undefined while the clock is not believed. @throws 'unavailable' */
  async now(): Promise<number | undefined> {
    const { clock, log } = this.#parts
    const now = clock()
    const belief = await this.#read(now)
    const ranMs = this.#steady() - this.#lookedAt
    const doubtedMs = belief.doubtedMs + ranMs
    const isBelieved = Math.abs(now - belief.at) <= maxJumpMs || doubtedMs >= believedAfterMs
    await this.#save(isBelieved ? { at: now, doubtedMs: 0 } : { at: belief.at, doubtedMs })
    this.#lookedAt += ranMs
    this.#doubts = !isBelieved
    if (isBelieved) return now
    const fields = { clock: dateOf(now), before: dateOf(belief.at), leftMs: believedAfterMs - doubtedMs }
    log.warn(fields, 'the clock has jumped: nothing is removed by age before it has lasted')
    return undefined
  }

  /** When the server stops: what it has run counts. @throws 'unavailable' */
  async stop(): Promise<void> {
    if (this.#doubts) await this.now()
  }

  async #read(now: number): Promise<Belief> {
    const stored = (await this.#parts.settings.list()).get(storedName)
    if (isBelief(stored)) return stored
    return { at: (await this.#parts.lastWritten()) ?? now, doubtedMs: 0 }
  }

  #save(belief: Belief): Promise<void> {
    return this.#parts.settings.save(new Map([[storedName, belief]]))
  }
}

function isBelief(value: unknown): value is Belief {
  return isObject(value) && ['at', 'doubtedMs'].every((name) => typeof value[name] === 'number')
}

/** Also of a time for which there is no date. */
function dateOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString()
}
