import type { Admin, AdminSettings, AdminToken, TokenGrounds } from './admin.ts'
import type { Folder, FolderChange, FolderSettings } from './folder.ts'
import type { QuotaUsage, User, UserChange, UserSettings } from './user.ts'

/** Page of a list, ordered by name. */
export interface Page {
  readonly offset: number
  readonly limit: number
  readonly order: 'ASC' | 'DESC'
  /** Only names (or descriptions, or e-mail addresses) that contain this, ignoring case. */
  readonly search?: string
}

/** Whose usage is counted: a user's own space, or a folder that is counted apart. */
export interface QuotaAccount {
  readonly kind: 'user' | 'folder'
  readonly name: string
}

/**
 * What makes counters of accounts tell nothing any more marks these in the same transaction, as
 * QuotaRepository.markUnsettled() does: users and folders that are new, and those that lie elsewhere or are counted in
 * another way now. Names are compared byte by byte. All throw FileServerError: 'already-exists' for a taken name, 'not-found' for an
 * unknown one, 'unavailable' when the database does not answer.
 */
export interface UserRepository {
  find(username: string): Promise<User | undefined>
  list(page: Page): Promise<readonly User[]>
  count(): Promise<number>
  /** @throws 'already-exists'; 'not-found' when a folder it mounts does not exist */
  add(settings: UserSettings, now: number): Promise<User>
  /**
   * Replaces all settings of `change.username`, including its mounts, in one transaction: nothing came between what it
   * answers as `before` and as `after`. @throws 'busy' when `lastUpdate` is given and not the user's updatedAt any more
   */
  replace(
    change: UserChange,
    now: number,
    lastUpdate?: number,
  ): Promise<{ readonly before: User; readonly after: User }>
  /** Changes nothing else, whatever an admin changes at the same time. @throws 'busy' when the hash is not `from` */
  changePassword(username: string, from: string, to: string, now: number): Promise<void>
  /** Changes nothing else. @throws 'busy' when `expected` is given and these are not the user's keys */
  changePublicKeys(
    username: string,
    publicKeys: readonly string[],
    now: number,
    expected?: readonly string[],
  ): Promise<void>
  remove(username: string): Promise<void>
  recordLogin(username: string, now: number): Promise<void>
}

export interface FolderRepository {
  find(name: string): Promise<Folder | undefined>
  findAll(names: readonly string[]): Promise<readonly Folder[]>
  list(page: Page): Promise<readonly Folder[]>
  add(settings: FolderSettings): Promise<Folder>
  replace(change: FolderChange): Promise<Folder>
  /** Takes its mounts away from all users, too. */
  remove(name: string): Promise<void>
}

export interface AdminRepository {
  find(username: string): Promise<Admin | undefined>
  list(page: Page): Promise<readonly Admin[]>
  count(): Promise<number>
  add(settings: AdminSettings, now: number): Promise<Admin>
  /** `endTokens` ends the admin's tokens in the same transaction, all but the one whose hash is `except`. */
  replace(settings: AdminSettings, now: number, endTokens?: { readonly except?: string }): Promise<Admin>
  remove(username: string): Promise<void>
  recordLogin(username: string, now: number): Promise<void>
  /**
   * Only while its grounds hold, in one step: what ends an admin's tokens ends this one, too, or keeps it from being made.
   * @throws 'access-denied' when the admin is another, not active or has another password, or the token that asks is over
   */
  addToken(token: Omit<AdminToken, 'id'>, grounds: TokenGrounds): Promise<AdminToken>
  /** Only while it has not expired. */
  findToken(tokenHash: string, now: number): Promise<AdminToken | undefined>
  /** Those that have not expired, the oldest first. */
  listTokens(username: string, now: number): Promise<readonly AdminToken[]>
  extendToken(tokenHash: string, expiresAt: number): Promise<void>
  removeToken(tokenHash: string): Promise<void>
  /** @throws 'not-found' unless `username` has a token of this id */
  removeTokenOf(username: string, id: number): Promise<void>
  /** All but the one whose hash is `except`. */
  removeTokensOf(username: string, except?: string): Promise<void>
  /** Of all admins, but for keys: nobody could make those anew by signing in, should the clock be wrong. */
  removeExpiredTokens(now: number): Promise<void>
  removeExpiredKeysOf(username: string, now: number): Promise<void>
}

/** Counters are changed by one atomic statement each and never become negative. */
export interface QuotaRepository {
  /** @throws 'not-found' */
  usage(account: QuotaAccount): Promise<QuotaUsage>
  add(account: QuotaAccount, change: QuotaUsage, now: number): Promise<void>
  set(account: QuotaAccount, usage: QuotaUsage, now: number): Promise<void>
  /**
   * Says that uploads to this account are under way, or that it was not counted yet: after the next start its files are
   * counted anew, and what uploads left behind is removed.
   */
  markUnsettled(account: QuotaAccount): Promise<void>
  clearUnsettled(account: QuotaAccount): Promise<void>
  listUnsettled(): Promise<readonly QuotaAccount[]>
}
