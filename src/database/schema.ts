import type { Generated, Kysely, Transaction } from 'kysely'

/** Lists and maps are JSON text; times are milliseconds since the epoch, 0 = never; sizes are bytes. */

/** The second factor of a user or an admin. */
export interface SecondFactorColumns {
  /** Sealed; '' when none is on. */
  totp_secret: Generated<string>
  totp_protocols: Generated<string>
  /** Of the last code that was taken. */
  totp_last_step: Generated<number>
  totp_guesses: Generated<number>
  totp_guesses_since: Generated<number>
  /** Hashes of those that are left. */
  recovery_codes: Generated<string>
}

export interface UsersTable extends SecondFactorColumns {
  id: Generated<number>
  username: string
  status: string
  email: string
  description: string
  additional_info: string
  expiration_date: number
  password_hash: string
  public_keys: string
  home_dir: string
  max_sessions: number
  quota_size: number
  quota_files: number
  used_quota_size: Generated<number>
  used_quota_files: Generated<number>
  last_quota_update: Generated<number>
  permissions: string
  upload_bandwidth: number
  download_bandwidth: number
  denied_login_methods: string
  denied_protocols: string
  file_patterns: string
  max_upload_file_size: number
  start_directory: string
  ftp_security: string
  created_at: number
  updated_at: number
  last_login: Generated<number>
  last_password_change: number
  /** What a search looks at, see searchText(). */
  search_text: string
}

export interface FoldersTable {
  id: Generated<number>
  name: string
  mapped_path: string
  description: string
  used_quota_size: Generated<number>
  used_quota_files: Generated<number>
  last_quota_update: Generated<number>
  search_text: string
}

export interface UserFoldersTable {
  user_id: number
  folder_id: number
  /** Keeps the order in which the admin gave them. */
  position: number
  virtual_path: string
  quota_size: number
  quota_files: number
}

export interface AdminsTable extends SecondFactorColumns {
  id: Generated<number>
  username: string
  source: string
  status: string
  email: string
  description: string
  password_hash: string
  permissions: string
  created_at: number
  updated_at: number
  last_login: Generated<number>
  search_text: string
}

export interface AdminTokensTable {
  id: Generated<number>
  token_hash: string
  admin_username: string
  kind: string
  /** Of a key; '' for others. */
  name: string
  created_at: number
  expires_at: number
}

export interface UnsettledAccountsTable {
  kind: string
  name: string
}

/** What admins changed while the server ran; the values are JSON text. */
export interface SettingsTable {
  name: string
  value: string
}

export interface AuditRecordsTable {
  id: Generated<number>
  at: number
  action: string
  username: string
  protocol: string
  connection_id: string
  remote_address: string
  bytes: number
  duration_ms: number
  /** Path and target, see searchText(). */
  search_text: string
  path: string
  target: string
  detail: string
}

export interface Tables {
  users: UsersTable
  folders: FoldersTable
  user_folders: UserFoldersTable
  admins: AdminsTable
  admin_tokens: AdminTokensTable
  unsettled_accounts: UnsettledAccountsTable
  audit_records: AuditRecordsTable
  settings: SettingsTable
}

export type Db = Kysely<Tables> | Transaction<Tables>
