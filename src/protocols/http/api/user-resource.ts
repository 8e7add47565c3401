import type { FolderMountInput, FolderMountResource } from '../../../contract/folder.ts'
import type { UserResource, UserUpdate } from '../../../contract/user.ts'
import type { UserInput } from '../../../core/accounts/account-service.ts'
import type { Folder } from '../../../core/accounts/folder.ts'
import {
  ftpSecurities,
  loginMethods,
  loginProtocols,
  type FilePatterns,
  type FolderMount,
  type QuotaUsage,
  type User,
} from '../../../core/accounts/user.ts'
import { fromSecondFactor } from './second-factor-resource.ts'
import { toVirtualPath } from './virtual-path-field.ts'

type Filters = NonNullable<UserUpdate['filters']>

/**
 * What a body asks for. Fields left out take SFTPGo's defaults; a password or status left out stays, so that a
 * replacement that forgets it never opens a disabled account. A new user is active unless told otherwise.
 * @throws FileServerError 'invalid-argument'
 */
export function toUserInput(username: string, body: UserUpdate): UserInput {
  return {
    username,
    status: toStatus(body.status),
    email: body.email ?? '',
    description: body.description ?? '',
    additionalInfo: body.additional_info ?? '',
    expirationDate: body.expiration_date ?? 0,
    password: body.password,
    publicKeys: (body.public_keys ?? []).map((line) => line.trim()).filter((line) => line !== ''),
    homeDir: body.home_dir ?? '',
    folders: (body.virtual_folders ?? []).map(toMount),
    maxSessions: body.max_sessions ?? 0,
    quotaSize: body.quota_size ?? 0,
    quotaFiles: body.quota_files ?? 0,
    permissions: body.permissions,
    uploadBandwidth: body.upload_bandwidth ?? 0,
    downloadBandwidth: body.download_bandwidth ?? 0,
    ...toFilters(body.filters ?? {}),
  }
}

/** `folders` holds those the user has mounted, with what each uses now. */
export function fromUser(
  user: User,
  used: QuotaUsage,
  folders: ReadonlyMap<string, { readonly folder: Folder; readonly used: QuotaUsage }>,
): UserResource {
  return {
    id: user.id,
    status: user.status === 'active' ? 1 : 0,
    username: user.username,
    email: user.email,
    description: user.description,
    additional_info: user.additionalInfo,
    expiration_date: user.expirationDate,
    has_password: user.passwordHash !== '',
    public_keys: [...user.publicKeys],
    home_dir: user.homeDir,
    virtual_folders: user.folders.map((mount) => fromMount(mount, folders.get(mount.folderName))),
    uid: 0,
    gid: 0,
    max_sessions: user.maxSessions,
    quota_size: user.quotaSize,
    quota_files: user.quotaFiles,
    permissions: fromPermissions(user),
    used_quota_size: used.size,
    used_quota_files: used.files,
    last_quota_update: user.lastQuotaUpdate,
    upload_bandwidth: user.uploadBandwidth,
    download_bandwidth: user.downloadBandwidth,
    upload_data_transfer: 0,
    download_data_transfer: 0,
    total_data_transfer: 0,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    last_login: user.lastLogin,
    last_password_change: user.lastPasswordChange,
    filters: fromFilters(user),
    filesystem: { provider: 0 },
  }
}

function toStatus(status: number | undefined): UserInput['status'] {
  if (status === undefined) return undefined
  return status === 1 ? 'active' : 'disabled'
}

function toMount(mount: FolderMountInput): FolderMount {
  return {
    folderName: mount.name,
    virtualPath: toVirtualPath('virtual_folders.virtual_path', mount.virtual_path),
    quotaSize: mount.quota_size ?? 0,
    quotaFiles: mount.quota_files ?? 0,
  }
}

function toFilters(filters: Filters) {
  const deniedMethods = filters.denied_login_methods ?? []
  const deniedProtocols = filters.denied_protocols ?? []
  return {
    deniedLoginMethods: loginMethods.filter((method) => deniedMethods.includes(method)),
    deniedProtocols: loginProtocols.filter((protocol) => deniedProtocols.includes(protocol)),
    filePatterns: (filters.file_patterns ?? []).map(toPatterns),
    maxUploadFileSize: filters.max_upload_file_size ?? 0,
    startDirectory: toVirtualPath('filters.start_directory', filters.start_directory || '/'),
    ftpSecurity: ftpSecurities[filters.ftp_security ?? 0] ?? 'any',
  } as const
}

function toPatterns(rule: NonNullable<Filters['file_patterns']>[number]): FilePatterns {
  return {
    path: toVirtualPath('filters.file_patterns.path', rule.path),
    allowedPatterns: rule.allowed_patterns ?? [],
    deniedPatterns: rule.denied_patterns ?? [],
    denyPolicy: rule.deny_policy === 1 ? 'hidden' : 'visible',
  }
}

function fromPermissions(user: User): UserResource['permissions'] {
  return Object.fromEntries(
    Object.entries(user.permissions).map(([directory, granted]) => [directory, [...granted]]),
  )
}

function fromFilters(user: User): UserResource['filters'] {
  return {
    denied_login_methods: [...user.deniedLoginMethods],
    denied_protocols: [...user.deniedProtocols],
    file_patterns: user.filePatterns.map((rule) => ({
      path: rule.path,
      allowed_patterns: [...rule.allowedPatterns],
      denied_patterns: [...rule.deniedPatterns],
      deny_policy: rule.denyPolicy === 'hidden' ? 1 : 0,
    })),
    max_upload_file_size: user.maxUploadFileSize,
    start_directory: user.startDirectory,
    ftp_security: ftpSecurities.indexOf(user.ftpSecurity),
    ...fromSecondFactor(user.secondFactor),
  }
}

function fromMount(
  mount: FolderMount,
  known: { readonly folder: Folder; readonly used: QuotaUsage } | undefined,
): FolderMountResource {
  return {
    id: known?.folder.id ?? 0,
    name: mount.folderName,
    mapped_path: known?.folder.mappedPath ?? '',
    description: known?.folder.description ?? '',
    used_quota_size: known?.used.size ?? 0,
    used_quota_files: known?.used.files ?? 0,
    last_quota_update: known?.folder.lastQuotaUpdate ?? 0,
    filesystem: { provider: 0 },
    virtual_path: mount.virtualPath,
    quota_size: mount.quotaSize,
    quota_files: mount.quotaFiles,
  }
}
