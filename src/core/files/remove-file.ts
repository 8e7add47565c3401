import { FileServerError, hasCode } from '../errors.ts'
import type { FileServices } from './file-services.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import { isSameFile } from './same-file.ts'
import type { Entry } from './storage.ts'
import type { Upload } from './upload.ts'

interface Removal {
  readonly expected?: Entry | undefined
  /** Of those that write to the name now, the ones that lose it; asked when nobody else changes it. */
  readonly followers: () => readonly Upload[]
}

/**
 * Removes a file, or a link itself, and gives its bytes back to the quota; answers how many there were. An open upload of the
 * same name comes to nothing, and is what is removed where the name holds no file yet (unlink(2) of a file that is open).
 * @throws 'busy' when it is not as `expected` any more
 */
export async function removeCountedFile(
  location: Location,
  services: FileServices,
  { expected, followers }: Removal,
): Promise<number> {
  const { mount, key } = location
  return services.locks.run(keyOfLocation(location), async () => {
    const uploads = expected ? [] : followers()
    const entry = await mount.storage.lstat(key).catch((error: unknown) => {
      if (uploads.length > 0 && hasCode(error, 'not-found')) return undefined
      throw error
    })
    if (entry && expected && !isUnchanged(entry, expected))
      throw new FileServerError('busy', 'The file was changed meanwhile')
    if (entry) await removeCountedAlone(location, entry, services)
    if (entry && entry.type !== 'file') {
      // What is written through a link is another file.
      for (const upload of uploads) upload.forsakeLink()
      return 0
    }
    const written = Math.max(0, ...uploads.map(({ size }) => size))
    await Promise.all(uploads.map((upload) => upload.forsakeName()))
    return entry?.size ?? written
  })
}

/** The same for `entry`, whose name is locked. */
export async function removeCountedAlone(
  location: Location,
  entry: Entry,
  { quota }: FileServices,
): Promise<void> {
  const { mount, key } = location
  if (entry.type !== 'file') return mount.storage.removeFile(key)
  const name = keyOfLocation(location)
  // Opened first: a database that is away then changes nothing.
  const ticket = await quota.open(mount.account, mount.limits)
  try {
    await mount.storage.removeFile(key)
    const counted = await quota.inPlace.countedSize(name, entry.size)
    ticket.settle({ size: -counted, files: -1 })
    quota.inPlace.forget(name)
  } finally {
    ticket.release()
  }
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
