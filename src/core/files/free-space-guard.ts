import { type Clock, steadyClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import type { Storage } from './storage.ts'

const rememberMs = 1_000

/** Keeps a part of every disk free: a full one would stop the database, the platform and everybody's devices. */
export class FreeSpaceGuard {
  readonly #minFreeBytes: number
  readonly #clock: Clock
  readonly #seen = new Map<string, { at: number; available: Promise<number> }>()

  /** 0 = no guard. */
  constructor(minFreeBytes: number, clock: Clock = steadyClock) {
    this.#minFreeBytes = minFreeBytes
    this.#clock = clock
  }

  /** @throws 'no-space' when less than the kept part is left. */
  async check(storageId: string, storage: Storage): Promise<void> {
    if (this.#minFreeBytes === 0) return
    const known = this.#seen.get(storageId)
    const now = this.#clock()
    const fresh = known && now - known.at < rememberMs ? known : this.#look(storageId, storage, now)
    if ((await fresh.available) < this.#minFreeBytes)
      throw new FileServerError('no-space', 'The storage is almost full')
  }

  #look(storageId: string, storage: Storage, at: number) {
    const available = storage.space().then((space) => space.availableBytes)
    const seen = { at, available }
    available.catch(() => this.#seen.delete(storageId))
    if (this.#seen.size > 10_000) this.#seen.clear()
    this.#seen.set(storageId, seen)
    return seen
  }
}
