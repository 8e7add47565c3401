import { checkName } from '../accounts/account-rules.ts'
import {
  adminMay,
  adminSettingsOf,
  type Admin,
  type AdminToken,
  type AdminTokenKind,
} from '../accounts/admin.ts'
import type { AdminRepository } from '../accounts/repositories.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import { systemName } from '../accounts/system-name.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, hasCode, toFileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { AdminDirectory } from './admin-directory.ts'
import { AdminTokens, type Identity, type IssuedToken } from './admin-tokens.ts'
import type { CodeCheck } from './code-check.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PasswordHasher } from './password-hash.ts'
import { RateLimit } from './rate-limit.ts'
import type { SetupCode } from './setup-code.ts'

/** The name to give together with the setup code. */
export const setupName = 'setup'

const whole = { status: 'active', permissions: ['*'] } as const

export interface AdminSignInParts {
  readonly admins: AdminRepository
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly codes: CodeCheck
  readonly setupCode: SetupCode
  /** Absent when the product stands alone. */
  readonly directory?: AdminDirectory | undefined
  readonly events: EventBus
  readonly clock?: Clock
}

export interface AdminSignInOptions {
  readonly kind?: Exclude<AdminTokenKind, 'key'>
  readonly code?: string | undefined
}

/**
 * The ways in for admins: a local password, the Thinger.io account, the setup code. What comes out is a token whose
 * owner is looked up at each use, so that a disabled admin is out at once.
 */
export class AdminSignIn {
  readonly tokens: AdminTokens
  readonly #parts: AdminSignInParts
  readonly #clock: Clock
  /** The platform sees all attempts from one address and locks accounts: few are passed on. */
  readonly #directoryLimit: RateLimit

  constructor(parts: AdminSignInParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.tokens = new AdminTokens(parts.admins, this.#clock)
    this.#directoryLimit = new RateLimit({ perName: 5, overall: 30, windowMs: 60_000 }, parts.clock)
  }

  /**
   * A 'session' lives on while it is used, a 'token' for twenty minutes. `code` is of the second factor of a local admin.
   *
   * @throws FileServerError 'access-denied', 'too-many-attempts'; 'second-factor-needed' for a right password without a
   * code; and what the directory says of an account it knows:
   * 'unsupported' (second factor), 'permission-denied', 'unavailable'
   */
  async signIn(
    username: string,
    password: string,
    remoteAddress: string,
    { kind = 'token', code: given }: AdminSignInOptions = {},
  ): Promise<IssuedToken> {
    const throttleName = `admin:${username}`
    try {
      await this.#parts.throttle.pass(throttleName, remoteAddress)
      const admin = await this.#identify(username, password, given)
      this.#parts.throttle.recordSuccess(throttleName, remoteAddress)
      const token = await this.tokens.issue(admin, kind)
      await this.#parts.admins.recordLogin(admin.username, this.#clock())
      this.#parts.events.emit({
        type: 'admin-signed-in',
        admin: admin.username,
        remoteAddress,
        source: admin.source,
      })
      return token
    } catch (error) {
      const { code } = toFileServerError(error)
      if (code === 'second-factor-needed') throw error
      if (code === 'access-denied') this.#parts.throttle.recordFailure(throttleName, remoteAddress)
      this.#parts.events.emit({ type: 'admin-sign-in-refused', admin: username, remoteAddress, code })
      throw error
    }
  }

  /** Which ways in are open besides local passwords. */
  get ways(): { readonly directory: boolean; readonly setupCode: boolean } {
    return { directory: this.#parts.directory !== undefined, setupCode: this.#parts.setupCode.isPending }
  }

  /** Who a token belongs to, as that admin is now. @throws 'access-denied' */
  async authenticate(token: string): Promise<Admin> {
    return (await this.identify(token)).admin
  }

  /** Who a token belongs to, with the token's record. @throws 'access-denied' */
  identify(token: string): Promise<Identity> {
    return this.tokens.identify(token)
  }

  async signOut(token: string): Promise<void> {
    const ended = await this.tokens.end(token)
    if (!ended) return
    const { adminUsername: admin, kind } = ended
    this.#parts.events.emit({ type: 'admin-signed-out', admin, kind })
  }

  /** A key for scripts, see AdminTokens.makeKey(). */
  async makeKey(
    by: Identity,
    key: { readonly name: string; readonly expiresAt: number },
  ): Promise<{ token: string; record: AdminToken }> {
    const made = await this.tokens.makeKey(by, key)
    this.#changed(by.admin.username, 'key', key.name, 'added')
    return made
  }

  /** @throws FileServerError 'not-found' unless it is one of `username` */
  async removeToken(username: string, id: number): Promise<void> {
    const token = (await this.tokens.list(username)).find((one) => one.id === id)
    await this.tokens.remove(username, id)
    this.#changed(username, 'key', token?.name || (token?.kind ?? `${id}`), 'removed')
  }

  /**
   * Makes the local admin that the environment asks for; the environment's password holds at every start. An admin that
   * has this password stays as others made it; one that has another is made whole, too: a restart that nobody meant
   * opens nothing that was closed, and a new password in the environment is a way back.
   */
  async ensureLocalAdmin(username: string, password: string): Promise<void> {
    const { admins, hasher } = this.#parts
    const known = await admins.find(username)
    if (known && (await hasher.verify(password, known.passwordHash))) return
    const passwordHash = await hasher.hash(password)
    checkName('username', username)
    if (known) {
      // Whoever signed in with the password before is out.
      await admins.replace(
        { ...adminSettingsOf(known), ...whole, source: 'local', passwordHash },
        this.#clock(),
        {},
      )
    } else await admins.add({ ...newAdmin(username, 'local'), passwordHash }, this.#clock())
    this.#changed(systemName, 'admin', username, known ? 'replaced' : 'added')
  }

  #changed(
    admin: string,
    subject: 'admin' | 'key',
    name: string,
    change: 'added' | 'replaced' | 'removed',
  ): void {
    this.#parts.events.emit({ type: 'account-changed', admin, subject, name, change })
  }

  async #identify(username: string, password: string, code: string | undefined): Promise<Admin> {
    if (username === setupName) return this.#redeemSetupCode(password)
    const local = await this.#parts.admins.find(username)
    if (local?.source === 'local') {
      const isActive = local.status === 'active'
      const isRight = await this.#parts.hasher.verify(password, local.passwordHash, { afresh: !isActive })
      if (!isRight || !isActive) throw denied()
      if (local.secondFactor) await this.#requireCode(local.username, local.secondFactor, code)
      return local
    }
    if (!this.#parts.directory) {
      await this.#parts.hasher.burn(password)
      throw denied()
    }
    if (!this.#directoryLimit.admits(username))
      throw new FileServerError('too-many-attempts', 'Too many attempts, try again in a minute')
    const identity = await this.#parts.directory.verify(username, password)
    return this.#ensure(identity.username, 'thinger')
  }

  async #requireCode(name: string, factor: SecondFactor, code: string | undefined): Promise<void> {
    if (code === undefined)
      throw new FileServerError('second-factor-needed', 'Give the code of your authenticator, too')
    const taken = await this.#parts.codes.take({ kind: 'admin', name }, factor, code, { recovery: true })
    if (taken === 'wrong') throw denied()
    if (taken === 'right') return
    this.#parts.throttle.recordFailure(`admin:${name}`)
    throw new FileServerError('too-many-attempts', 'Too many wrong codes, try again in a quarter of an hour')
  }

  async #redeemSetupCode(code: string): Promise<Admin> {
    if (!this.#parts.setupCode.redeem(code)) throw denied()
    return this.#makeWhole(await this.#ensure(setupName, 'setup-code'))
  }

  /**
   * The code is the way back for an owner who has no other, so it gives all rights again, whatever admins or a restored
   * backup made of `setup`. It is in the log alone, whose readers are trusted.
   */
  async #makeWhole(setup: Admin): Promise<Admin> {
    if (setup.status === 'active' && adminMay(setup, '*')) return setup
    const settings = { ...adminSettingsOf(setup), ...whole }
    const replaced = await this.#parts.admins.replace(settings, this.#clock())
    this.#changed(setupName, 'admin', setupName, 'replaced')
    return replaced
  }

  /** The admin, made at the first sign-in. A name belongs to one source: vouching for it elsewhere opens nothing. */
  async #ensure(username: string, source: Admin['source']): Promise<Admin> {
    const { admins } = this.#parts
    const known = (await admins.find(username)) ?? (await this.#add(username, source))
    const isOpen = known.status === 'active' || source === 'setup-code'
    if (known.source !== source || !isOpen) throw denied()
    return known
  }

  async #add(username: string, source: Admin['source']): Promise<Admin> {
    const { admins } = this.#parts
    if (source === 'thinger' && username === setupName) throw denied()
    try {
      const added = await admins.add(newAdmin(username, source), this.#clock())
      this.#changed(username, 'admin', username, 'added')
      return added
    } catch (error) {
      // Two first sign-ins at once.
      const known = hasCode(error, 'already-exists') ? await admins.find(username) : undefined
      if (!known) throw error
      return known
    }
  }
}

function newAdmin(username: string, source: Admin['source']) {
  return {
    username,
    source,
    ...whole,
    email: '',
    description: '',
    passwordHash: '',
  } as const
}

function denied(): FileServerError {
  return new FileServerError('access-denied', 'Wrong user name or password')
}
