import type { Identity } from '../auth/admin-tokens.ts'
import type { LoginThrottle } from '../auth/login-throttle.ts'
import type { PasswordHasher } from '../auth/password-hash.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, invalidInput } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { KeyedLock } from '../files/keyed-lock.ts'
import { checkName } from './account-rules.ts'
import { adminMay, adminPermissions, adminSettingsOf, type Admin, type AdminSettings } from './admin.ts'
import type { AdminRepository, Page } from './repositories.ts'

const minPasswordLength = 8
const pageSize = 500

/**
 * A password left out stays, and so does a status: a replacement that forgets it never opens a disabled account. A new
 * admin is active.
 */
export type AdminInput = Pick<Admin, 'username' | 'email' | 'description' | 'permissions'> & {
  readonly password?: string | undefined
  readonly status?: Admin['status'] | undefined
}

export interface AdminServiceParts {
  readonly admins: AdminRepository
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly events: EventBus
  readonly clock?: Clock
}

/**
 * What admins do with admins, themselves included. One change at a time, so that two admins cannot shut each other out.
 * All throw FileServerError: 'invalid-argument' with its field, 'permission-denied', 'already-exists', 'not-found'.
 */
export class AdminService {
  readonly #parts: AdminServiceParts
  readonly #clock: Clock
  readonly #lock = new KeyedLock()

  constructor(parts: AdminServiceParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  list(page: Page): Promise<readonly Admin[]> {
    return this.#parts.admins.list(page)
  }

  async find(username: string): Promise<Admin> {
    const admin = await this.#parts.admins.find(username)
    if (!admin) throw new FileServerError('not-found', 'No such admin')
    return admin
  }

  /** A local admin, with a password of this server's. */
  add(by: Identity, input: AdminInput & { readonly password: string }): Promise<Admin> {
    return this.#alone(by, async (actor) => {
      checkName('username', input.username)
      requireHeld(actor, input.permissions)
      const { password, status = 'active', ...settings } = input
      const passwordHash = await this.#hash('password', settings.username, password)
      const added = await this.#parts.admins.add(
        { ...settings, status, source: 'local', passwordHash },
        this.#clock(),
      )
      this.#changed(actor, added.username, 'added')
      return added
    })
  }

  /**
   * A new password, or disabling, ends the admin's tokens; who changes the own password stays signed in. Whoever tells
   * the `lastUpdate` of the admin they read undoes nothing that was changed since. @throws FileServerError 'busy' then
   */
  replace(by: Identity, input: AdminInput, lastUpdate?: number): Promise<Admin> {
    return this.#alone(by, async (actor) => {
      const before = await this.find(input.username)
      if (lastUpdate !== undefined && lastUpdate !== before.updatedAt)
        throw new FileServerError('busy', 'The admin was changed meanwhile')
      const { password, status = before.status, ...settings } = input
      requireHeld(actor, [...before.permissions, ...settings.permissions])
      if (actor.username === before.username && status === 'disabled')
        throw new FileServerError('permission-denied', 'You cannot disable yourself', {
          reason: 'yourself-disabled',
        })
      if (password !== undefined && before.source !== 'local') throw hasNoPassword('password')
      const passwordHash =
        password === undefined ? before.passwordHash : await this.#hash('password', before.username, password)
      const after = { ...settings, status, source: before.source, passwordHash }
      await this.#requireManagerWithout(before, after)
      const endsTokens = password !== undefined || status === 'disabled'
      const replaced = await this.#replace(by, after, endsTokens)
      this.#changed(actor, replaced.username, 'replaced')
      return replaced
    })
  }

  remove(by: Identity, username: string): Promise<void> {
    return this.#alone(by, async (actor) => {
      const before = await this.find(username)
      if (actor.username === username)
        throw new FileServerError('permission-denied', 'You cannot remove yourself', {
          reason: 'yourself-removed',
        })
      requireHeld(actor, before.permissions)
      await this.#requireManagerWithout(before)
      await this.#parts.admins.remove(username)
      this.#changed(actor, username, 'removed')
    })
  }

  /** Everybody's own password; guessing the present one is slowed down as at the sign-in. */
  async changePassword(by: Identity, present: string, next: string): Promise<void> {
    const { admin } = by
    const { throttle, hasher } = this.#parts
    if (admin.source !== 'local') throw hasNoPassword('current_password')
    const throttleName = `admin:${admin.username}`
    await throttle.pass(throttleName)
    if (!(await hasher.verify(present, admin.passwordHash))) {
      throttle.recordFailure(throttleName)
      throw invalidInput('current_password', 'is not your password', 'wrong-password')
    }
    throttle.recordSuccess(throttleName)
    const passwordHash = await this.#hash('new_password', admin.username, next)
    await this.#lock.run('admins', async () => {
      const now = await this.find(admin.username)
      if (now.passwordHash !== admin.passwordHash)
        throw new FileServerError('busy', 'Your account was changed meanwhile, try again')
      await this.#replace(by, { ...adminSettingsOf(now), passwordHash }, true)
    })
    this.#changed(admin, admin.username, 'replaced')
  }

  /** Who acts is looked up again: another admin may have changed that a moment ago. */
  #alone<T>(by: Identity, task: (actor: Admin) => Promise<T>): Promise<T> {
    return this.#lock.run('admins', async () => {
      const actor = await this.#parts.admins.find(by.admin.username)
      if (!actor || actor.status !== 'active' || !adminMay(actor, 'manage_admins'))
        throw new FileServerError('permission-denied', 'You may no longer manage admins')
      return task(actor)
    })
  }

  #replace(by: Identity, settings: AdminSettings, endsTokens: boolean): Promise<Admin> {
    const except = by.admin.username === settings.username ? { except: by.token.tokenHash } : {}
    return this.#parts.admins.replace(settings, this.#clock(), endsTokens ? except : undefined)
  }

  /** Somebody must be left who can let others in. */
  async #requireManagerWithout(before: Admin, after?: AdminSettings): Promise<void> {
    const stays = after !== undefined && isManager(after)
    if (!isManager(before) || stays || (await this.#hasManagerBesides(before.username))) return
    throw new FileServerError('permission-denied', 'This is the last admin who can manage admins', {
      reason: 'last-manager',
    })
  }

  async #hasManagerBesides(username: string): Promise<boolean> {
    for (let offset = 0; ; offset += pageSize) {
      const page = await this.#parts.admins.list({ offset, limit: pageSize, order: 'ASC' })
      if (page.some((admin) => admin.username !== username && isManager(admin))) return true
      if (page.length < pageSize) return false
    }
  }

  async #hash(field: string, username: string, password: string): Promise<string> {
    if (password.length < minPasswordLength)
      throw invalidInput(field, `must have at least ${minPasswordLength} characters`, 'password-too-short')
    if (password === username) throw invalidInput(field, 'must not be the user name', 'password-is-name')
    return this.#parts.hasher.hash(password)
  }

  #changed(actor: Admin, name: string, change: 'added' | 'replaced' | 'removed'): void {
    this.#parts.events.emit({
      type: 'account-changed',
      admin: actor.username,
      subject: 'admin',
      name,
      change,
    })
  }
}

/**
 * Nobody gives more than they have, nor changes who has more: with another's password one has their permissions.
 * @throws FileServerError 'permission-denied'; 'invalid-argument' for a permission that does not exist
 */
export function requireHeld(actor: Pick<Admin, 'permissions'>, permissions: Admin['permissions']): void {
  if (permissions.length === 0) throw invalidInput('permissions', 'must not be empty')
  for (const permission of permissions) {
    if (!adminPermissions.includes(permission)) throw invalidInput('permissions', 'hold an unknown name')
    if (!adminMay(actor, permission))
      throw new FileServerError(
        'permission-denied',
        `You do not have the permission ${permission} yourself`,
        { reason: 'permission-not-held' },
      )
  }
}

function isManager(admin: AdminSettings): boolean {
  return admin.status === 'active' && adminMay(admin, 'manage_admins')
}

function hasNoPassword(field: string): FileServerError {
  return invalidInput(field, 'only local admins have a password here')
}
