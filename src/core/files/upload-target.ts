import { FileServerError, hasCode } from '../errors.ts'
import type { FileServices } from './file-services.ts'
import type { InPlaceBook, InPlaceHandle } from './in-place-files.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import type { Entry, WritableFile, WriteMode } from './storage.ts'
import type { UploadOptions } from './upload.ts'

type UploadTarget = Pick<UploadOptions, 'file' | 'inPlace' | 'commitAlone'>
type CheckReplaced = (replaced: Entry | undefined) => void

/** Opens what an upload writes to. A staged file takes its name when it is committed; another one is there already. */
export function openTarget(
  location: Location,
  mode: WriteMode,
  services: FileServices,
  checkReplaced?: CheckReplaced,
): Promise<UploadTarget> {
  if (mode === 'modify') return openInPlace(location, services)
  return openStaged(location, mode, services, checkReplaced)
}

async function openStaged(
  location: Location,
  mode: WriteMode,
  { locks, quota: { inPlace } }: FileServices,
  checkReplaced: CheckReplaced | undefined,
): Promise<UploadTarget> {
  const name = keyOfLocation(location)
  return {
    file: await location.mount.storage.openWrite(location.key, mode),
    inPlace: undefined,
    commitAlone: (commit) =>
      locks.run(name, async () => {
        const replaced = await existingFile(location)
        checkReplaced?.(replaced)
        await commit(replaced && (await inPlace.countedSize(name, replaced.size)))
        inPlace.forget(name)
      }),
  }
}

function openInPlace(location: Location, { locks, quota: { inPlace } }: FileServices): Promise<UploadTarget> {
  const name = keyOfLocation(location)
  return locks.run(name, async () => {
    const file = await location.mount.storage.openWrite(location.key, 'modify')
    const shared = await openShared(inPlace, name, file)
    return {
      file,
      inPlace: { file: shared, release: () => inPlace.release(shared) },
      commitAlone: (commit) => locks.run(name, () => commit(undefined)),
    }
  })
}

async function openShared(inPlace: InPlaceBook, name: string, file: WritableFile): Promise<InPlaceHandle> {
  try {
    return await inPlace.open(name, file.initialSize)
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** The file that a name holds, through a link, or undefined. @throws 'is-a-directory' 'unsupported' */
export async function existingFile({ mount, key }: Location): Promise<Entry | undefined> {
  try {
    const entry = await mount.storage.stat(key)
    if (entry.type === 'directory') throw new FileServerError('is-a-directory', 'Is a directory')
    if (entry.type !== 'file') throw new FileServerError('unsupported', 'Not a regular file')
    return entry
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined
    throw error
  }
}
