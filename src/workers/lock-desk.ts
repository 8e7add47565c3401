import type { InPlaceFile, InPlaceFiles } from '../core/files/in-place-files.ts'
import type { KeyedLock } from '../core/files/keyed-lock.ts'
import type { ChannelToWorker } from './messages.ts'

/**
 * Gives one worker the locks of names, and what is known of files changed in place. Disposed when the worker is gone:
 * what it held or waited for is free.
 */
export class LockDesk implements Disposable {
  readonly #locks: KeyedLock
  readonly #inPlace: InPlaceFiles
  readonly #held = new Map<number, () => void>()
  readonly #files = new Map<number, InPlaceFile>()
  #isGone = false

  constructor(channel: ChannelToWorker, locks: KeyedLock, inPlace: InPlaceFiles) {
    this.#locks = locks
    this.#inPlace = inPlace
    channel.answer('lock', ({ id, names }) => this.#lock(id, names))
    channel.on('unlock', (id) => this.#unlock(id))
    channel.answer(
      'in-place-open',
      ({ id, name, size, identity }) => void this.#files.set(id, inPlace.open(name, size, identity)),
    )
    channel.answer('in-place-recount', ({ id, size }) => this.#files.get(id)?.recount(size) ?? 0)
    channel.answer('in-place-counted', ({ name, size }) => inPlace.countedSize(name, size))
    channel.answer('in-place-recount-name', ({ name, before, after }) => inPlace.recount(name, before, after))
    channel.on('in-place-release', (id) => this.#release(id))
    channel.on('in-place-forget', (name) => inPlace.forget(name))
    channel.on('in-place-move', ({ from, to }) => inPlace.move(from, to))
    channel.on('in-place-unfinished', ({ name, user }) => inPlace.markUnfinished(name, user))
    channel.answer('in-place-is-unfinished', ({ name, user }) => inPlace.isUnfinished(name, user))
  }

  [Symbol.dispose](): void {
    this.#isGone = true
    for (const unlock of this.#held.values()) unlock()
    this.#held.clear()
    for (const id of [...this.#files.keys()]) this.#release(id)
  }

  #lock(id: number, names: readonly string[]): Promise<readonly string[]> {
    const [one = '', other = one] = names
    const granted = Promise.withResolvers<readonly string[]>()
    void this.#locks.runBoth(one, other, () => {
      if (this.#isGone) return Promise.resolve()
      const unlocked = Promise.withResolvers<void>()
      this.#held.set(id, unlocked.resolve)
      granted.resolve(names.filter((name) => this.#inPlace.has(name)))
      return unlocked.promise
    })
    return granted.promise
  }

  #unlock(id: number): void {
    this.#held.get(id)?.()
    this.#held.delete(id)
  }

  #release(id: number): void {
    const file = this.#files.get(id)
    this.#files.delete(id)
    if (file) this.#inPlace.release(file)
  }
}
