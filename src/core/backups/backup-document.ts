import { latestDate } from '../accounts/account-rules.ts'
import { adminPermissions, type AdminSettings } from '../accounts/admin.ts'
import type { FolderSettings } from '../accounts/folder.ts'
import { permissions } from '../accounts/permissions.ts'
import {
  ftpSecurities,
  loginMethods,
  loginProtocols,
  type FilePatterns,
  type FolderMount,
  type UserSettings,
} from '../accounts/user.ts'
import { isPasswordHash } from '../auth/password-hash.ts'
import { FileServerError, type RefusalReason } from '../errors.ts'
import { parseVirtualPath, type VirtualPath } from '../files/virtual-path.ts'
import { isSettingName, withSetting, type SettingName } from '../settings/setting-rules.ts'
import { isObject, listOf, mapOf, oneOf, type Reader } from '../value-readers.ts'
import { documentFactor, type BackupFactor } from './backup-factors.ts'

const documentVersion = 1
/** Some thirty thousand users have as many. Small values by the million take memory that their text does not show. */
const maxValues = 2_000_000
/** Of one account, in each of its lists; more than fits into a request of the API. */
const maxListed = 30_000

/** What a backup holds: everything admins set, password hashes and second factors included; neither tokens nor what files use. */
export interface BackupContent {
  readonly users: readonly BackupUser[]
  readonly folders: readonly FolderSettings[]
  readonly admins: readonly BackupAdmin[]
  /** Those that admins changed. The passphrase for backups is none of them. */
  readonly settings: ReadonlyMap<SettingName, unknown>
}

export type BackupUser = UserSettings & { readonly secondFactor?: BackupFactor }
export type BackupAdmin = AdminSettings & { readonly secondFactor?: BackupFactor }

/** A second factor as a document has it; null for none. */
export type DocumentFactor = BackupFactor | null | 'as it is'

export interface BackupDocument extends Omit<BackupContent, 'users' | 'admins'> {
  readonly users: readonly (UserSettings & { readonly secondFactor: DocumentFactor })[]
  readonly admins: readonly (AdminSettings & { readonly secondFactor: DocumentFactor })[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export function writeDocument(
  {
    users,
    folders,
    admins,
    settings,
  }: Omit<BackupContent, 'users' | 'admins'> & {
    readonly users: readonly object[]
    readonly admins: readonly object[]
  },
  made: { readonly createdAt: number; readonly serverVersion: string },
): Buffer {
  const document = {
    version: documentVersion,
    created_at: made.createdAt,
    server_version: made.serverVersion,
    users,
    folders,
    admins,
    settings: Object.fromEntries(settings),
  }
  return Buffer.from(JSON.stringify(document, undefined, 1))
}

/**
 * Reads what anybody could have written: every field has the type it must have. Whether the accounts are in order is
 * another question, see planRestore().
 *
 * @throws FileServerError 'invalid-argument' that tells the place
 */
export function readDocument(bytes: Uint8Array): BackupDocument {
  if (hasTooManyValues(bytes)) throw refuse('it holds too many values')
  const root = parse(bytes)
  if (!isObject(root) || typeof root['version'] !== 'number')
    throw refuse('it is not a backup of this product', 'backup-none')
  if (isDumpOfSftpgo(root))
    throw refuse(
      'it is one of the SFTPGo software, whose accounts are not taken over; add its users again under the same names, ' +
        'and they find their files where these were',
      'backup-foreign',
    )
  if (root['version'] !== documentVersion) throw refuse('it was made by a newer version', 'backup-newer')
  return {
    createdAt: readValue(root['created_at'], time, 'created_at'),
    users: readList(root['users'], userReaders, 'users'),
    folders: readList(root['folders'], folderReaders, 'folders'),
    admins: readList(root['admins'], adminReaders, 'admins'),
    settings: readSettings(root['settings']),
  }
}

/** What lies in the same directory since the SFTPGo software made it: its versions count something else than ours. */
function isDumpOfSftpgo(root: Readonly<Record<string, unknown>>): boolean {
  const isOurs = Object.hasOwn(root, 'created_at') || Object.hasOwn(root, 'server_version')
  return !isOurs && ['users', 'folders', 'admins'].some((list) => Object.hasOwn(root, list))
}

/** True for what readDocument() refuses unread. */
export function hasTooManyValues(bytes: Uint8Array): boolean {
  const [comma, bracket, brace] = Buffer.from(',[{')
  let count = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === comma || byte === bracket || byte === brace) count++
  }
  return count > maxValues
}

type Readers<T> = { readonly [Key in keyof T]-?: Reader<T[Key]> }

const status = oneOf('active', 'disabled')
const name = textUpTo(255)
const note = textUpTo(4096)
const path = textUpTo(4096)
const number: Reader<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined)
const time: Reader<number> = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= latestDate
    ? value
    : undefined
const hash: Reader<string> = (value) =>
  typeof value === 'string' && (value === '' || isPasswordHash(value)) ? value : undefined
const virtualPath: Reader<VirtualPath> = (value) =>
  typeof value === 'string' && isVirtualPath(value) ? value : undefined
const patterns = listOf((value) => (value === '' ? undefined : name(value)))

const mount: Reader<FolderMount> = (value) =>
  isObject(value)
    ? tryRead(value, { folderName: name, virtualPath, quotaSize: number, quotaFiles: number })
    : undefined

const filePatterns: Reader<FilePatterns> = (value) =>
  isObject(value)
    ? tryRead(value, {
        path: virtualPath,
        allowedPatterns: patterns,
        deniedPatterns: patterns,
        denyPolicy: oneOf('visible', 'hidden'),
      })
    : undefined

const userReaders: Readers<BackupDocument['users'][number]> = {
  username: name,
  status,
  email: name,
  description: note,
  additionalInfo: note,
  expirationDate: number,
  passwordHash: hash,
  publicKeys: listOf(textUpTo(16_384)),
  homeDir: path,
  folders: few(listOf(mount)),
  maxSessions: number,
  quotaSize: number,
  quotaFiles: number,
  permissions: few(mapOf(listOf(oneOf(...permissions)))),
  uploadBandwidth: number,
  downloadBandwidth: number,
  deniedLoginMethods: listOf(oneOf(...loginMethods)),
  deniedProtocols: listOf(oneOf(...loginProtocols)),
  filePatterns: few(listOf(filePatterns)),
  maxUploadFileSize: number,
  startDirectory: virtualPath,
  ftpSecurity: oneOf(...ftpSecurities),
  secondFactor: documentFactor,
}

const folderReaders: Readers<FolderSettings> = { name, mappedPath: path, description: note }

const adminReaders: Readers<BackupDocument['admins'][number]> = {
  username: name,
  source: oneOf('local', 'thinger', 'setup-code'),
  status,
  email: name,
  description: note,
  passwordHash: hash,
  permissions: listOf(oneOf(...adminPermissions)),
  secondFactor: documentFactor,
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw refuse('it is not a backup of this product', 'backup-none')
  }
}

function readList<T extends object>(value: unknown, readers: Readers<T>, where: string): readonly T[] {
  if (!Array.isArray(value)) throw refuse(`${where} cannot be read`)
  return value.map((item: unknown, index) => {
    const at = `${where}[${index}]`
    if (!isObject(item)) throw refuse(`${at} cannot be read`)
    return readFields(item, readers, (key) => {
      throw refuse(`${at}.${key} cannot be read`)
    })
  })
}

function readSettings(value: unknown): ReadonlyMap<SettingName, unknown> {
  if (!isObject(value)) throw refuse('settings cannot be read')
  return new Map(
    Object.entries(value).map(([key, setting]) => {
      if (!isSettingName(key) || !withSetting({}, key, setting)) throw refuse('settings cannot be read')
      return [key, setting] as const
    }),
  )
}

function readValue<T>(value: unknown, read: Reader<T>, where: string): T {
  const result = read(value)
  if (result === undefined) throw refuse(`${where} cannot be read`)
  return result
}

function tryRead<T extends object>(
  value: Readonly<Record<string, unknown>>,
  readers: Readers<T>,
): T | undefined {
  let isWhole = true
  const result = readFields(value, readers, () => (isWhole = false))
  return isWhole ? result : undefined
}

/** The fields that `readers` names and no others; `onDamaged` hears of each that cannot be read. */
function readFields<T extends object>(
  value: Readonly<Record<string, unknown>>,
  readers: Readers<T>,
  onDamaged: (key: string) => void,
): T {
  const fields: [string, unknown][] = []
  for (const [key, read] of Object.entries<Reader<unknown>>(readers)) {
    const field = read(Object.hasOwn(value, key) ? value[key] : undefined)
    if (field === undefined) onDamaged(key)
    fields.push([key, field])
  }
  return Object.fromEntries(fields) as T
}

function few<T>(read: Reader<T>): Reader<T> {
  return (value) => {
    const isLong = Array.isArray(value)
      ? value.length > maxListed
      : isObject(value) && Object.keys(value).length > maxListed
    return isLong ? undefined : read(value)
  }
}

function textUpTo(maxLength: number): Reader<string> {
  return (value) =>
    typeof value === 'string' && value.length <= maxLength && value.isWellFormed() && !value.includes('\0')
      ? value
      : undefined
}

function isVirtualPath(value: string): value is VirtualPath {
  try {
    return parseVirtualPath(value) === value
  } catch {
    return false
  }
}

function refuse(problem: string, reason?: RefusalReason): FileServerError {
  const message = `The backup cannot be used: ${problem}`
  return new FileServerError('invalid-argument', message, { field: 'name', ...(reason && { reason }) })
}
