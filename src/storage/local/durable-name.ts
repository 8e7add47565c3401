import { FileServerError } from '../../core/errors.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import type { HeldDirectory } from './held-directory.ts'
import { isErrno } from './disk-error.ts'

/** What link(2) answers where the file system has no hard links, or none for this file (protected_hardlinks). */
const cannotLink = ['EPERM', 'EMLINK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'] as const

/**
 * Moves anything but a directory to a name that must be free, so that of many who try one succeeds (link(2) never
 * replaces). Where the file system has no hard links, a name taken in the very moment of the move is replaced.
 *
 * @throws EEXIST
 */
export async function moveToFreeName(disk: DiskCalls, from: string, to: string): Promise<void> {
  try {
    await disk.link(from, to)
  } catch (error) {
    if (!isErrno(error, ...cannotLink)) throw error
    await requireFreeName(disk, to)
    return disk.rename(from, to)
  }
  try {
    await disk.unlink(from)
  } catch (error) {
    // Somebody else moved it first, or it may not leave its directory: one file must not end up with two names.
    await disk.unlink(to).catch(() => {})
    throw error
  }
}

/** @throws 'already-exists' */
export async function requireFreeName(disk: DiskCalls, path: string): Promise<void> {
  if (await disk.lstatIfThere(path)) throw new FileServerError('already-exists', 'The name is already taken')
}

/** Makes the names in a directory survive a power cut, where we may open it and the file system knows how. */
export async function syncDirectory(directory: HeldDirectory): Promise<void> {
  try {
    await directory.sync()
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error
  }
}
