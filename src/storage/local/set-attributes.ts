import { constants } from 'node:fs'
import { FileServerError } from '../../core/errors.ts'
import type { Attributes, Entry } from '../../core/files/storage.ts'
import { descriptorPath } from './descriptor-path.ts'
import { pathOnly, type Place } from './held-directory.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import { toEntry, toSeconds } from './disk-entry.ts'

/**
 * Sets attributes of what is at `place`, opened without any effect first: what follows happens to that very object,
 * even when another one or a link takes its name meanwhile. Answers false, and does nothing, for a link.
 */
export async function setAttributesAt(place: Place, attributes: Attributes): Promise<boolean> {
  const { disk } = place.directory
  const descriptor = await disk.openDescriptor(place.path, pathOnly | constants.O_NOFOLLOW)
  try {
    const entry = toEntry(place.name, await disk.fstat(descriptor))
    if (entry.type === 'symlink') return false
    const path = descriptorPath(descriptor)
    if (attributes.size !== undefined) {
      requireFile(entry)
      await disk.truncate(path, attributes.size)
    }
    if (attributes.mode !== undefined) await disk.chmod(path, attributes.mode & 0o7777)
    const times = timesToSet(attributes, entry)
    if (times) await disk.utimes(path, times.accessed, times.modified)
    return true
  } finally {
    disk.closeDescriptor(descriptor)
  }
}

/** A link itself has times only: Linux ignores its mode, and its size is its target. */
export async function setLinkAttributes(place: Place, attributes: Attributes): Promise<void> {
  if (attributes.size !== undefined || attributes.mode !== undefined)
    throw new FileServerError('unsupported', 'A symbolic link has no mode and no size of its own')
  const { disk } = place.directory
  const times = timesToSet(attributes, toEntry(place.name, await disk.lstat(place.path)))
  if (times) await disk.lutimes(place.path, times.accessed, times.modified)
}

/** The same for a file that is open. */
export async function setOpenFileAttributes(
  disk: DiskCalls,
  descriptor: number,
  attributes: Attributes,
): Promise<void> {
  if (attributes.size !== undefined) await disk.ftruncate(descriptor, attributes.size)
  if (attributes.mode !== undefined) await disk.fchmod(descriptor, attributes.mode & 0o7777)
  const { modifiedAt, accessedAt } = attributes
  if (modifiedAt === undefined && accessedAt === undefined) return
  const known =
    modifiedAt === undefined || accessedAt === undefined
      ? toEntry('', await disk.fstat(descriptor))
      : undefined
  const times = timesToSet(attributes, known)
  if (times) await disk.futimes(descriptor, times.accessed, times.modified)
}

/** @throws 'is-a-directory'; 'unsupported' for pipes, sockets and devices. */
export function requireFile(entry: Entry): void {
  if (entry.type === 'directory') throw new FileServerError('is-a-directory', 'Is a directory')
  if (entry.type !== 'file') throw new FileServerError('unsupported', 'Neither a file nor a directory')
}

function timesToSet(
  attributes: Attributes,
  known?: Entry,
): { accessed: number | string; modified: number | string } | undefined {
  if (attributes.modifiedAt === undefined && attributes.accessedAt === undefined) return undefined
  return {
    accessed: toSeconds(attributes.accessedAt ?? known?.accessedAt ?? 0),
    modified: toSeconds(attributes.modifiedAt ?? known?.modifiedAt ?? 0),
  }
}
