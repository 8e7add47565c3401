import { type Clock, systemClock } from '../clock.ts'
import type { Entry, FileIdentity } from './storage.ts'
import { UnfinishedReplacements } from './unfinished-replacements.ts'

/** One client's view of a file that is being changed in place, by it alone or by many. */
export interface InPlaceHandle {
  /** By how many bytes the quota changes when the file is found to have `size`. */
  recount(size: number): Promise<number> | number
}

/** Files changed in place right now, in all processes. What is asked under the lock of a name holds as long as it. */
export interface InPlaceBook {
  /** release() it. `size` is the file's, in bytes, when nobody else changes it. */
  open(key: string, size: number, identity?: FileIdentity): Promise<InPlaceHandle> | InPlaceHandle
  release(file: InPlaceHandle): void
  /** What the quota gets back when `key` goes, whose size on disk is `size`. */
  countedSize(key: string, size: number): Promise<number> | number
  /** By how many bytes the quota changes when `key` goes from one size to the other. */
  recount(key: string, before: number, after: number): Promise<number> | number
  /** The name is gone or holds another file. */
  forget(key: string): void
  move(from: string, to: string): void
  /**
   * `user` has begun to send a file in place of that of `key`, which is still there: whoever went on with it would put its
   * end behind another one's beginning. Remembered for a while, as long as the name holds that file.
   */
  markUnfinished(key: string, user: string): void
  isUnfinished(key: string, user: string): Promise<boolean> | boolean
}

/** A file that is being changed in place, by one client or many. */
export class InPlaceFile implements InPlaceHandle {
  /** Bytes that its quota knows of. */
  #counted: number
  #isGone = false
  readonly #identity: FileIdentity | undefined
  holders = 0

  constructor(size: number, identity?: FileIdentity) {
    this.#counted = size
    this.#identity = identity
  }

  get counted(): number {
    return this.#counted
  }

  is({ device, file }: FileIdentity): boolean {
    return this.#identity?.file === file && this.#identity.device === device
  }

  recount(size: number): number {
    if (this.#isGone) return 0
    const change = size - this.#counted
    this.#counted = size
    return change
  }

  /** The name is gone or holds another file: what is still written counts for nobody. */
  markGone(): void {
    this.#isGone = true
  }
}

/** Several who change one file are counted together and once. */
export class InPlaceFiles implements InPlaceBook {
  readonly #files = new Map<string, InPlaceFile>()
  readonly #unfinished: UnfinishedReplacements

  constructor(clock: Clock = systemClock) {
    this.#unfinished = new UnfinishedReplacements(clock)
  }

  /** Whether there is anything to ask or to forget of `key`. */
  has(key: string): boolean {
    return this.#files.has(key) || this.#unfinished.has(key)
  }

  open(key: string, size: number, identity?: FileIdentity): InPlaceFile {
    const file = this.#files.get(key) ?? new InPlaceFile(size, identity)
    this.#files.set(key, file)
    file.holders++
    return file
  }

  release(file: InPlaceFile): void {
    if (--file.holders > 0) return
    for (const [key, open] of this.#files) if (open === file) this.#files.delete(key)
  }

  countedSize(key: string, size: number): number {
    return this.#files.get(key)?.counted ?? size
  }

  /**
   * Bytes that the quota knows of a file as it was found on the disk: what it grew or shrank by since it was opened is
   * charged when it is closed. Known by its identity: it may have been reached through a link, or its directory renamed.
   */
  countedSizeOf({ identity, size }: Entry): number {
    if (identity) for (const file of this.#files.values()) if (file.is(identity)) return file.counted
    return size
  }

  recount(key: string, before: number, after: number): number {
    return this.#files.get(key)?.recount(after) ?? after - before
  }

  forget(key: string): void {
    this.#files.get(key)?.markGone()
    this.#files.delete(key)
    this.#unfinished.delete(key)
  }

  move(from: string, to: string): void {
    this.forget(to)
    this.#unfinished.delete(from)
    const file = this.#files.get(from)
    if (!file) return
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  markUnfinished(key: string, user: string): void {
    this.#unfinished.add(key, user)
  }

  isUnfinished(key: string, user: string): boolean {
    return this.#unfinished.isBy(key, user)
  }
}
