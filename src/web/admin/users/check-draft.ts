import type { MessageKey } from '../../messages/message-key.ts'
import type { Place } from './place.ts'
import { bytesOf, wholeNumber } from './size-amount.ts'
import { permissionMap, virtualPath, type UserDraft } from './user-draft.ts'

const maxInt32 = 2 ** 31 - 1

/** What can be told before the server is asked: names of the API's fields, and what is wrong. */
export function checkDraft(draft: UserDraft): Readonly<Record<string, MessageKey>> {
  const isNumber = (text: string, max?: number) => wholeNumber(text, max) !== undefined
  const checks: readonly (readonly [string, boolean, MessageKey])[] = [
    ['username', isUsableName(draft.username), 'users.error.name'],
    ['email', /^$|^[^\s@]+@[^\s@]+$/.test(draft.email.trim()), 'users.error.email'],
    ['home_dir', isUsablePlace(draft.home), 'users.error.directory'],
    ['virtual_folders', hasUsableMounts(draft), 'users.error.mounts'],
    ['permissions', hasUsablePermissions(draft), 'users.error.permissions'],
    ['filters.file_patterns', !hasTwice(draft.patterns.map(({ path }) => path)), 'users.error.pathTwice'],
    ['filters.denied_protocols', draft.deniedProtocols.length < 3, 'users.error.protocols'],
    ['quota_size', bytesOf(draft.quotaSize) !== undefined, 'users.error.number'],
    ['quota_files', isNumber(draft.quotaFiles), 'users.error.number'],
    ['filters.max_upload_file_size', bytesOf(draft.maxFileSize) !== undefined, 'users.error.number'],
    ['max_sessions', isNumber(draft.maxSessions, maxInt32), 'users.error.number'],
    ['upload_bandwidth', isNumber(draft.uploadBandwidth, maxInt32), 'users.error.number'],
    ['download_bandwidth', isNumber(draft.downloadBandwidth, maxInt32), 'users.error.number'],
  ]
  return Object.fromEntries(
    checks.flatMap(([field, isRight, key]) => (isRight ? [] : [[field, key] as const])),
  )
}

/** What the server takes for a name; it says itself what is wrong with rarer ones. */
export function isUsableName(name: string): boolean {
  return name.trim() !== '' && name.length <= 255 && !/[/\\]|\.\./.test(name)
}

export function isUsablePlace(place: Place): boolean {
  return place.kind !== 'storage' || !place.directory.split('/').includes('..')
}

function hasUsableMounts({ mounts }: UserDraft): boolean {
  const paths = mounts.map(({ virtualPath: path }) => path)
  const areUsable = mounts.every(
    (mount) =>
      virtualPath(mount.virtualPath) !== '/' &&
      isUsablePlace(mount.place) &&
      bytesOf(mount.quotaSize) !== undefined &&
      wholeNumber(mount.quotaFiles) !== undefined,
  )
  return areUsable && !hasTwice(paths)
}

function hasUsablePermissions({ permissions }: UserDraft): boolean {
  const root = permissionMap(permissions)['/'] ?? []
  return root.length > 0 && !hasTwice(permissions.map(({ path }) => path))
}

function hasTwice(paths: readonly string[]): boolean {
  return new Set(paths.map(virtualPath)).size < paths.length
}
