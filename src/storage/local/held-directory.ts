import { constants } from 'node:fs'
import type { StorageKey } from '../../core/files/storage.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import { descriptorPath } from './descriptor-path.ts'
import type { DiskStats } from './disk-entry.ts'

/** Opens nothing but the place itself: no read, no side effect (Linux, open(2)); not among Node's constants. */
export const pathOnly = 0x200000
export const asDirectory = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW
export const asReadableDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * A directory held open. Whatever is done at `at(name)` happens in this very directory, wherever its path leads
 * by then: the kernel takes /proc/<pid>/fd/<n> as the directory itself, which is how Node gets at openat(2) and kin.
 */
export class HeldDirectory implements Disposable {
  /** Makes the calls on what lies in it. */
  readonly disk: DiskCalls
  readonly #descriptor: number
  /** Where the kernel finds it. */
  readonly path: string
  readonly #isReadable: boolean
  #isOpen = true
  /** Where it was when opened: its names from the root down, free of links. */
  readonly names: StorageKey

  constructor(disk: DiskCalls, descriptor: number, names: StorageKey, { isReadable = false } = {}) {
    this.disk = disk
    this.#descriptor = descriptor
    this.path = descriptorPath(descriptor)
    this.#isReadable = isReadable
    this.names = names
  }

  /** '.' is the directory itself. */
  at(name: string): string {
    return `${this.path}/${name}`
  }

  /** What stands under `name`; undefined for nothing. */
  lookUp(name: string): Promise<DiskStats | undefined> {
    return this.disk.lookUp(this.#descriptor, name)
  }

  /** What stands under each of `names`, in their order; undefined for what is not there. */
  lstatAll(names: readonly string[]): Promise<(DiskStats | undefined)[]> {
    return this.disk.lstatAll(this.#descriptor, names)
  }

  /** The directory `name` in this one. @throws ENOTDIR when it is a link or a file. */
  async openChild(name: string): Promise<HeldDirectory> {
    return new HeldDirectory(this.disk, await this.disk.openDescriptor(this.at(name), asDirectory), [
      ...this.names,
      name,
    ])
  }

  /** @throws EACCES where it may not be read, EINVAL and others where the file system knows no such thing */
  async sync(): Promise<void> {
    if (this.#isReadable) return this.disk.fsync(this.#descriptor)
    const descriptor = await this.disk.openDescriptor(this.path, asReadableDirectory & ~constants.O_NOFOLLOW)
    try {
      await this.disk.fsync(descriptor)
    } finally {
      this.disk.closeDescriptor(descriptor)
    }
  }

  /** Idempotent: the number of a descriptor closed twice may by then be somebody else's. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.disk.closeDescriptor(this.#descriptor)
    this.#isOpen = false
  }
}

/** One name in a directory held open; the name may or may not exist. */
export class Place implements Disposable {
  readonly directory: HeldDirectory
  readonly name: string

  constructor(directory: HeldDirectory, name: string) {
    this.directory = directory
    this.name = name
  }

  get path(): string {
    return this.directory.at(this.name)
  }

  lookUp(): Promise<DiskStats | undefined> {
    return this.directory.lookUp(this.name)
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]()
  }
}
