import assert from 'node:assert/strict'
import type { AdminSettings } from '../../src/core/accounts/admin.ts'
import type { FolderSettings } from '../../src/core/accounts/folder.ts'
import type { Page } from '../../src/core/accounts/repositories.ts'
import type { UserSettings } from '../../src/core/accounts/user.ts'
import { hasCode, type ErrorCode } from '../../src/core/errors.ts'
import type { VirtualPath } from '../../src/core/files/virtual-path.ts'
import type { Database } from '../../src/database/database.ts'
import { unlimitedUser } from '../support/user-settings.ts'

/** An empty database that one test owns. */
export interface RepositoryWorld extends AsyncDisposable {
  readonly url: string
  /** Opens it once more, as another process would; whoever calls closes it. */
  open(): Promise<Database>
  /** Runs a statement behind the repositories' back. */
  execute(statement: string): Promise<void>
  /** How many rows a table has. */
  countRows(table: string): Promise<number>
}

export type OpenWorld = () => Promise<RepositoryWorld>

export const wholePage: Page = { offset: 0, limit: 1000, order: 'ASC' }

export function userNamed(username: string, settings: Partial<UserSettings> = {}): UserSettings {
  return { ...unlimitedUser({ username, homeDir: '/srv/home', passwordHash: '' }), ...settings }
}

/** Every field differs from its default, so that a column that is forgotten or mixed up shows. */
export const elaborateSettings: Omit<UserSettings, 'username' | 'folders'> = {
  status: 'disabled',
  email: 'a@example.com',
  description: 'a description',
  additionalInfo: 'more "about" it\n',
  expirationDate: 1_900_000_000_001,
  passwordHash: '$argon2id$v=19$one',
  publicKeys: ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two'],
  homeDir: '/srv/home/a b',
  maxSessions: 3,
  quotaSize: 9_000_000_000_000,
  quotaFiles: 12_345,
  permissions: { '/': ['list', 'download'], '/in/*': ['upload'], '/nothing': [] },
  uploadBandwidth: 11,
  downloadBandwidth: 22,
  deniedLoginMethods: ['password', 'publickey+password'],
  deniedProtocols: ['FTP'],
  filePatterns: [
    {
      path: '/in' as VirtualPath,
      allowedPatterns: ['*.csv'],
      deniedPatterns: ['*.exe'],
      denyPolicy: 'hidden',
    },
  ],
  maxUploadFileSize: 33_000_000_000,
  startDirectory: '/in' as VirtualPath,
  ftpSecurity: 'tls-required',
}

export function folderNamed(name: string, settings: Partial<FolderSettings> = {}): FolderSettings {
  return { name, mappedPath: `/srv/${name}`, description: '', ...settings }
}

export function mountOf(folderName: string, virtualPath = `/${folderName}`) {
  return { folderName, virtualPath: virtualPath as VirtualPath, quotaSize: -1, quotaFiles: -1 }
}

export function adminNamed(username: string, settings: Partial<AdminSettings> = {}): AdminSettings {
  return {
    username,
    source: 'local',
    status: 'active',
    email: '',
    description: '',
    passwordHash: '',
    permissions: ['*'],
    ...settings,
  }
}

export function rejectsWith(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(hasCode(error, code), `not '${code}' but ${String(error)}`)
    return true
  })
}

/** Names that break what is careless with quotes, case, bytes or patterns. */
export const difficultNames = [
  "Robert'); drop table users;--",
  `"double" 'single' \`back\` \\ $1 ? :name`,
  'naïve-Ünïcödé-日本語-عربى',
  '👩‍👩‍👧‍👦 emoji',
  '100%_sure',
  ' space around ',
  'line\nbreak\ttab',
  'A',
  'a',
  'é',
  'e\u0301',
  '__proto__',
]
