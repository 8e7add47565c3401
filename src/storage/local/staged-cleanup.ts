import type { ErrorCode } from '../../core/errors.ts'
import type { StorageKey } from '../../core/files/storage.ts'
import { type ConfinedRoot, isSameKey } from './confined-path.ts'
import type { HeldDirectory } from './held-directory.ts'
import * as disk from './disk-calls.ts'
import { diskError, isErrno } from './disk-error.ts'
import { readNames } from './local-listing.ts'
import { isAbandonedStagedName } from './staged-name.ts'

/** So many directories are kept open on the way down; deeper ones are read to their end before going on. */
const maxOpenDepth = 64
const unreachable: readonly ErrorCode[] = [
  'not-found',
  'not-a-directory',
  'permission-denied',
  'invalid-path',
]

/** Removes the abandoned staged files of `directory` when it holds nothing else. Answers whether it is empty now. */
export async function emptyOfStagedFiles(directory: HeldDirectory): Promise<boolean> {
  for await (const batch of readNames(directory))
    if (batch.some((entry) => !isAbandonedStagedName(entry.name))) return false
  await removeStagedIn(directory, () => Promise.resolve())
  return true
}

/** Removes the abandoned staged files everywhere below the root, never through a link; answers how many. */
export async function removeAllStaged(root: ConfinedRoot, key: StorageKey = []): Promise<number> {
  let removed = 0
  const descend = async (name: string) => {
    const below = await removeAllStaged(root, [...key, name]).catch(ignoreUnreachable)
    removed += below
  }
  const later: string[] = []
  {
    using directory = await root.openDirectory(key)
    // Anything else was reached through a link that took the place of a directory.
    if (!isSameKey(directory.names, key)) return 0
    const here = await removeStagedIn(directory, async (name) => {
      if (key.length < maxOpenDepth) await descend(name)
      else later.push(name)
    })
    removed += here
  }
  for (const name of later) await descend(name)
  return removed
}

async function removeStagedIn(
  directory: HeldDirectory,
  onDirectory: (name: string) => Promise<void>,
): Promise<number> {
  let removed = 0
  for await (const batch of readNames(directory))
    for (const entry of batch) {
      if (entry.isDirectory()) await onDirectory(entry.name)
      else if (isAbandonedStagedName(entry.name) && (await removeIfThere(directory.at(entry.name)))) removed++
    }
  return removed
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    await disk.unlink(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EISDIR')) return false
    throw error
  }
}

function ignoreUnreachable(error: unknown): number {
  if (unreachable.includes(diskError(error).code)) return 0
  throw error
}
