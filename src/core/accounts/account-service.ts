import { posix } from 'node:path'
import { loginProtocolOf } from '../auth/login-methods.ts'
import type { PasswordHasher } from '../auth/password-hash.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { ConnectionRegistry } from '../connections/connection-registry.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { Subject } from '../events/events.ts'
import { checkDirectory, checkName, checkUser } from './account-rules.ts'
import { changesAccess } from './changes-access.ts'
import { accountsToCount, type Recounts } from './counted-places.ts'
import type { Folder, FolderChange, FolderSettings } from './folder.ts'
import type { FolderRepository, Page, QuotaAccount, UserRepository } from './repositories.ts'
import type { User, UserSettings } from './user.ts'
import { limitsOf } from './user-limits.ts'

/**
 * A password to set: undefined keeps the present one, '' removes it. A status left out stays, so that a replacement that
 * forgets it never opens a disabled account; a new one is active.
 */
export type UserInput = Omit<UserSettings, 'passwordHash' | 'status'> & {
  readonly password?: string | undefined
  readonly status?: UserSettings['status'] | undefined
}

export interface AccountParts {
  readonly users: UserRepository
  readonly folders: FolderRepository
  readonly hasher: PasswordHasher
  readonly connections: ConnectionRegistry
  readonly recounts: Recounts
  readonly events: EventBus
  /** Directories of the server below which accounts may live. */
  readonly roots: readonly string[]
  /** Where a user lives that has no home_dir of its own: here, under the user's name. */
  readonly usersBaseDir: string
  readonly clock?: Clock
}

export interface ReplaceOptions {
  readonly disconnect?: boolean
  readonly lastUpdate?: number | undefined
}

/**
 * What admins do with users and folders. Everything is checked here, whoever asks; `admin` is named in the events.
 * All throw FileServerError: 'invalid-argument' with its field, 'already-exists', 'not-found', 'unavailable'.
 */
export class AccountService {
  readonly #parts: AccountParts
  readonly #clock: Clock

  constructor(parts: AccountParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  async findUser(username: string): Promise<User> {
    const user = await this.#parts.users.find(username)
    if (!user) throw new FileServerError('not-found', 'No such user')
    return user
  }

  /** False until the first user is made. */
  async hasUsers(): Promise<boolean> {
    return (await this.#parts.users.count()) > 0
  }

  listUsers(page: Page): Promise<readonly User[]> {
    return this.#parts.users.list(page)
  }

  async addUser(admin: string, input: UserInput): Promise<User> {
    const settings = await this.#checked(input)
    const passwordHash = (await this.#hash(input.password)) ?? ''
    const status = input.status ?? 'active'
    const user = await this.#parts.users.add({ ...settings, status, passwordHash }, this.#clock())
    this.#changed(admin, 'user', user.username, 'added')
    this.#recount(accountsToCount(undefined, user), [user.username])
    return user
  }

  /**
   * Sessions know the account as it was when they began: they end at once where it changes who the user is or what they
   * may do, and for anything else where `disconnect` asks for it; those that stay go by its new limits. Whoever tells the
   * `lastUpdate` of the user they read undoes nothing that was changed since. @throws FileServerError 'busy' then
   */
  async replaceUser(
    admin: string,
    input: UserInput,
    { disconnect = false, lastUpdate }: ReplaceOptions = {},
  ): Promise<User> {
    const settings = await this.#checked(input)
    const passwordHash = await this.#hash(input.password)
    const { status } = input
    const { before, after: user } = await this.#parts.users.replace(
      { ...settings, status, passwordHash },
      this.#clock(),
      lastUpdate,
    )
    this.#changed(admin, 'user', user.username, 'replaced')
    if (disconnect || changesAccess(before, user))
      this.#parts.connections.disconnectUser(user.username, 'the account was changed')
    else {
      this.#parts.connections.limitUser(user.username, limitsOf(user))
      this.#disconnectDenied(user)
    }
    this.#recount(accountsToCount(before, user), [user.username])
    return user
  }

  /** The user's files stay where they are. */
  async removeUser(admin: string, username: string): Promise<void> {
    await this.#parts.users.remove(username)
    this.#changed(admin, 'user', username, 'removed')
    this.#parts.connections.disconnectUser(username, 'the account was removed')
  }

  async findFolder(name: string): Promise<Folder> {
    const folder = await this.#parts.folders.find(name)
    if (!folder) throw new FileServerError('not-found', 'No such folder')
    return folder
  }

  /** Those of `names` that exist. */
  findFolders(names: readonly string[]): Promise<readonly Folder[]> {
    return this.#parts.folders.findAll(names)
  }

  listFolders(page: Page): Promise<readonly Folder[]> {
    return this.#parts.folders.list(page)
  }

  async addFolder(admin: string, input: FolderSettings): Promise<Folder> {
    const folder = await this.#parts.folders.add(this.#checkedFolder(input))
    this.#changed(admin, 'folder', folder.name, 'added')
    this.#recount([{ kind: 'folder', name: folder.name }], [])
    return folder
  }

  /** Sessions that have the folder mounted end: they would go on in the old place. */
  async replaceFolder(admin: string, input: FolderChange): Promise<Folder> {
    const settings = this.#checkedFolder(input)
    const before = await this.findFolder(settings.name)
    const folder = await this.#parts.folders.replace(settings)
    this.#changed(admin, 'folder', folder.name, 'replaced')
    this.#disconnectUsers(folder)
    if (folder.mappedPath !== before.mappedPath)
      this.#recount([{ kind: 'folder', name: folder.name }, ...usersOf(folder)], folder.users)
    return folder
  }

  async removeFolder(admin: string, name: string): Promise<void> {
    const folder = await this.findFolder(name)
    await this.#parts.folders.remove(name)
    this.#changed(admin, 'folder', name, 'removed')
    this.#disconnectUsers(folder)
    this.#recount(usersOf(folder), folder.users)
  }

  /** What is there already is counted in the background, once sessions that began before have ended. */
  #recount(accounts: readonly QuotaAccount[], usernames: readonly string[]): void {
    if (accounts.length === 0) return
    const { connections, recounts } = this.#parts
    const gone = connections.gone(({ username }) => usernames.includes(username))
    void recounts.countSoon(accounts, gone)
  }

  async #checked(input: UserInput): Promise<Omit<UserSettings, 'passwordHash' | 'status'>> {
    const { password: _password, ...settings } = input
    checkName('username', settings.username)
    const homeDir =
      settings.homeDir === '' ? posix.join(this.#parts.usersBaseDir, settings.username) : settings.homeDir
    const {
      passwordHash: _hash,
      status: _status,
      ...checked
    } = checkUser({ ...settings, homeDir, passwordHash: '', status: 'active' }, this.#parts.roots)
    const names = checked.folders.map((mount) => mount.folderName)
    const known = new Set((await this.#parts.folders.findAll(names)).map((folder) => folder.name))
    const missing = names.find((name) => !known.has(name))
    if (missing !== undefined)
      throw new FileServerError('invalid-argument', `virtual_folders: there is no folder '${missing}'`, {
        field: 'virtual_folders',
        reason: 'folder-unknown',
      })
    return checked
  }

  #checkedFolder<T extends FolderChange>(input: T): T {
    checkName('name', input.name)
    const { mappedPath } = input
    if (mappedPath === undefined) return input
    return { ...input, mappedPath: checkDirectory('mapped_path', mappedPath, this.#parts.roots) }
  }

  async #hash(password: string | undefined): Promise<string | undefined> {
    if (password === undefined) return undefined
    return password === '' ? '' : this.#parts.hasher.hash(password)
  }

  #disconnectDenied({ username, deniedProtocols }: User): void {
    this.#parts.connections.disconnectWhere(
      (member) => member.username === username && deniedProtocols.includes(loginProtocolOf(member.protocol)),
      'the account was changed',
    )
  }

  #disconnectUsers(folder: Folder): void {
    for (const username of folder.users)
      this.#parts.connections.disconnectUser(username, 'a folder of the account was changed')
  }

  #changed(admin: string, subject: Subject, name: string, change: 'added' | 'replaced' | 'removed'): void {
    this.#parts.events.emit({ type: 'account-changed', admin, subject, name, change })
  }
}

function usersOf({ users }: Folder): QuotaAccount[] {
  return users.map((name) => ({ kind: 'user', name }))
}
