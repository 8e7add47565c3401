import type { InPlaceBook, InPlaceHandle } from '../core/files/in-place-files.ts'
import type { NameLocks } from '../core/files/keyed-lock.ts'
import type { FileIdentity } from '../core/files/storage.ts'
import type { ChannelToPrimary } from './messages.ts'

/** The locks of names, kept by the primary process for all. */
export class RemoteLocks implements NameLocks {
  readonly #channel: ChannelToPrimary
  readonly #inPlace: RemoteInPlaceFiles
  #lastId = 0

  constructor(channel: ChannelToPrimary, inPlace: RemoteInPlaceFiles) {
    this.#channel = channel
    this.#inPlace = inPlace
  }

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    return this.#run([key], task)
  }

  runBoth<T>(one: string, other: string, task: () => Promise<T>): Promise<T> {
    return this.#run(one === other ? [one] : [one, other], task)
  }

  async #run<T>(names: readonly string[], task: () => Promise<T>): Promise<T> {
    const id = ++this.#lastId
    const changed = await this.#channel.call('lock', { id, names })
    this.#inPlace.locked(names, changed)
    try {
      return await task()
    } finally {
      this.#inPlace.unlocked(names)
      this.#channel.post('unlock', id)
    }
  }
}

class RemoteInPlaceFile implements InPlaceHandle {
  readonly id: number
  readonly #channel: ChannelToPrimary

  constructor(id: number, channel: ChannelToPrimary) {
    this.id = id
    this.#channel = channel
  }

  recount(size: number): Promise<number> {
    return this.#channel.call('in-place-recount', { id: this.id, size })
  }
}

/**
 * Files changed in place, kept by the primary process for all. Under the lock of a name it is known whether anybody
 * changes it in place, or began to replace it: nobody begins to meanwhile, so that the usual case costs no question.
 */
export class RemoteInPlaceFiles implements InPlaceBook {
  readonly #channel: ChannelToPrimary
  /** Names locked by this process: true where the primary knows more of the file than its name. */
  readonly #locked = new Map<string, boolean>()
  #lastId = 0

  constructor(channel: ChannelToPrimary) {
    this.#channel = channel
  }

  /** For the locks: these names are held now; `changed` are those that there is anything to ask of. */
  locked(names: readonly string[], changed: readonly string[]): void {
    for (const name of names) this.#locked.set(name, changed.includes(name))
  }

  unlocked(names: readonly string[]): void {
    for (const name of names) this.#locked.delete(name)
  }

  async open(name: string, size: number, identity?: FileIdentity): Promise<InPlaceHandle> {
    const id = ++this.#lastId
    await this.#channel.call('in-place-open', { id, name, size, identity })
    return new RemoteInPlaceFile(id, this.#channel)
  }

  release(file: InPlaceHandle): void {
    this.#channel.post('in-place-release', (file as RemoteInPlaceFile).id)
  }

  countedSize(name: string, size: number): Promise<number> | number {
    return this.#isUnchanged(name) ? size : this.#channel.call('in-place-counted', { name, size })
  }

  recount(name: string, before: number, after: number): Promise<number> | number {
    if (this.#isUnchanged(name)) return after - before
    return this.#channel.call('in-place-recount-name', { name, before, after })
  }

  forget(name: string): void {
    if (!this.#isUnchanged(name)) this.#channel.post('in-place-forget', name)
  }

  move(from: string, to: string): void {
    if (this.#isUnchanged(from) && this.#isUnchanged(to)) return
    this.#channel.post('in-place-move', { from, to })
  }

  markUnfinished(name: string, user: string): void {
    this.#channel.post('in-place-unfinished', { name, user })
  }

  isUnfinished(name: string, user: string): Promise<boolean> | boolean {
    return this.#isUnchanged(name) ? false : this.#channel.call('in-place-is-unfinished', { name, user })
  }

  #isUnchanged(name: string): boolean {
    return this.#locked.get(name) === false
  }
}
