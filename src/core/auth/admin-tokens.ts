import { createHash, randomBytes } from 'node:crypto'
import type { Admin, AdminToken, AdminTokenKind, TokenGrounds } from '../accounts/admin.ts'
import type { AdminRepository } from '../accounts/repositories.ts'
import type { Clock } from '../clock.ts'
import { FileServerError } from '../errors.ts'

const lifetimeMs = 20 * 60_000
/** A session is extended when less than this is left, so that not every request writes. */
const extendBelowMs = 15 * 60_000
const sessionLifetimeMs = 12 * 60 * 60_000
const maxKeyLifetimeMs = 366 * 24 * 60 * 60_000
const maxKeys = 100
const maxKeyNameLength = 255

export interface IssuedToken {
  /** 256 random bits; kept here as a hash alone. */
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Who asks, and by which token. */
export interface Identity {
  readonly admin: Admin
  readonly token: AdminToken
}

/** Tokens of admins: made, looked up at each use, listed, ended. Sessions live on while they are used. */
export class AdminTokens {
  readonly #admins: AdminRepository
  readonly #clock: Clock

  constructor(admins: AdminRepository, clock: Clock) {
    this.#admins = admins
    this.#clock = clock
  }

  /** @throws FileServerError 'access-denied' when the admin was changed since `admin` was found */
  async issue(admin: Admin, kind: Exclude<AdminTokenKind, 'key'>): Promise<IssuedToken> {
    const now = this.#clock()
    await this.#admins.removeExpiredTokens(now)
    const fields = { kind, name: '', expiresAt: now + lifetimeMs }
    const { token, record } = await this.#add(admin.username, fields, { admin })
    return { token, expiresAt: record.expiresAt }
  }

  /** Who a token belongs to, as that admin is now. @throws FileServerError 'access-denied' */
  async identify(token: string): Promise<Identity> {
    const now = this.#clock()
    const known = await this.#admins.findToken(hashOf(token), now)
    const admin = known && (await this.#admins.find(known.adminUsername))
    if (!admin || admin.status !== 'active')
      throw new FileServerError('access-denied', 'The token is not valid')
    return { admin, token: await this.#extended(known, now) }
  }

  /** Those of `username` that have not expired, the oldest first. */
  list(username: string): Promise<readonly AdminToken[]> {
    return this.#admins.listTokens(username, this.#clock())
  }

  /**
   * A key for scripts; its text is shown this once.
   *
   * @throws FileServerError 'permission-denied' for who uses a key already: it would never end; 'invalid-argument';
   * 'access-denied' when the admin or the token of `by` was changed meanwhile
   */
  async makeKey(
    by: Identity,
    { name, expiresAt }: { readonly name: string; readonly expiresAt: number },
  ): Promise<{ token: string; record: AdminToken }> {
    if (by.token.kind === 'key')
      throw new FileServerError('permission-denied', 'A key cannot make keys: sign in with your password')
    checkKeyName(name)
    const now = this.#clock()
    if (!(expiresAt > now && expiresAt <= now + maxKeyLifetimeMs))
      throw new FileServerError('invalid-argument', 'expires_at: must be within a year from now', {
        field: 'expires_at',
        reason: 'key-end',
      })
    const keys = (await this.list(by.admin.username)).filter(({ kind }) => kind === 'key')
    if (keys.length >= maxKeys)
      throw new FileServerError('invalid-argument', `You have ${maxKeys} keys: remove one first`, {
        reason: 'too-many-keys',
      })
    const grounds = { admin: by.admin, askedBy: by.token.tokenHash }
    await this.#admins.removeExpiredKeysOf(by.admin.username, now)
    return this.#add(by.admin.username, { kind: 'key', name, expiresAt }, grounds)
  }

  /** @throws FileServerError 'not-found' unless it is one of `username` */
  remove(username: string, id: number): Promise<void> {
    return this.#admins.removeTokenOf(username, id)
  }

  /** Answers what it was; undefined when it was over already. */
  async end(token: string): Promise<AdminToken | undefined> {
    const known = await this.#admins.findToken(hashOf(token), this.#clock())
    await this.#admins.removeToken(hashOf(token))
    return known
  }

  /** At most one write: only a session that has been used for a while, and never beyond its longest life. */
  async #extended(token: AdminToken, now: number): Promise<AdminToken> {
    if (token.kind !== 'session' || token.expiresAt - now >= extendBelowMs) return token
    const expiresAt = Math.min(now + lifetimeMs, token.createdAt + sessionLifetimeMs)
    if (expiresAt <= token.expiresAt) return token
    await this.#admins.extendToken(token.tokenHash, expiresAt)
    return { ...token, expiresAt }
  }

  async #add(
    adminUsername: string,
    fields: Pick<AdminToken, 'kind' | 'name' | 'expiresAt'>,
    grounds: TokenGrounds,
  ): Promise<{ token: string; record: AdminToken }> {
    const token = randomBytes(32).toString('base64url')
    const tokenHash = hashOf(token)
    const createdAt = this.#clock()
    const record = await this.#admins.addToken({ ...fields, tokenHash, adminUsername, createdAt }, grounds)
    return { token, record }
  }
}

function checkKeyName(name: string): void {
  if (name.trim() === '' || name.length > maxKeyNameLength || /\p{Cc}/u.test(name))
    throw new FileServerError('invalid-argument', 'name: must be 1 to 255 characters without line breaks', {
      field: 'name',
    })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
