import type { FolderMountInput } from '../../../contract/folder.ts'
import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource, UserUpdate } from '../../../contract/user.ts'
import { isShowable } from '../../shared/format.ts'
import { presetPermissions, type Permission, type PermissionMap } from './permission-presets.ts'
import { spelledOut } from './permission-choices.ts'
import { ownPlace, pathOf, placeOf, tidyDirectory, type Place } from './place.ts'
import { bytesOf, limitText, noSize, sizeAmount, wholeNumber, type SizeAmount } from './size-amount.ts'

/** What makes rows of a list keep their place on the page; means nothing else. */
interface Row {
  readonly key: string
}

export interface MountDraft extends Row {
  /** The folder it is now; '' for one that is yet to be found or made for `place`. */
  readonly folder: string
  readonly place: Place
  readonly virtualPath: string
  /** Counted in the user's own quota rather than for itself. */
  readonly isInUserQuota: boolean
  readonly quotaSize: SizeAmount
  readonly quotaFiles: string
}

export interface PermissionDraft extends Row {
  readonly path: string
  readonly granted: readonly Permission[]
}

/** Patterns stand one a line. */
export interface PatternDraft extends Row {
  readonly path: string
  readonly allowed: string
  readonly denied: string
  readonly isHidden: boolean
}

type Filters = UserResource['filters']

/** A user as the form holds it: limits as they are typed, '' for none. */
export interface UserDraft {
  readonly username: string
  /** '' keeps the present one; a new user then has none. */
  readonly password: string
  readonly isActive: boolean
  readonly description: string
  readonly email: string
  /** Date and time in the reader's zone, as an input of the browser holds it. */
  readonly expires: string
  readonly publicKeys: string
  readonly home: Place
  readonly mounts: readonly MountDraft[]
  readonly permissions: readonly PermissionDraft[]
  readonly patterns: readonly PatternDraft[]
  readonly startDirectory: string
  readonly quotaSize: SizeAmount
  readonly quotaFiles: string
  readonly maxFileSize: SizeAmount
  readonly maxSessions: string
  readonly uploadBandwidth: string
  readonly downloadBandwidth: string
  readonly deniedProtocols: Filters['denied_protocols']
  readonly deniedLoginMethods: Filters['denied_login_methods']
  readonly ftpSecurity: '0' | '1' | '2'
  /** Of the user that was read: what is changed after that is not undone. 0 for a new one. */
  readonly updatedAt: number
}

let lastKey = 0
export function nextKey(): string {
  return `row-${++lastKey}`
}

/** A new user: everything allowed in the plugin's own space, with a password of its own. */
export function newDraft(password: string): UserDraft {
  return {
    ...{ username: '', password, isActive: true, description: '', email: '', expires: '', publicKeys: '' },
    ...{ home: ownPlace, mounts: [], permissions: permissionRows(presetPermissions('full')), patterns: [] },
    ...{ startDirectory: '/', quotaSize: noSize, quotaFiles: '', maxFileSize: noSize, maxSessions: '' },
    ...{ uploadBandwidth: '', downloadBandwidth: '', deniedProtocols: [], deniedLoginMethods: [] },
    ...{ ftpSecurity: '0', updatedAt: 0 },
  }
}

export function draftOf(user: UserResource, storages: readonly StorageResource[]): UserDraft {
  const { filters } = user
  return {
    username: user.username,
    password: '',
    isActive: user.status === 1,
    description: user.description,
    email: user.email,
    expires: localDateTime(user.expiration_date),
    publicKeys: user.public_keys.join('\n'),
    home: placeOf(user.home_dir, storages, user.username),
    mounts: user.virtual_folders.map((mount) => mountDraft(mount, storages)),
    permissions: permissionRows(user.permissions),
    patterns: filters.file_patterns.map((rule) => ({
      key: nextKey(),
      path: rule.path,
      allowed: rule.allowed_patterns.join('\n'),
      denied: rule.denied_patterns.join('\n'),
      isHidden: rule.deny_policy === 1,
    })),
    startDirectory: filters.start_directory,
    quotaSize: sizeAmount(user.quota_size),
    quotaFiles: limitText(user.quota_files),
    maxFileSize: sizeAmount(filters.max_upload_file_size),
    maxSessions: limitText(user.max_sessions),
    uploadBandwidth: limitText(user.upload_bandwidth),
    downloadBandwidth: limitText(user.download_bandwidth),
    deniedProtocols: filters.denied_protocols,
    deniedLoginMethods: filters.denied_login_methods,
    ftpSecurity: filters.ftp_security === 2 ? '2' : filters.ftp_security === 1 ? '1' : '0',
    updatedAt: user.updated_at,
  }
}

/** The same rules for somebody else: what belongs to one person alone is left out. */
export function copyOf(
  user: UserResource,
  storages: readonly StorageResource[],
  password: string,
): UserDraft {
  const draft = draftOf(user, storages)
  const own = { username: '', password, description: '', email: '', publicKeys: '' }
  return { ...draft, ...own, isActive: true, updatedAt: 0 }
}

function mountDraft(
  mount: UserResource['virtual_folders'][number],
  storages: readonly StorageResource[],
): MountDraft {
  return {
    key: nextKey(),
    folder: mount.name,
    place: placeOf(mount.mapped_path, storages),
    virtualPath: mount.virtual_path,
    isInUserQuota: mount.quota_size === -1,
    quotaSize: sizeAmount(mount.quota_size),
    quotaFiles: limitText(mount.quota_files),
  }
}

export function permissionRows(permissions: PermissionMap): readonly PermissionDraft[] {
  return Object.entries(permissions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, granted]) => ({ key: nextKey(), path, granted: spelledOut(granted) }))
}

export function permissionMap(rows: readonly PermissionDraft[]): PermissionMap {
  return Object.fromEntries(rows.map(({ path, granted }) => [virtualPath(path), [...granted]]))
}

/**
 * The whole user, as PUT replaces it; what the form does not show stays as it is in `before`.
 * `folders` are the names of the mounted folders, in the order of the draft.
 */
export function toUserUpdate(
  draft: UserDraft,
  storages: readonly StorageResource[],
  folders: readonly string[],
  before?: UserResource,
): UserUpdate {
  return {
    status: draft.isActive ? 1 : 0,
    email: draft.email.trim(),
    description: draft.description,
    additional_info: before?.additional_info ?? '',
    expiration_date: expiryOf(draft.expires, before?.expiration_date ?? 0),
    ...(draft.password === '' ? {} : { password: draft.password }),
    public_keys: linesOf(draft.publicKeys),
    home_dir: homeOf(draft, storages, before),
    virtual_folders: draft.mounts.map((mount, at) => toMount(mount, folders[at] ?? '')),
    max_sessions: wholeNumber(draft.maxSessions) ?? 0,
    quota_size: bytesOf(draft.quotaSize) ?? 0,
    quota_files: wholeNumber(draft.quotaFiles) ?? 0,
    permissions: permissionMap(draft.permissions),
    upload_bandwidth: wholeNumber(draft.uploadBandwidth) ?? 0,
    download_bandwidth: wholeNumber(draft.downloadBandwidth) ?? 0,
    filters: {
      denied_login_methods: [...draft.deniedLoginMethods],
      denied_protocols: [...draft.deniedProtocols],
      file_patterns: draft.patterns.map(toPatterns),
      max_upload_file_size: bytesOf(draft.maxFileSize) ?? 0,
      start_directory: virtualPath(draft.startDirectory),
      ftp_security: Number(draft.ftpSecurity),
    },
    expected_updated_at: draft.updatedAt,
  }
}

/** A home in the plugin's own space is spelled out for users that have it already: it follows no setting. */
function homeOf(draft: UserDraft, storages: readonly StorageResource[], before?: UserResource): string {
  const isStill = before !== undefined && draft.home.kind === 'own'
  return isStill && placeOf(before.home_dir, storages, before.username).kind === 'own'
    ? before.home_dir
    : pathOf(draft.home, storages)
}

function toMount(mount: MountDraft, name: string): FolderMountInput {
  const quota = mount.isInUserQuota
    ? { quota_size: -1, quota_files: -1 }
    : { quota_size: bytesOf(mount.quotaSize) ?? 0, quota_files: wholeNumber(mount.quotaFiles) ?? 0 }
  return { name, virtual_path: virtualPath(mount.virtualPath), ...quota }
}

function toPatterns(rule: PatternDraft) {
  return {
    path: virtualPath(rule.path),
    allowed_patterns: linesOf(rule.allowed),
    denied_patterns: linesOf(rule.denied),
    deny_policy: rule.isHidden ? 1 : 0,
  }
}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** 'in//x/' → '/in/x'. */
export function virtualPath(text: string): string {
  return `/${tidyDirectory(text)}`
}

/** For an input of the browser: local time to the minute, '' for 0 and for what has no year of four digits. */
export function localDateTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  if (at === 0 || !isShowable(local.getTime())) return ''
  const text = local.toISOString()
  return /^\d{4}-/.test(text) ? text.slice(0, 16) : ''
}

/** Milliseconds since the epoch, 0 for none. What was not touched keeps its seconds; what cannot be shown is dropped. */
export function expiryOf(text: string, before = 0): number {
  if (text !== '' && text === localDateTime(before)) return before
  const at = new Date(text).getTime()
  return Number.isNaN(at) ? 0 : at
}
