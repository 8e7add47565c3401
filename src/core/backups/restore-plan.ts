import { checkDirectory, checkName, checkUser } from '../accounts/account-rules.ts'
import { requireHeld } from '../accounts/admin-service.ts'
import { adminMay, type AdminPermission, type AdminSettings } from '../accounts/admin.ts'
import type { FolderSettings } from '../accounts/folder.ts'
import type { UserSettings } from '../accounts/user.ts'
import { setupName } from '../auth/admin-sign-in.ts'
import { FileServerError, type RefusalReason } from '../errors.ts'
import type { SettingName } from '../settings/setting-rules.ts'
import { canonical } from '../canonical-text.ts'
import type { BackupAdmin, BackupContent, BackupUser } from './backup-document.ts'

/** What happens to the accounts of one kind. */
export interface Steps<T> {
  readonly add: readonly T[]
  readonly replace: readonly Replacement<T>[]
  readonly remove: readonly T[]
  readonly unchanged: number
}

export interface Replacement<T> {
  readonly before: T
  readonly after: T
  /** Names of the API. */
  readonly fields: readonly string[]
}

export interface RestoreSteps {
  readonly users: Steps<BackupUser>
  readonly folders: Steps<FolderSettings>
  readonly admins: Steps<BackupAdmin>
  readonly settings: {
    readonly add: ReadonlyMap<SettingName, unknown>
    readonly replace: ReadonlyMap<SettingName, unknown>
    readonly unchanged: number
  }
}

export interface RestoreOptions {
  /** Who restores: stays as it is. */
  readonly admin: string
  /** Directories of the server below which accounts may live. */
  readonly roots: readonly string[]
  readonly removeOthers: boolean
}

/**
 * What to do so that the accounts become those of the backup. What would change is checked as if an admin had typed
 * it in; what is the same already is left alone.
 *
 * @throws FileServerError 'invalid-argument', 'permission-denied'
 */
export function planRestore(
  present: BackupContent,
  wanted: BackupContent,
  { admin, roots, removeOthers }: RestoreOptions,
): RestoreSteps {
  const isAnother = ({ username }: AdminSettings) => username !== admin
  const folders = compare(present.folders, wanted.folders, ({ name }) => name, {
    subject: 'folder',
    removeOthers,
    check: (folder) => checkFolder(folder, roots),
  })
  const users = compare(present.users, wanted.users, ({ username }) => username, {
    subject: 'user',
    removeOthers,
    check: (user) => checkUser(user, roots),
  })
  const admins = compare(
    present.admins.filter(isAnother),
    wanted.admins.filter(isAnother),
    ({ username }) => username,
    { subject: 'admin', removeOthers, check: checkAdmin },
  )
  const kept = removeOthers ? [] : present.folders
  requireFolders(wanted.users, [...wanted.folders, ...kept])
  requireRights(
    present.admins.find(({ username }) => username === admin),
    { users, folders, admins },
  )
  return { users, folders, admins, settings: compareSettings(present.settings, wanted.settings) }
}

interface Comparison<T> {
  readonly subject: string
  readonly removeOthers: boolean
  /** The settings as they are stored. @throws FileServerError 'invalid-argument' */
  readonly check: (settings: T) => T
}

function compare<T extends object>(
  present: readonly T[],
  wanted: readonly T[],
  nameOf: (settings: T) => string,
  { subject, removeOthers, check }: Comparison<T>,
): Steps<T> {
  const known = new Map(present.map((settings) => [nameOf(settings), settings]))
  const names = new Set(wanted.map(nameOf))
  if (names.size < wanted.length) throw refuse(`it holds a ${subject} twice`)
  const add: T[] = []
  const replace: Replacement<T>[] = []
  for (const settings of wanted) {
    const name = nameOf(settings)
    const before = known.get(name)
    if (before && changedFields(before, settings).length === 0) continue
    const after = inContext(`${subject} ${JSON.stringify(name)}`, () => check(settings))
    const fields = before ? changedFields(before, after) : []
    if (!before) add.push(after)
    else if (fields.length > 0) replace.push({ before, after, fields })
  }
  const remove = removeOthers ? present.filter((settings) => !names.has(nameOf(settings))) : []
  return { add, replace, remove, unchanged: wanted.length - add.length - replace.length }
}

function compareSettings(
  present: BackupContent['settings'],
  wanted: BackupContent['settings'],
): RestoreSteps['settings'] {
  const differing = [...wanted].filter(([name, value]) => present.get(name) !== value)
  return {
    add: new Map(differing.filter(([name]) => !present.has(name))),
    replace: new Map(differing.filter(([name]) => present.has(name))),
    unchanged: wanted.size - differing.length,
  }
}

function checkFolder(folder: FolderSettings, roots: readonly string[]): FolderSettings {
  checkName('name', folder.name)
  return { ...folder, mappedPath: checkDirectory('mapped_path', folder.mappedPath, roots) }
}

function checkAdmin(admin: BackupAdmin): BackupAdmin {
  if (admin.source !== 'setup-code') checkName('username', admin.username)
  else if (admin.username !== setupName) throw refuse('a setup code belongs to another admin')
  if (admin.source !== 'local' && admin.passwordHash !== '')
    throw new FileServerError('invalid-argument', 'only local admins have a password here')
  return admin
}

function requireFolders(users: readonly UserSettings[], folders: readonly FolderSettings[]): void {
  const names = new Set(folders.map(({ name }) => name))
  for (const { username, folders: mounts } of users)
    for (const { folderName } of mounts)
      if (!names.has(folderName))
        throw refuse(`user ${JSON.stringify(username)}: there is no folder ${JSON.stringify(folderName)}`)
}

/** A restore gives nobody what the admin who restores could not give, and changes nothing that they could not. */
function requireRights(
  actor: AdminSettings | undefined,
  { users, folders, admins }: Omit<RestoreSteps, 'settings'>,
): void {
  if (!actor || actor.status !== 'active' || !adminMay(actor, 'manage_system'))
    throw new FileServerError('permission-denied', 'You may no longer restore backups')
  const touched = [
    ...admins.add,
    ...admins.remove,
    ...admins.replace.flatMap(({ before, after }) => [before, after]),
  ]
  const needed: readonly (readonly [readonly unknown[], AdminPermission, RefusalReason])[] = [
    [users.add, 'add_users', 'restore-add-users'],
    [users.replace, 'edit_users', 'restore-edit-users'],
    [users.remove, 'del_users', 'restore-delete-users'],
    [[...folders.add, ...folders.replace, ...folders.remove], 'manage_folders', 'restore-folders'],
    [touched, 'manage_admins', 'restore-admins'],
  ]
  for (const [changes, permission, reason] of needed)
    if (changes.length > 0 && !adminMay(actor, permission))
      throw new FileServerError(
        'permission-denied',
        `What the backup changes needs the permission ${permission}`,
        { reason },
      )
  for (const { permissions } of touched) requireHeld(actor, permissions)
}

function changedFields<T extends object>(before: T, after: T): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => canonical(Reflect.get(before, key)) !== canonical(Reflect.get(after, key)))
    .map((key) => apiNames[key] ?? key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}

/** Where the API has another name than the core. */
const apiNames: Readonly<Record<string, string>> = {
  passwordHash: 'password',
  folders: 'virtual_folders',
  secondFactor: 'totp_config',
}

function inContext<T>(subject: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof FileServerError && error.code === 'invalid-argument')
      throw refuse(`${subject}: ${error.message}`)
    throw error
  }
}

function refuse(problem: string): FileServerError {
  return new FileServerError('invalid-argument', `The backup cannot be used: ${problem}`, { field: 'name' })
}
