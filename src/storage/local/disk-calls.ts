import fs from 'node:fs'
import { promisify } from 'node:util'
import { descriptorPath, pathIn } from './descriptor-path.ts'
import type { DiskStats } from './disk-entry.ts'
import { isErrno } from './disk-error.ts'

/** At most so many calls of one listing wait in the thread pool: other sessions stand in the same queue. */
export const maxPendingCalls = 32

/**
 * The file system calls of this folder, on numeric descriptors: one trip to the thread pool each and nothing around
 * it. They reject with Node's own errors; disk-error.ts translates those at the edge. AdaptiveDisk makes the same
 * calls without the trip where it can.
 */
export const openDescriptor = promisify(fs.open) as (
  path: string,
  flags: number,
  mode?: number,
) => Promise<number>
/**
 * Opens what is at exactly this path, with no symbolic link on the way: undefined when it is not there, or elsewhere.
 * `path` has none of '.', '..' and '//' in it.
 */
export async function openExactly(path: string, flags: number): Promise<number | undefined> {
  const descriptor = await openDescriptor(path, flags)
  try {
    if ((await readlink(descriptorPath(descriptor))) === path) return descriptor
  } catch {
    // Then nobody knows where it is.
  }
  closeDescriptor(descriptor)
  return undefined
}

export const lstat = promisify(fs.lstat) as (path: string) => Promise<fs.Stats>
export async function lstatIfThere(path: string): Promise<fs.Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** What stands in an open directory under `name`; undefined for nothing. */
export function lookUp(directory: number, name: string): Promise<DiskStats | undefined> {
  return lstatIfThere(pathIn(directory, name))
}

/** What stands in an open directory under each of `names`, in their order; undefined for what is not there. */
export async function lstatAll(
  directory: number,
  names: readonly string[],
): Promise<(DiskStats | undefined)[]> {
  const found: (DiskStats | undefined)[] = []
  for (let next = 0; next < names.length; next += maxPendingCalls) {
    // All are waited for, also when one fails: the caller may close the directory they look into.
    const some = await Promise.allSettled(
      names.slice(next, next + maxPendingCalls).map((name) => lookUp(directory, name)),
    )
    for (const result of some) {
      if (result.status === 'rejected') throw result.reason
      found.push(result.value)
    }
  }
  return found
}

export const fstat = promisify(fs.fstat) as (descriptor: number) => Promise<fs.Stats>
export const statfs = promisify(fs.statfs) as (path: string) => Promise<fs.StatsFs>
export const readlink = promisify(fs.readlink) as (path: string) => Promise<string>
export const realpath = promisify(fs.realpath.native) as (path: string) => Promise<string>
export const opendir = promisify(fs.opendir) as (path: string, options: fs.OpenDirOptions) => Promise<fs.Dir>

/** The next entries of a directory, at most `count`; fewer at its end. */
export async function readDirectory(directory: fs.Dir, count: number): Promise<fs.Dirent[]> {
  const entries: fs.Dirent[] = []
  while (entries.length < count) {
    const entry = await directory.read()
    if (entry === null) break
    entries.push(entry)
  }
  return entries
}

export function closeDirectory(directory: fs.Dir): Promise<void> {
  return directory.close()
}

export const mkdir = promisify(fs.mkdir) as (
  path: string,
  options: fs.MakeDirectoryOptions,
) => Promise<string | undefined>
export const rmdir = promisify(fs.rmdir) as (path: string) => Promise<void>
export const link = promisify(fs.link) as (path: string, name: string) => Promise<void>
export const symlink = promisify(fs.symlink) as (target: string, path: string) => Promise<void>
export const unlink = promisify(fs.unlink) as (path: string) => Promise<void>
const renameInPool = promisify(fs.rename)
/** `freed`: bytes of the file that stands at `to`, where they are known. */
export function rename(from: string, to: string, _freed?: number): Promise<void> {
  return renameInPool(from, to)
}
export const chmod = promisify(fs.chmod) as (path: string, mode: number) => Promise<void>
/** Times in seconds; toSeconds() makes them. */
export const utimes = promisify(fs.utimes) as (
  path: string,
  accessed: number | string,
  modified: number | string,
) => Promise<void>
export const lutimes = promisify(fs.lutimes) as typeof utimes
export const truncate = promisify(fs.truncate) as (path: string, size: number) => Promise<void>
export const fchmod = promisify(fs.fchmod) as (descriptor: number, mode: number) => Promise<void>
export const futimes = promisify(fs.futimes) as (
  descriptor: number,
  accessed: number | string,
  modified: number | string,
) => Promise<void>
export const ftruncate = promisify(fs.ftruncate) as (descriptor: number, size: number) => Promise<void>
export const fsync = promisify(fs.fsync) as (descriptor: number) => Promise<void>
export const fdatasync = promisify(fs.fdatasync) as (descriptor: number) => Promise<void>

/** Gives the descriptor back without waiting for it: nothing that matters can fail any more. */
export function closeDescriptor(descriptor: number): void {
  fs.close(descriptor, () => {})
}

/** The same for a file, whose last descriptor gives back its `bytes`, where they are known, if it was removed. */
export function closeFile(descriptor: number, _bytes?: number): void {
  closeDescriptor(descriptor)
}

/** preadv(2): may answer fewer bytes than asked for. */
export function readOnce(
  descriptor: number,
  position: number,
  targets: readonly Uint8Array[],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, count: number) => {
      if (error) reject(error)
      else resolve(count)
    }
    const [first] = targets
    if (first && targets.length === 1) fs.read(descriptor, first, 0, first.length, position, done)
    else fs.readv(descriptor, targets, position, done)
  })
}

/**
 * Sends from a file to what `socket` tells, which is asked at the last moment: the descriptor of a socket that is
 * written to by nobody else meanwhile, undefined when it is gone. Answers how many bytes it took: 0 at the end of
 * the file, and where or while it takes none this way. Here it takes none.
 */
export function sendOnce(
  _descriptor: number,
  _position: number,
  _length: number,
  _socket: () => number | undefined,
): Promise<number> {
  return Promise.resolve(0)
}

/** pwritev(2): may write fewer bytes than given. */
export function writeOnce(
  descriptor: number,
  position: number,
  chunks: readonly Uint8Array[],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, count: number) => {
      if (error) reject(error)
      else resolve(count)
    }
    const [first] = chunks
    if (first && chunks.length === 1) fs.write(descriptor, first, 0, first.length, position, done)
    else fs.writev(descriptor, chunks, position, done)
  })
}
