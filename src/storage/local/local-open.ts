import { constants } from 'node:fs'
import type { StorageKey, WriteMode } from '../../core/files/storage.ts'
import type { Place } from './held-directory.ts'
import { type DiskStats, toEntry } from './disk-entry.ts'
import { isErrno } from './disk-error.ts'
import { LocalWritableFile } from './local-file.ts'
import { requireFile } from './set-attributes.ts'
import { claimStagedName, releaseStagedName } from './staged-name.ts'

const fileMode = 0o644
/** Never through a link; a pipe answers instead of waiting for its other end. */
const safely = constants.O_NOFOLLOW | constants.O_NONBLOCK
const newFile = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * Opens a regular file; undefined for a symbolic link.
 *
 * @throws 'is-a-directory'; 'unsupported' for pipes, sockets and devices.
 */
export async function openFile(
  place: Place,
  access: number,
): Promise<{ readonly descriptor: number; readonly stats: DiskStats } | undefined> {
  const { disk } = place.directory
  let descriptor: number
  try {
    descriptor = await disk.openDescriptor(place.path, access | safely)
  } catch (error) {
    if (isErrno(error, 'ELOOP')) return undefined
    throw error
  }
  try {
    const stats = await disk.fstat(descriptor)
    requireFile(toEntry('', stats))
    return { descriptor, stats }
  } catch (error) {
    disk.closeFile(descriptor)
    throw error
  }
}

/** Opens a new file next to `place`; it takes the mode of the file it will replace, and `place` is its own from now on. */
export async function openStaged(
  place: Place,
  target: {
    mode: WriteMode
    name: string
    replaced?: DiskStats
    openPlace: (key: StorageKey) => Promise<Place>
  },
): Promise<LocalWritableFile> {
  const { mode, name, replaced, openPlace } = target
  if (replaced) requireFile(toEntry('', replaced))
  const { directory, name: finalName } = place
  const { disk } = directory
  const stagedName = claimStagedName()
  let descriptor: number | undefined
  try {
    descriptor = await disk.openDescriptor(directory.at(stagedName), newFile, fileMode)
    await disk.fchmod(descriptor, replaced ? replaced.mode & 0o777 : fileMode)
    const staging = { directory, stagedName, finalName, openPlace }
    return new LocalWritableFile(disk, descriptor, { mode, name, initialSize: replaced?.size ?? 0, staging })
  } catch (error) {
    if (descriptor !== undefined) {
      disk.closeFile(descriptor)
      await disk.unlink(directory.at(stagedName)).catch(() => {})
    }
    releaseStagedName(stagedName)
    throw error
  }
}
