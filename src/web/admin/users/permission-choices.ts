import type { MessageKey } from '../../messages/message-key.ts'
import type { Permission } from './permission-presets.ts'

export interface PermissionChoice {
  readonly permission: Permission
  readonly label: MessageKey
}

export interface PermissionGroup {
  readonly title: MessageKey
  readonly choices: readonly PermissionChoice[]
}

/** Everything that can be granted one by one, in the order of how often it is. `*` is a choice of its own. */
export const permissionGroups: readonly PermissionGroup[] = [
  {
    title: 'users.permissions.groupRead',
    choices: [
      { permission: 'list', label: 'users.permission.list' },
      { permission: 'download', label: 'users.permission.download' },
    ],
  },
  {
    title: 'users.permissions.groupWrite',
    choices: [
      { permission: 'upload', label: 'users.permission.upload' },
      { permission: 'overwrite', label: 'users.permission.overwrite' },
      { permission: 'create_dirs', label: 'users.permission.createDirs' },
      { permission: 'copy', label: 'users.permission.copy' },
    ],
  },
  {
    title: 'users.permissions.groupRename',
    choices: [
      { permission: 'rename_files', label: 'users.permission.renameFiles' },
      { permission: 'rename_dirs', label: 'users.permission.renameDirs' },
    ],
  },
  {
    title: 'users.permissions.groupDelete',
    choices: [
      { permission: 'delete_files', label: 'users.permission.deleteFiles' },
      { permission: 'delete_dirs', label: 'users.permission.deleteDirs' },
    ],
  },
  {
    title: 'users.permissions.groupAttributes',
    choices: [
      { permission: 'chtimes', label: 'users.permission.chtimes' },
      { permission: 'chmod', label: 'users.permission.chmod' },
      { permission: 'chown', label: 'users.permission.chown' },
      { permission: 'create_symlinks', label: 'users.permission.createSymlinks' },
    ],
  },
]

const pairs = {
  rename: ['rename_files', 'rename_dirs'],
  delete: ['delete_files', 'delete_dirs'],
} as const satisfies Partial<Record<Permission, readonly Permission[]>>

/** The short names `rename` and `delete` as the two that they stand for. */
export function spelledOut(granted: readonly Permission[]): readonly Permission[] {
  const all = granted.flatMap((permission): readonly Permission[] =>
    permission === 'rename' || permission === 'delete' ? pairs[permission] : [permission],
  )
  return [...new Set(all)]
}
