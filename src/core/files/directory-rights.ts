import type { AccessRules } from './access-rules.ts'
import type { VirtualPath } from './virtual-path.ts'

/** What a user may do with the entries of one directory. */
export interface DirectoryRights {
  readonly list: boolean
  readonly download: boolean
  readonly upload: boolean
  readonly overwrite: boolean
  readonly createDirs: boolean
  readonly renameFiles: boolean
  readonly renameDirs: boolean
  readonly deleteFiles: boolean
  readonly deleteDirs: boolean
  /** Both sides of a copy need it. */
  readonly copy: boolean
}

/** Asks the same questions as the operations themselves, so that what is offered is what is done. */
export function rightsIn(access: AccessRules, directory: VirtualPath): DirectoryRights {
  return {
    list: access.may(directory, 'list'),
    download: access.may(directory, 'download'),
    upload: access.may(directory, 'upload'),
    overwrite: access.may(directory, 'overwrite'),
    createDirs: access.may(directory, 'create_dirs'),
    renameFiles: access.may(directory, 'rename', 'rename_files'),
    renameDirs: access.may(directory, 'rename', 'rename_dirs'),
    deleteFiles: access.may(directory, 'delete', 'delete_files'),
    deleteDirs: access.may(directory, 'delete', 'delete_dirs'),
    copy: access.may(directory, 'copy'),
  }
}
