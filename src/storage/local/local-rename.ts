import type { Stats } from 'node:fs'
import { FileServerError } from '../../core/errors.ts'
import type { Place } from './held-directory.ts'
import { isErrno } from './disk-error.ts'
import { moveToFreeName, requireFreeName, syncDirectory } from './durable-name.ts'

/** Renames what is at `from`, a final link itself, and makes the new name durable. */
export async function renamePlace(from: Place, to: Place, replace: boolean): Promise<void> {
  const { disk } = from.directory
  const source = await disk.lstat(from.path)
  if (await isSamePlace(from, to)) return
  try {
    if (replace) await renameOver(from, to, source)
    else if (source.isDirectory()) await renameDirectory(from, to)
    else await moveToFreeName(disk, from.path, to.path)
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
    throw new FileServerError('invalid-argument', 'A directory cannot be moved into itself', { cause: error })
  }
  await syncDirectory(from.directory)
  if (from.directory !== to.directory) await syncDirectory(to.directory)
}

/** rename(2) replaces unasked at most an empty directory that somebody made after the check: nothing is lost. */
async function renameDirectory(from: Place, to: Place): Promise<void> {
  const { disk } = from.directory
  await requireFreeName(disk, to.path)
  await disk.rename(from.path, to.path)
}

async function renameOver(from: Place, to: Place, source: Stats): Promise<void> {
  const { disk } = from.directory
  await disk.rename(from.path, to.path)
  if (source.isDirectory() || source.nlink === 1) return
  // Of two names of one file, rename(2) leaves both.
  const rest = await disk.lstatIfThere(from.path)
  if (rest && rest.ino === source.ino && rest.dev === source.dev) await disk.unlink(from.path)
}

async function isSamePlace(from: Place, to: Place): Promise<boolean> {
  if (from.name !== to.name) return false
  if (from.directory === to.directory) return true
  const [one, other] = [
    await from.directory.disk.lstat(from.directory.at('.')),
    await to.directory.disk.lstat(to.directory.at('.')),
  ]
  return one.ino === other.ino && one.dev === other.dev
}
