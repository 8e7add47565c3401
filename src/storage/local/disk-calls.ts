import fs from 'node:fs'
import { promisify } from 'node:util'

/**
 * The asynchronous file system calls of this folder, on numeric descriptors: one trip to the thread pool each and
 * nothing around it. They reject with Node's own errors; disk-error.ts translates those at the edge.
 */
export const openDescriptor = promisify(fs.open) as (
  path: string,
  flags: number,
  mode?: number,
) => Promise<number>
export const lstat = promisify(fs.lstat) as (path: string) => Promise<fs.Stats>
export const fstat = promisify(fs.fstat) as (descriptor: number) => Promise<fs.Stats>
export const statfs = promisify(fs.statfs) as (path: string) => Promise<fs.StatsFs>
export const readlink = promisify(fs.readlink) as (path: string) => Promise<string>
export const realpath = promisify(fs.realpath.native) as (path: string) => Promise<string>
export const opendir = promisify(fs.opendir) as (path: string, options: fs.OpenDirOptions) => Promise<fs.Dir>
export const mkdir = promisify(fs.mkdir) as (
  path: string,
  options: fs.MakeDirectoryOptions,
) => Promise<string | undefined>
export const rmdir = promisify(fs.rmdir) as (path: string) => Promise<void>
export const link = promisify(fs.link)
export const symlink = promisify(fs.symlink) as (target: string, path: string) => Promise<void>
export const unlink = promisify(fs.unlink)
export const rename = promisify(fs.rename)
export const chmod = promisify(fs.chmod)
export const utimes = promisify(fs.utimes)
export const lutimes = promisify(fs.lutimes)
export const truncate = promisify(fs.truncate) as (path: string, size: number) => Promise<void>
export const fchmod = promisify(fs.fchmod)
export const futimes = promisify(fs.futimes)
export const ftruncate = promisify(fs.ftruncate) as (descriptor: number, size: number) => Promise<void>
export const fsync = promisify(fs.fsync)
export const fdatasync = promisify(fs.fdatasync)

/** Gives the descriptor back without waiting for it: nothing that matters can fail any more. */
export function closeDescriptor(descriptor: number): void {
  fs.close(descriptor, () => {})
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
