import { constants } from 'node:fs'
import { resolve } from 'node:path'
import { FileServerError } from '../../core/errors.ts'
import type { StorageKey } from '../../core/files/storage.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import * as pooled from './disk-calls.ts'
import { isErrno } from './disk-error.ts'
import { asDirectory, asReadableDirectory, HeldDirectory, pathOnly, Place } from './held-directory.ts'
import { isStagedName } from './staged-name.ts'

export interface HowToHold {
  /** Where it is permitted, opened so that fsync(2) takes it: HeldDirectory.sync() then needs no second descriptor. */
  readonly toSync?: boolean
}

/** As many as Linux follows (path_resolution(7)). */
const maxLinks = 40
/** A link with many '..' starts the walk anew; a legal path has at most 2,048 names. */
const maxSteps = 8192

/**
 * Turns keys into places below one root, and never into one outside, whoever swaps directories and links meanwhile.
 *
 * The quick way opens the whole path at once and has the kernel vouch that no link was on it: it refuses each
 * itself, or it tells where the directory really is, and only the exact path asked for counts. The slow way starts at the root and takes one name at a
 * time from the directory it holds, refuses every link the kernel would follow, and follows links by hand.
 */
export class ConfinedRoot {
  readonly #configured: string
  readonly #disk: DiskCalls
  #linkFree = false

  /** `rootDirectory` is trusted: links in it are followed. */
  constructor(rootDirectory: string, disk: DiskCalls = pooled) {
    this.#configured = resolve(rootDirectory)
    this.#disk = disk
  }

  /** Follows links, also a final one, as long as they stay inside. */
  async openDirectory(key: StorageKey, how: HowToHold = {}): Promise<HeldDirectory> {
    checkKey(key)
    return (await this.#openExactly(key, how)) ?? (await this.#walk(key, 'directory')).directory
  }

  /** The place of `key` itself, which may be a link. The root's place is '.' in itself. */
  async openPlace(key: StorageKey, how: HowToHold = {}): Promise<Place> {
    checkKey(key)
    const directory = await this.openDirectory(key.slice(0, -1), how)
    return new Place(directory, key.at(-1) ?? '.')
  }

  /** The place that `key` leads to through a final link, or through many; itself when it is none. */
  async followPlace(key: StorageKey): Promise<Place> {
    checkKey(key)
    return this.#walk(key, 'entry')
  }

  /** The names from the root to what a link in `directory` with this `target` points to, by name alone. */
  async targetOf(directory: HeldDirectory, target: string): Promise<StorageKey> {
    const { start, names } = this.#expand(target, directory.names, await this.#realRoot())
    const resolved = [...start]
    for (const name of names) {
      if (name === '..' && resolved.pop() === undefined) throw leavesRoot()
      if (name !== '..') resolved.push(name)
    }
    return resolved
  }

  async #openExactly(key: StorageKey, { toSync = false }: HowToHold): Promise<HeldDirectory | undefined> {
    const root = this.#linkFree ? this.#configured : await this.#realRoot()
    const path = key.length === 0 ? root : `${root === '/' ? '' : root}/${key.join('/')}`
    const flags = toSync ? asReadableDirectory : asDirectory
    try {
      const descriptor = await (key.length === 0
        ? this.#disk.openDescriptor(path, flags)
        : this.#disk.openExactly(path, flags))
      if (descriptor !== undefined)
        return new HeldDirectory(this.#disk, descriptor, key, { isReadable: toSync })
    } catch {
      // Whatever went wrong, the walk finds out without following anything.
    }
    return undefined
  }

  async #walk(key: StorageKey, wanted: 'directory' | 'entry'): Promise<Place> {
    this.#linkFree = false
    const root = await this.#realRoot()
    let pending = [...key]
    let links = 0
    let current = await this.#openRoot(root)
    try {
      for (let steps = 0; ; steps++) {
        const name = pending.shift()
        if (name === undefined) return new Place(current, '.')
        if (isStagedName(name)) throw new FileServerError('not-found', 'No such file or directory')
        if (steps > maxSteps) throw tooManyLinks()
        let start: StorageKey
        if (name === '..') {
          if (current.names.length === 0) throw leavesRoot()
          start = current.names.slice(0, -1)
        } else {
          const next = await step(current, name, wanted === 'entry' && pending.length === 0)
          if (next instanceof Place) return next
          if (next instanceof HeldDirectory) {
            current[Symbol.dispose]()
            current = next
            continue
          }
          if (++links > maxLinks) throw tooManyLinks()
          const expanded = this.#expand(next.target, current.names, root)
          start = expanded.start
          pending.unshift(...expanded.names)
        }
        if (start !== current.names) {
          // Never by the kernel's '..': the directory held may have been moved, and its parent be anywhere.
          pending = [...start, ...pending]
          const again = await this.#openRoot(root)
          current[Symbol.dispose]()
          current = again
        }
      }
    } catch (error) {
      current[Symbol.dispose]()
      throw error
    }
  }

  /** Where the target of a link found in `directory` starts, and the names to follow from there. */
  #expand(target: string, directory: StorageKey, root: string): { start: StorageKey; names: string[] } {
    let names = namesIn(target)
    let start = directory
    if (target.startsWith('/')) {
      const prefix = [root, this.#configured].map(namesIn).find((candidate) => startsWith(names, candidate))
      if (prefix === undefined) throw leavesRoot()
      names = names.slice(prefix.length)
      start = []
    }
    while (names[0] === '..') {
      if (start.length === 0) throw leavesRoot()
      start = start.slice(0, -1)
      names.shift()
    }
    return { start, names }
  }

  async #openRoot(path: string): Promise<HeldDirectory> {
    const descriptor = await this.#disk.openDescriptor(path, pathOnly | constants.O_DIRECTORY)
    return new HeldDirectory(this.#disk, descriptor, [])
  }

  /**
   * Asked for each time while the way to the root has a link in it, which may be turned at any moment. Once it has
   * none the path is remembered: should one appear, the quick way finds itself elsewhere and the walk asks again.
   */
  async #realRoot(): Promise<string> {
    if (this.#linkFree) return this.#configured
    const path = await this.#disk.realpath(this.#configured)
    this.#linkFree = path === this.#configured
    return path
  }
}

/** One name further: the directory it is, the link it is, or, when it is `last`, the place it is. */
async function step(
  from: HeldDirectory,
  name: string,
  last: boolean,
): Promise<HeldDirectory | Place | { readonly target: string }> {
  if (last) {
    const target = await readLinkIfAny(from, name)
    return target === undefined ? new Place(from, name) : { target }
  }
  try {
    return await from.openChild(name)
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'ELOOP')) throw error
    const target = await readLinkIfAny(from, name)
    if (target === undefined) throw error
    return { target }
  }
}

async function readLinkIfAny(directory: HeldDirectory, name: string): Promise<string | undefined> {
  try {
    return await directory.disk.readlink(directory.at(name))
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return undefined
    throw error
  }
}

/** @throws 'invalid-path' for what cannot be a name; 'not-found' for the names of staged uploads. */
export function checkKey(key: StorageKey): StorageKey {
  for (const name of key) {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
      throw new FileServerError('invalid-path', 'Not a valid file name')
    if (isStagedName(name)) throw new FileServerError('not-found', 'No such file or directory')
  }
  return key
}

export function isSameKey(one: StorageKey, other: StorageKey): boolean {
  return one.length === other.length && startsWith(one, other)
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function startsWith(names: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((name, index) => names[index] === name)
}

function leavesRoot(): FileServerError {
  return new FileServerError('permission-denied', 'The link leads out of the storage')
}

function tooManyLinks(): FileServerError {
  return new FileServerError('invalid-path', 'Too many symbolic links')
}
