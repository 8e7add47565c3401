import type { VirtualPath } from '../files/virtual-path.ts'
import type { PermissionMap } from './permissions.ts'
import type { SecondFactor } from './second-factor.ts'

/** The protocol names of denied_protocols; 'SSH' covers SFTP, SCP and SSH commands. */
export const loginProtocols = ['SSH', 'FTP', 'HTTP'] as const
export type LoginProtocol = (typeof loginProtocols)[number]

/** The names of denied_login_methods; the two-part ones are multi-step SSH logins. */
export const loginMethods = [
  'publickey',
  'password',
  'password-over-SSH',
  'keyboard-interactive',
  'publickey+password',
  'publickey+keyboard-interactive',
] as const
export type LoginMethod = (typeof loginMethods)[number]

/** Shell patterns over base names, case-insensitive; the entry of the nearest ancestor applies. */
export interface FilePatterns {
  readonly path: VirtualPath
  readonly allowedPatterns: readonly string[]
  readonly deniedPatterns: readonly string[]
  /** Refused names are shown but not usable, or not shown at all. */
  readonly denyPolicy: 'visible' | 'hidden'
}

/** -1/-1: counted in the user's own quota. 0: no limit. */
export interface FolderMount {
  readonly folderName: string
  readonly virtualPath: VirtualPath
  readonly quotaSize: number
  readonly quotaFiles: number
}

/** FTP security a user asks for: no login in clear text, or no data connection in clear text either. */
export const ftpSecurities = ['any', 'tls-required', 'tls-required-for-data'] as const
export type FtpSecurity = (typeof ftpSecurities)[number]

/** Times are milliseconds since the epoch, 0 = never. Sizes are bytes. Limits of 0 mean "no limit". */
export interface User {
  readonly id: number
  readonly username: string
  readonly status: 'active' | 'disabled'
  readonly email: string
  readonly description: string
  readonly additionalInfo: string
  readonly expirationDate: number
  /** PHC string; '' when the user has none. Never leaves the server. */
  readonly passwordHash: string
  /** Lines of authorized_keys. */
  readonly publicKeys: readonly string[]
  /** Directory of the server that is the user's '/'. */
  readonly homeDir: string
  readonly folders: readonly FolderMount[]
  readonly maxSessions: number
  readonly quotaSize: number
  readonly quotaFiles: number
  readonly usedQuotaSize: number
  readonly usedQuotaFiles: number
  readonly lastQuotaUpdate: number
  readonly permissions: PermissionMap
  /** KB/s per transfer (1 KB = 1024 bytes). */
  readonly uploadBandwidth: number
  readonly downloadBandwidth: number
  readonly deniedLoginMethods: readonly LoginMethod[]
  readonly deniedProtocols: readonly LoginProtocol[]
  readonly filePatterns: readonly FilePatterns[]
  readonly maxUploadFileSize: number
  readonly startDirectory: VirtualPath
  readonly ftpSecurity: FtpSecurity
  /** Absent when none is on. */
  readonly secondFactor?: SecondFactor
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastLogin: number
  readonly lastPasswordChange: number
}

/** What an admin sets; the rest is kept by the server. */
export type UserSettings = Omit<
  User,
  | 'id'
  | 'usedQuotaSize'
  | 'usedQuotaFiles'
  | 'lastQuotaUpdate'
  | 'secondFactor'
  | 'createdAt'
  | 'updatedAt'
  | 'lastLogin'
  | 'lastPasswordChange'
>

/** What takes the place of all settings of a user, but for what is left out: that stays as it is then. */
export type UserChange = Omit<UserSettings, 'passwordHash' | 'status'> & {
  readonly passwordHash?: string | undefined
  readonly status?: UserSettings['status'] | undefined
}

/** The part of a user that admins set. */
export function userSettingsOf(user: User): UserSettings {
  const {
    id: _id,
    usedQuotaSize: _size,
    usedQuotaFiles: _files,
    lastQuotaUpdate: _counted,
    secondFactor: _factor,
    createdAt: _created,
    updatedAt: _updated,
    lastLogin: _login,
    lastPasswordChange: _password,
    ...settings
  } = user
  return settings
}

export interface QuotaUsage {
  readonly size: number
  readonly files: number
}
