import type { FileServices } from './file-services.ts'
import type { InPlaceBook, InPlaceHandle } from './in-place-files.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import type { Entry, WritableFile, WriteMode } from './storage.ts'
import type { UploadOptions } from './upload.ts'

type UploadTarget = Pick<UploadOptions, 'file' | 'inPlace' | 'commitAlone'>
type CheckReplaced = (replaced: Entry | undefined) => void

/**
 * Opens what an upload writes to, as `choose` decides when it is told what is there. A staged file takes its name when
 * it is committed; one that is modified is there already, and is opened among all who change it.
 */
export async function openTarget(
  location: Location,
  choose: (existing: Entry | undefined) => Promise<WriteMode>,
  services: FileServices,
  checkReplaced?: CheckReplaced,
): Promise<UploadTarget> {
  let inPlace: 'modify' | 'append' = 'modify'
  const file = await location.mount.storage.openWrite(location.key, async (existing) => {
    const mode = await choose(existing)
    if (mode !== 'modify' && mode !== 'append') return mode
    inPlace = mode
    return undefined
  })
  if (!file) return openInPlace(location, inPlace, services)
  return stagedTarget(location, file, services, checkReplaced)
}

function stagedTarget(
  location: Location,
  file: WritableFile,
  { locks, quota: { inPlace } }: FileServices,
  checkReplaced: CheckReplaced | undefined,
): UploadTarget {
  const name = keyOfLocation(location)
  return {
    file,
    inPlace: undefined,
    commitAlone: (commit) =>
      locks.run(name, async () => {
        const replaced = await file.replaced()
        checkReplaced?.(replaced)
        await commit(replaced && (await inPlace.countedSize(name, replaced.size)))
        inPlace.forget(name)
      }),
  }
}

function openInPlace(
  location: Location,
  mode: 'modify' | 'append',
  { locks, quota: { inPlace } }: FileServices,
): Promise<UploadTarget> {
  const name = keyOfLocation(location)
  return locks.run(name, async () => {
    const file = await location.mount.storage.openWrite(location.key, mode)
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
    return await inPlace.open(name, file.initialSize, (await file.stat()).identity)
  } catch (error) {
    await file.discard()
    throw error
  }
}
