import type { Insertable, Selectable } from 'kysely'
import { permissions } from '../../core/accounts/permissions.ts'
import {
  ftpSecurities,
  loginMethods,
  loginProtocols,
  type FilePatterns,
  type FolderMount,
  type User,
  type UserSettings,
} from '../../core/accounts/user.ts'
import type { VirtualPath } from '../../core/files/virtual-path.ts'
import { isObject, listOf, mapOf, oneOf, text, type Reader } from '../../core/value-readers.ts'
import type { SecondFactorColumns, UsersTable } from '../schema.ts'
import { searchText } from './search.ts'
import { toSecondFactor } from './second-factor-columns.ts'
import { readJson, readValue } from './stored-value.ts'

const status = oneOf('active', 'disabled')
const ftpSecurity = oneOf(...ftpSecurities)
const denyPolicy = oneOf('visible', 'hidden')
const texts = listOf(text)
const permissionMap = mapOf(listOf(oneOf(...permissions)))
const methods = listOf(oneOf(...loginMethods))
const protocols = listOf(oneOf(...loginProtocols))

const filePatterns: Reader<readonly FilePatterns[]> = listOf((value) => {
  if (!isObject(value) || typeof value.path !== 'string') return undefined
  const allowedPatterns = texts(value.allowedPatterns)
  const deniedPatterns = texts(value.deniedPatterns)
  const policy = denyPolicy(value.denyPolicy)
  if (!allowedPatterns || !deniedPatterns || !policy) return undefined
  return { path: value.path as VirtualPath, allowedPatterns, deniedPatterns, denyPolicy: policy }
})

/** What an admin sets, as columns; never the counters nor the times, which have writers of their own. */
export type UserColumns = Omit<Insertable<UsersTable>, UnsetColumn>
type UnsetColumn =
  | 'id'
  | 'used_quota_size'
  | 'used_quota_files'
  | 'last_quota_update'
  | 'created_at'
  | 'updated_at'
  | 'last_login'
  | 'last_password_change'
  | keyof SecondFactorColumns

export function toUserColumns(settings: UserSettings): UserColumns {
  return {
    username: settings.username,
    status: settings.status,
    email: settings.email,
    description: settings.description,
    additional_info: settings.additionalInfo,
    expiration_date: settings.expirationDate,
    password_hash: settings.passwordHash,
    public_keys: JSON.stringify(settings.publicKeys),
    home_dir: settings.homeDir,
    max_sessions: settings.maxSessions,
    quota_size: settings.quotaSize,
    quota_files: settings.quotaFiles,
    permissions: JSON.stringify(settings.permissions),
    upload_bandwidth: settings.uploadBandwidth,
    download_bandwidth: settings.downloadBandwidth,
    denied_login_methods: JSON.stringify(settings.deniedLoginMethods),
    denied_protocols: JSON.stringify(settings.deniedProtocols),
    file_patterns: JSON.stringify(settings.filePatterns),
    max_upload_file_size: settings.maxUploadFileSize,
    start_directory: settings.startDirectory,
    ftp_security: settings.ftpSecurity,
    search_text: searchText(settings.username, settings.email, settings.description),
  }
}

/** @throws FileServerError 'storage-failure' when a column does not hold what it must */
export function toUser(row: Selectable<UsersTable>, folders: readonly FolderMount[]): User {
  const at = (column: keyof UsersTable): string => `${column} of user ${JSON.stringify(row.username)}`
  return {
    id: row.id,
    username: row.username,
    status: readValue(row.status, status, at('status')),
    email: row.email,
    description: row.description,
    additionalInfo: row.additional_info,
    expirationDate: row.expiration_date,
    passwordHash: row.password_hash,
    publicKeys: readJson(row.public_keys, texts, at('public_keys')),
    homeDir: row.home_dir,
    folders,
    maxSessions: row.max_sessions,
    quotaSize: row.quota_size,
    quotaFiles: row.quota_files,
    usedQuotaSize: row.used_quota_size,
    usedQuotaFiles: row.used_quota_files,
    lastQuotaUpdate: row.last_quota_update,
    permissions: readJson(row.permissions, permissionMap, at('permissions')),
    uploadBandwidth: row.upload_bandwidth,
    downloadBandwidth: row.download_bandwidth,
    deniedLoginMethods: readJson(row.denied_login_methods, methods, at('denied_login_methods')),
    deniedProtocols: readJson(row.denied_protocols, protocols, at('denied_protocols')),
    filePatterns: readJson(row.file_patterns, filePatterns, at('file_patterns')),
    maxUploadFileSize: row.max_upload_file_size,
    startDirectory: row.start_directory as VirtualPath,
    ftpSecurity: readValue(row.ftp_security, ftpSecurity, at('ftp_security')),
    ...toSecondFactor(row, `user ${JSON.stringify(row.username)}`),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastLogin: row.last_login,
    lastPasswordChange: row.last_password_change,
  }
}
