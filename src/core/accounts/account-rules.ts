import { posix } from 'node:path'
import { keyBlobOf } from '../auth/public-key.ts'
import { FileServerError, type RefusalReason } from '../errors.ts'
import { parseVirtualPath, type VirtualPath } from '../files/virtual-path.ts'
import { permissions, type PermissionMap } from './permissions.ts'
import { loginMethods, loginProtocols, type UserSettings } from './user.ts'

const maxNameLength = 255
/** What Linux takes, in bytes of UTF-8: NAME_MAX and PATH_MAX, less the terminator. */
const maxDirectoryNameBytes = 255
const maxDirectoryBytes = 4095
/** The end of the year 9999 in UTC, in milliseconds: what every client, and a browser's field for dates, can show. */
export const latestDate = 253_402_300_799_999
/** What the product calls itself in events and in URLs. */
const reservedNames = ['__self__', '__system__', 'setup', '.', '..']

function invalid(field: string, message: string, reason?: RefusalReason): never {
  throw new FileServerError('invalid-argument', message, { field, ...(reason && { reason }) })
}

/**
 * A name that can stand in a path and in a log line: no slash, no control, invisible or direction-changing character,
 * and one spelling alone for what people read.
 * @throws FileServerError 'invalid-argument'
 */
export function checkName(field: string, name: string): void {
  if (name === '' || name !== name.trim())
    invalid(field, `${field}: must not be empty or begin or end with a space`, 'name-edges')
  if (name.length > maxNameLength)
    invalid(field, `${field}: at most ${maxNameLength} characters`, 'name-too-long')
  if (reservedNames.includes(name)) invalid(field, `${field}: this name is reserved`, 'name-reserved')
  // The platform refuses every address that holds them, also as part of a name.
  if (name.includes('..')) invalid(field, `${field}: must not contain '..'`, 'name-dots')
  if (/[/\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name))
    invalid(field, `${field}: contains a character that is not permitted`, 'name-character')
  if (name !== name.normalize('NFC'))
    invalid(
      field,
      `${field}: must be in Unicode normalization form C, or it could look like another name`,
      'name-spelling',
    )
}

/**
 * A directory of the server that accounts may use: absolute, canonical, at or below one of `roots`.
 * @throws FileServerError 'invalid-argument'
 */
export function checkDirectory(field: string, directory: string, roots: readonly string[]): string {
  if (!posix.isAbsolute(directory) || /\0/.test(directory))
    invalid(field, `${field}: must be an absolute path`, 'path-not-absolute')
  const canonical = posix.resolve(directory)
  if (directory.split('/').includes('..')) invalid(field, `${field}: must not contain '..'`, 'path-dots')
  const isTooLong = canonical.split('/').some((name) => Buffer.byteLength(name) > maxDirectoryNameBytes)
  if (isTooLong || Buffer.byteLength(canonical) > maxDirectoryBytes)
    invalid(field, `${field}: is too long`, 'path-too-long')
  if (!roots.some((root) => canonical === root || canonical.startsWith(`${root}/`)))
    invalid(field, `${field}: must be inside ${roots.join(' or ')}`, 'path-outside')
  return canonical
}

/** @throws FileServerError 'invalid-argument' unless '/' is set and all keys are canonical absolute paths */
export function checkPermissions(map: PermissionMap): void {
  if (!Object.hasOwn(map, '/')) invalid('permissions', "permissions: '/' is missing")
  for (const [directory, granted] of Object.entries(map)) {
    if (!isCanonical(directory))
      invalid('permissions', `permissions: '${directory}' is not a canonical absolute path`)
    for (const permission of granted)
      if (!permissions.includes(permission))
        invalid('permissions', `permissions: '${String(permission)}' is unknown`)
    if (directory === '/' && granted.length === 0) invalid('permissions', "permissions: '/' grants nothing")
  }
}

function isCanonical(path: string): boolean {
  try {
    return path.startsWith('/') && parseVirtualPath(path) === path
  } catch {
    return false
  }
}

/** Everything about a user that does not need the database. @throws FileServerError 'invalid-argument' */
export function checkUser<T extends UserSettings>(user: T, roots: readonly string[]): T {
  checkName('username', user.username)
  checkPermissions(user.permissions)
  if (loginProtocols.every((protocol) => user.deniedProtocols.includes(protocol)))
    invalid('filters.denied_protocols', 'filters.denied_protocols: at least one protocol must stay allowed')
  if (loginMethods.every((method) => user.deniedLoginMethods.includes(method)))
    invalid('filters.denied_login_methods', 'filters.denied_login_methods: at least one must stay allowed')
  checkAmounts(user)
  const patternPaths = user.filePatterns.map(({ path }) => path)
  if (new Set(patternPaths).size < patternPaths.length)
    invalid('filters.file_patterns', 'filters.file_patterns: a path is used twice', 'path-twice')
  checkMounts(user)
  return {
    ...user,
    homeDir: checkDirectory('home_dir', user.homeDir, roots),
    publicKeys: checkPublicKeys(user.publicKeys),
  }
}

/** Lines of authorized_keys, each once. @throws FileServerError 'invalid-argument' */
export function checkPublicKeys(lines: readonly string[]): readonly string[] {
  for (const line of lines)
    if (keyBlobOf(line) === undefined)
      invalid('public_keys', 'public_keys: a line is not an SSH public key', 'not-a-public-key')
  return [...new Set(lines)]
}

/** A limit that is negative or no number would be no limit. */
function checkAmounts(user: UserSettings): void {
  const amounts = {
    quota_size: user.quotaSize,
    quota_files: user.quotaFiles,
    max_sessions: user.maxSessions,
    upload_bandwidth: user.uploadBandwidth,
    download_bandwidth: user.downloadBandwidth,
    expiration_date: user.expirationDate,
    'filters.max_upload_file_size': user.maxUploadFileSize,
  }
  for (const [field, amount] of Object.entries(amounts))
    if (!Number.isSafeInteger(amount) || amount < 0) invalid(field, `${field}: must be a whole number from 0`)
  if (user.expirationDate > latestDate)
    invalid('expiration_date', 'expiration_date: must not be after the year 9999')
}

function checkMounts(user: UserSettings): void {
  const paths = new Set<VirtualPath>()
  const names = new Set<string>()
  for (const { folderName, virtualPath, quotaSize, quotaFiles } of user.folders) {
    if (paths.has(virtualPath))
      invalid('virtual_folders', `virtual_folders: '${virtualPath}' is used twice`, 'path-twice')
    if (names.has(folderName))
      invalid('virtual_folders', `virtual_folders: '${folderName}' is mounted twice`, 'folder-twice')
    if ((quotaSize === -1) !== (quotaFiles === -1))
      invalid('virtual_folders', 'virtual_folders: quota_size and quota_files are -1 together or not at all')
    for (const quota of [quotaSize, quotaFiles])
      if (!Number.isSafeInteger(quota) || quota < -1)
        invalid('virtual_folders', 'virtual_folders: a quota must be a whole number from -1')
    paths.add(virtualPath)
    names.add(folderName)
  }
}
