import { FileServerError } from '../errors.ts'
import type { FileServices } from './file-services.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import { isSameFile } from './same-file.ts'
import type { Entry } from './storage.ts'

/**
 * Removes a file, or a link itself, and gives its bytes back to the quota; answers how many there were.
 * @throws 'busy' when it is not as `expected` any more
 */
export async function removeCountedFile(
  location: Location,
  { quota, locks }: FileServices,
  expected?: Entry,
): Promise<number> {
  const { mount, key } = location
  const name = keyOfLocation(location)
  return locks.run(name, async () => {
    const entry = await mount.storage.lstat(key)
    if (expected && !isUnchanged(entry, expected))
      throw new FileServerError('busy', 'The file was changed meanwhile')
    if (entry.type !== 'file') {
      await mount.storage.removeFile(key)
      return 0
    }
    // Opened first: a database that is away then changes nothing.
    const ticket = await quota.open(mount.account, mount.limits)
    try {
      await mount.storage.removeFile(key)
      const counted = await quota.inPlace.countedSize(name, entry.size)
      ticket.settle({ size: -counted, files: -1 })
      quota.inPlace.forget(name)
      return entry.size
    } finally {
      ticket.release()
    }
  })
}

/** By all that a write or another file in its place changes. */
function isUnchanged(entry: Entry, before: Entry): boolean {
  return (
    isSameFile(entry, before) &&
    entry.type === before.type &&
    entry.size === before.size &&
    entry.modifiedAt === before.modifiedAt &&
    entry.changedAt === before.changedAt
  )
}
