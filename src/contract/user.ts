import { Type, type Static } from 'typebox'
import { filesystem, folderMount, folderMountInput } from './folder.ts'
import { factorFilters } from './second-factor.ts'
import { amount, date, lastUpdate, text, timestamp } from './values.ts'

export const permission = Type.Enum(
  [
    '*',
    'list',
    'download',
    'upload',
    'overwrite',
    'create_dirs',
    'rename',
    'rename_files',
    'rename_dirs',
    'delete',
    'delete_files',
    'delete_dirs',
    'create_symlinks',
    'chmod',
    'chown',
    'chtimes',
    'copy',
  ],
  { title: 'Permission' },
)

/** DAV is not served, so that denying it is always kept; it is accepted and not stored. */
const protocol = Type.Enum(['SSH', 'FTP', 'HTTP'])
const protocolInput = Type.Enum(['SSH', 'FTP', 'HTTP', 'DAV'])

const methods = [
  'publickey',
  'password',
  'password-over-SSH',
  'keyboard-interactive',
  'publickey+password',
  'publickey+keyboard-interactive',
] as const
const method = Type.Enum([...methods])
/** Client certificates are not taken for a login; denying them is accepted and not stored. */
const methodInput = Type.Enum([...methods, 'TLSCertificate', 'TLSCertificate+password'])

const pattern = Type.String({ minLength: 1, maxLength: 255 })
const denyPolicy = Type.Integer({
  minimum: 0,
  maximum: 1,
  description: '0: refused names are shown, 1: they are hidden.',
})

export const filePatternsInput = Type.Object(
  {
    path: Type.String({ maxLength: 4096 }),
    allowed_patterns: Type.Optional(Type.Array(pattern, { maxItems: 1000 })),
    denied_patterns: Type.Optional(Type.Array(pattern, { maxItems: 1000 })),
    deny_policy: Type.Optional(denyPolicy),
  },
  { title: 'PatternsFilterInput', description: 'Shell patterns over base names, case-insensitive.' },
)

const filePatterns = Type.Object(
  {
    path: Type.String(),
    allowed_patterns: Type.Array(Type.String()),
    denied_patterns: Type.Array(Type.String()),
    deny_policy: denyPolicy,
  },
  { title: 'PatternsFilter' },
)

const ftpSecurity = Type.Integer({
  minimum: 0,
  maximum: 2,
  description: '1: FTP logins must use TLS. 2: data connections as well.',
})
const startDirectory = Type.String({
  maxLength: 4096,
  description: 'Absolute virtual path where SFTP and FTP start.',
})

const filtersInput = Type.Object(
  {
    denied_login_methods: Type.Optional(Type.Array(methodInput, { maxItems: 20 })),
    denied_protocols: Type.Optional(Type.Array(protocolInput, { maxItems: 20 })),
    file_patterns: Type.Optional(Type.Array(filePatternsInput, { maxItems: 1000 })),
    max_upload_file_size: Type.Optional(amount('Bytes, 0 = no limit.')),
    start_directory: Type.Optional(startDirectory),
    ftp_security: Type.Optional(ftpSecurity),
  },
  { title: 'UserFiltersInput' },
)

const filters = Type.Object(
  {
    denied_login_methods: Type.Array(method),
    denied_protocols: Type.Array(protocol),
    file_patterns: Type.Array(filePatterns),
    max_upload_file_size: amount('Bytes, 0 = no limit.'),
    start_directory: startDirectory,
    ftp_security: ftpSecurity,
    ...factorFilters,
  },
  { title: 'UserFilters' },
)

const permissionMap = Type.Unsafe<Record<string, Static<typeof permission>[]>>(
  Type.Object(
    {},
    {
      additionalProperties: Type.Array(permission, { maxItems: 50 }),
      maxProperties: 1000,
      title: 'Permissions',
      description: 'Directory, or glob over directories, to what is allowed in it. `/` is mandatory.',
    },
  ),
)

const bandwidth = Type.Integer({
  minimum: 0,
  maximum: 2 ** 31 - 1,
  description: 'KB/s for each transfer, 0 = no limit.',
})
const status = Type.Integer({ minimum: 0, maximum: 1, description: '1: active, 0: disabled.' })

export const userUpdate = Type.Object(
  {
    status: Type.Optional(status),
    email: Type.Optional(Type.String({ maxLength: 255, pattern: '^$|^[^\\s@]+@[^\\s@]+$' })),
    description: Type.Optional(text('Free text.')),
    additional_info: Type.Optional(text('Free text.')),
    expiration_date: Type.Optional(date('When the account ends')),
    password: Type.Optional(
      Type.String({ maxLength: 1024, description: 'Left out: keeps the present one. Empty: removes it.' }),
    ),
    public_keys: Type.Optional(
      Type.Array(Type.String({ maxLength: 16_384 }), {
        maxItems: 1000,
        description: 'Lines of authorized_keys.',
      }),
    ),
    home_dir: Type.Optional(
      Type.String({
        maxLength: 4096,
        description: 'Directory of the server; empty: one named like the user.',
      }),
    ),
    virtual_folders: Type.Optional(Type.Array(folderMountInput, { maxItems: 1000 })),
    max_sessions: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: '0 = no limit.' }),
    ),
    quota_size: Type.Optional(amount('Bytes, 0 = no limit.')),
    quota_files: Type.Optional(amount('Number of files, 0 = no limit.')),
    permissions: permissionMap,
    upload_bandwidth: Type.Optional(bandwidth),
    download_bandwidth: Type.Optional(bandwidth),
    filters: Type.Optional(filtersInput),
    filesystem: Type.Optional(filesystem),
    expected_updated_at: Type.Optional(lastUpdate),
  },
  {
    title: 'UserUpdate',
    description: 'What is left out takes its default; `password` and `status` stay as they are.',
  },
)
export type UserUpdate = Static<typeof userUpdate>

const { expected_updated_at: _lastUpdate, ...settings } = userUpdate.properties
export const userCreate = Type.Object(
  { username: Type.String({ minLength: 1, maxLength: 255 }), ...settings },
  { title: 'UserCreate' },
)
export type UserCreate = Static<typeof userCreate>

const none = Type.Integer({ minimum: 0, maximum: 0, description: 'Not limited by this version.' })

/** A user as an admin sees it; no secret is ever part of it. */
export const user = Type.Object(
  {
    id: Type.Integer({ format: 'int64' }),
    status,
    username: Type.String(),
    email: Type.String(),
    description: Type.String(),
    additional_info: Type.String(),
    expiration_date: timestamp('When the account ends'),
    has_password: Type.Boolean(),
    public_keys: Type.Array(Type.String()),
    home_dir: Type.String(),
    virtual_folders: Type.Array(folderMount),
    uid: none,
    gid: none,
    max_sessions: amount('0 = no limit.'),
    quota_size: amount('Bytes, 0 = no limit.'),
    quota_files: amount('Number of files, 0 = no limit.'),
    permissions: permissionMap,
    used_quota_size: amount('Bytes.'),
    used_quota_files: amount('Number of files.'),
    last_quota_update: timestamp('When the counters last changed'),
    upload_bandwidth: bandwidth,
    download_bandwidth: bandwidth,
    upload_data_transfer: none,
    download_data_transfer: none,
    total_data_transfer: none,
    created_at: timestamp('When it was made'),
    updated_at: timestamp('When it was last changed'),
    last_login: timestamp('When it last signed in'),
    last_password_change: timestamp('When the password was last set'),
    filters,
    filesystem,
  },
  { title: 'User' },
)
export type UserResource = Static<typeof user>
