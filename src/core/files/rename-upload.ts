import { FileServerError } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import type { FileServices } from './file-services.ts'
import type { Location } from './mounts.ts'
import { removeCountedAlone } from './remove-file.ts'
import type { Entry } from './storage.ts'
import type { Upload } from './upload.ts'
import { stagedAt } from './upload-target.ts'
import { parentOf, type VirtualPath } from './virtual-path.ts'

export interface UploadMove {
  readonly uploads: readonly Upload[]
  readonly from: Location
  readonly to: Location & { readonly path: VirtualPath }
  /** What the old name holds, and what the new one does. */
  readonly found: Entry | undefined
  readonly replaced: Entry | undefined
  /** Whoever renames wants what comes under the new name meanwhile replaced, too. */
  readonly replace: boolean
}

/**
 * Gives uploads of one session that are open the new name which that session gives theirs, as rename(2) does to a file that is
 * open: they take it when they are complete, and until then it holds what it held. What the old name held was to be replaced,
 * and goes. Both names are locked. Needs 'upload' or 'overwrite' at the new one.
 * @throws 'busy' for what cannot be carried over
 */
export async function renameUploads(
  { uploads, from, to, found, replaced, replace }: UploadMove,
  access: AccessRules,
  services: FileServices,
): Promise<void> {
  const directory = parentOf(to.path)
  access.require(directory, replaced ? 'overwrite' : 'upload')
  const isOther = found && (found.type !== 'file' || uploads.some(({ isNew }) => isNew))
  if (isOther || from.mount !== to.mount)
    throw new FileServerError('busy', 'The file is still being written: close it first')
  for (const upload of uploads)
    await upload.rename({
      path: to.path,
      key: to.key,
      isNew: !replaced,
      replacesNothing: !replaced && !(replace && access.may(directory, 'overwrite')),
      mayRead: access.may(directory, 'download'),
      replacedSize: replaced?.size ?? 0,
      stageAs: (file, username) =>
        stagedAt(to, { file, original: replaced }, services, {
          username,
          mayBeResumed: true,
          checkReplaced: undefined,
        }),
    })
  // Not before: where the new name cannot be taken, nothing has changed.
  if (found) await removeCountedAlone(from, found, services)
}
