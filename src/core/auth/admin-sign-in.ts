import { createHash, randomBytes } from 'node:crypto'
import { checkName } from '../accounts/account-rules.ts'
import type { Admin } from '../accounts/admin.ts'
import type { AdminRepository } from '../accounts/repositories.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, hasCode, toFileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { AdminDirectory } from './admin-directory.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PasswordHasher } from './password-hash.ts'
import { RateLimit } from './rate-limit.ts'
import type { SetupCode } from './setup-code.ts'

/** The name to give together with the setup code. */
export const setupName = 'setup'
const tokenLifetimeMs = 20 * 60_000

export interface AdminToken {
  /** 256 random bits; kept here as a hash alone. */
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface AdminSignInParts {
  readonly admins: AdminRepository
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly setupCode: SetupCode
  /** Absent when the product stands alone. */
  readonly directory?: AdminDirectory | undefined
  readonly events: EventBus
  readonly clock?: Clock
}

/**
 * The ways in for admins: a local password, the Thinger.io account, the setup code. What comes out is a token whose
 * owner is looked up at each use, so that a disabled admin is out at once.
 */
export class AdminSignIn {
  readonly #parts: AdminSignInParts
  readonly #clock: Clock
  /** The platform sees all attempts from one address and locks accounts: few are passed on. */
  readonly #directoryLimit: RateLimit

  constructor(parts: AdminSignInParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.#directoryLimit = new RateLimit({ perName: 5, overall: 30, windowMs: 60_000 }, this.#clock)
  }

  /**
   * @throws FileServerError 'access-denied', 'too-many-attempts'; and what the directory says of an account it knows:
   * 'unsupported' (second factor), 'permission-denied', 'unavailable'
   */
  async signIn(username: string, password: string, remoteAddress: string): Promise<AdminToken> {
    const throttleName = `admin:${username}`
    try {
      await this.#parts.throttle.pass(throttleName)
      const admin = await this.#identify(username, password)
      this.#parts.throttle.recordSuccess(throttleName)
      const token = await this.#issue(admin)
      this.#parts.events.emit({
        type: 'admin-signed-in',
        admin: admin.username,
        remoteAddress,
        source: admin.source,
      })
      return token
    } catch (error) {
      const { code } = toFileServerError(error)
      if (code === 'access-denied') this.#parts.throttle.recordFailure(throttleName)
      this.#parts.events.emit({ type: 'admin-sign-in-refused', admin: username, remoteAddress, code })
      throw error
    }
  }

  /** Who a token belongs to, as that admin is now. @throws 'access-denied' */
  async authenticate(token: string): Promise<Admin> {
    const known = await this.#parts.admins.findToken(hashOf(token), this.#clock())
    const admin = known && (await this.#parts.admins.find(known.adminUsername))
    if (!admin || admin.status !== 'active')
      throw new FileServerError('access-denied', 'The token is not valid')
    return admin
  }

  async signOut(token: string): Promise<void> {
    await this.#parts.admins.removeToken(hashOf(token))
  }

  /** Makes the local admin that the environment asks for; the environment's password holds at every start. */
  async ensureLocalAdmin(username: string, password: string): Promise<void> {
    const { admins, hasher } = this.#parts
    const known = await admins.find(username)
    if (known && (await hasher.verify(password, known.passwordHash))) return
    const passwordHash = await hasher.hash(password)
    checkName('username', username)
    if (known) {
      await admins.replace({ ...known, source: 'local', status: 'active', passwordHash }, this.#clock())
      // Whoever signed in with the password before is out.
      await admins.removeTokensOf(username)
    } else await admins.add({ ...newAdmin(username, 'local'), passwordHash }, this.#clock())
  }

  async #identify(username: string, password: string): Promise<Admin> {
    if (username === setupName) return this.#redeemSetupCode(password)
    const local = await this.#parts.admins.find(username)
    if (local?.source === 'local') {
      const isRight = await this.#parts.hasher.verify(password, local.passwordHash)
      if (isRight && local.status === 'active') return local
      throw denied()
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

  async #redeemSetupCode(code: string): Promise<Admin> {
    if (!this.#parts.setupCode.redeem(code)) throw denied()
    return this.#ensure(setupName, 'setup-code')
  }

  /** The admin, made at the first sign-in. A name belongs to one source: vouching for it elsewhere opens nothing. */
  async #ensure(username: string, source: Admin['source']): Promise<Admin> {
    const { admins } = this.#parts
    const known = (await admins.find(username)) ?? (await this.#add(username, source))
    if (known.source !== source || known.status !== 'active') throw denied()
    return known
  }

  async #add(username: string, source: Admin['source']): Promise<Admin> {
    const { admins } = this.#parts
    if (source === 'thinger' && username === setupName) throw denied()
    try {
      return await admins.add(newAdmin(username, source), this.#clock())
    } catch (error) {
      // Two first sign-ins at once.
      const known = hasCode(error, 'already-exists') ? await admins.find(username) : undefined
      if (!known) throw error
      return known
    }
  }

  async #issue(admin: Admin): Promise<AdminToken> {
    const { admins } = this.#parts
    const now = this.#clock()
    const token = randomBytes(32).toString('base64url')
    const expiresAt = now + tokenLifetimeMs
    await admins.removeExpiredTokens(now)
    await admins.addToken({
      tokenHash: hashOf(token),
      adminUsername: admin.username,
      createdAt: now,
      expiresAt,
    })
    await admins.recordLogin(admin.username, now)
    return { token, expiresAt }
  }
}

function newAdmin(username: string, source: Admin['source']) {
  return {
    username,
    source,
    status: 'active',
    email: '',
    description: '',
    passwordHash: '',
    permissions: ['*'],
  } as const
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function denied(): FileServerError {
  return new FileServerError('access-denied', 'Wrong user name or password')
}
