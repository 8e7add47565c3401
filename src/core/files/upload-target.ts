import type { FileServices } from './file-services.ts'
import type { InPlaceBook, InPlaceHandle } from './in-place-files.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import { isSameFile } from './same-file.ts'
import type { Entry, WritableFile, WriteMode } from './storage.ts'
import { notResumable } from './unfinished-replacements.ts'
import type { StagedTarget, UploadOptions } from './upload-options.ts'

type UploadTarget = Pick<UploadOptions, 'file' | 'inPlace' | 'commitAlone' | 'markUnfinished'>

export interface TargetRequest {
  readonly username: string
  /** The client says that it goes on with an earlier upload. */
  readonly isResume: boolean
  /** When it breaks off, clients may try to go on with it. */
  readonly mayBeResumed: boolean
  readonly checkReplaced: ((replaced: Entry | undefined) => void) | undefined
}

/**
 * Opens what an upload writes to, as `choose` decides when it is told what is there. A staged file takes its name when
 * it is committed; one that is modified is there already, and is opened among all who change it.
 * @throws 'not-resumable' for what the user began to replace, and what `choose` and Storage throw
 */
export async function openTarget(
  location: Location,
  choose: (existing: Entry | undefined) => Promise<WriteMode>,
  services: FileServices,
  request: TargetRequest,
): Promise<UploadTarget> {
  let inPlace: 'modify' | 'append' = 'modify'
  let original: Entry | undefined
  const file = await location.mount.storage.openWrite(location.key, async (existing) => {
    const mode = await choose(existing)
    original = existing
    if (mode !== 'modify' && mode !== 'append') return mode
    inPlace = mode
    return undefined
  })
  if (!file) return openInPlace(location, inPlace, services, request)
  return { file, inPlace: undefined, ...stagedAt(location, { file, original }, services, request) }
}

/** For a staged file that takes its name at `location`, where `original` is now. */
export function stagedAt(
  location: Location,
  { file, original }: { file: Pick<WritableFile, 'replaced'>; original: Entry | undefined },
  { locks, quota: { inPlace } }: FileServices,
  { username, mayBeResumed, checkReplaced }: Omit<TargetRequest, 'isResume'>,
): StagedTarget {
  const name = keyOfLocation(location)
  // Of an empty file nothing could come before what a client goes on with.
  const outdated = mayBeResumed && original && original.size > 0 ? original : undefined
  let isClosing = false
  /** A line may be found dead when the file was sent whole over another one long since. */
  const markIfThere = (now: Entry | undefined): void => {
    if (outdated && now && isSameFile(outdated, now)) inPlace.markUnfinished(name, username)
  }
  return {
    commitAlone: (commit) =>
      locks.run(name, async () => {
        const replaced = await file.replaced()
        checkReplaced?.(replaced)
        isClosing = true
        try {
          await commit(replaced && (await inPlace.countedSize(name, replaced.size)))
        } catch (error) {
          markIfThere(replaced)
          throw error
        }
        inPlace.forget(name)
      }),
    markUnfinished:
      outdated &&
      (() =>
        locks.run(name, async () => {
          if (!isClosing) markIfThere(await file.replaced())
        })),
  }
}

function openInPlace(
  location: Location,
  mode: 'modify' | 'append',
  { locks, quota: { inPlace } }: FileServices,
  { username, isResume }: TargetRequest,
): Promise<UploadTarget> {
  const name = keyOfLocation(location)
  return locks.run(name, async () => {
    const isOutdated = await inPlace.isUnfinished(name, username)
    if (isOutdated && (isResume || mode === 'append')) throw notResumable()
    const file = await location.mount.storage.openWrite(location.key, mode)
    const shared = await openShared(inPlace, name, file)
    return {
      file,
      inPlace: { file: shared, release: () => inPlace.release(shared), isOutdated },
      commitAlone: (commit) => locks.run(name, () => commit(undefined)),
      markUnfinished: undefined,
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
