import { RecentMap } from '../auth/recent-map.ts'
import type { Clock } from '../clock.ts'
import { FileServerError } from '../errors.ts'

const rememberedMs = 24 * 60 * 60 * 1000
const maxNames = 10_000

interface Unfinished {
  readonly users: ReadonlySet<string>
  /** Of the last one; milliseconds since the epoch. */
  readonly at: number
}

/**
 * Names that hold an earlier file although a user has begun to send another one, and which users. In memory, for a day
 * and for so many names at most: whoever goes on after that is believed.
 */
export class UnfinishedReplacements {
  readonly #clock: Clock
  readonly #names = new RecentMap<Unfinished>(maxNames)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  isBy(name: string, user: string): boolean {
    return this.#get(name)?.users.has(user) === true
  }

  add(name: string, user: string): void {
    const users = new Set([...(this.#get(name)?.users ?? []), user])
    this.#names.set(name, { users, at: this.#clock() })
  }

  delete(name: string): void {
    this.#names.delete(name)
  }

  #get(name: string): Unfinished | undefined {
    const found = this.#names.get(name)
    return found && this.#clock() - found.at < rememberedMs ? found : undefined
  }
}

export function notResumable(): FileServerError {
  return new FileServerError(
    'not-resumable',
    'The upload before was broken off, and the file still holds its earlier content: send it whole',
  )
}
