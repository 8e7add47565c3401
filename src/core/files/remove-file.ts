import type { FileServices } from './file-services.ts'
import { keyOfLocation, type Location } from './mounts.ts'

/** Removes a file, or a link itself, and gives its bytes back to the quota; answers how many there were. */
export async function removeCountedFile(location: Location, { quota, locks }: FileServices): Promise<number> {
  const { mount, key } = location
  const name = keyOfLocation(location)
  return locks.run(name, async () => {
    const entry = await mount.storage.lstat(key)
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
