import type { UserRepository } from '../accounts/repositories.ts'
import type { User } from '../accounts/user.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import { type Authentication, type NextMethod, SignInProof, type SignInAttempt } from './credentials.ts'
import { isMethodEnough, loginProtocolOf, multiStepMethod, stepsAfterKey } from './login-methods.ts'
import type { Throttle } from './login-throttle.ts'
import type { PasswordVerifier } from './password-hash.ts'
import { holdsKey } from './public-key.ts'

/** Decides who somebody is. Every refusal is the same error after the same work: nothing tells which part was wrong. */
export class Authenticator {
  readonly #users: UserRepository
  readonly #hasher: PasswordVerifier
  readonly #throttle: Throttle
  readonly #clock: Clock

  constructor(parts: { users: UserRepository; hasher: PasswordVerifier; throttle: Throttle; clock?: Clock }) {
    this.#users = parts.users
    this.#hasher = parts.hasher
    this.#throttle = parts.throttle
    this.#clock = parts.clock ?? systemClock
  }

  /** @throws FileServerError 'access-denied', 'too-many-attempts', 'unavailable' */
  async authenticate(attempt: SignInAttempt): Promise<{ user: User; authentication: Authentication }> {
    const throttleName = `user:${attempt.username}`
    await this.#throttle.pass(throttleName)
    const user = await this.#users.find(attempt.username)
    const authentication = await this.#check(user, attempt)
    if (!user || !authentication) {
      this.#throttle.recordFailure(throttleName)
      throw new FileServerError('access-denied', 'Authentication failed')
    }
    if (authentication.outcome === 'accepted') this.#throttle.recordSuccess(throttleName)
    return { user, authentication }
  }

  /** Whether a sign-in with this key could go on; asked by SSH clients before they sign (RFC 4252 §7). */
  async acceptsKey(username: string, key: Uint8Array): Promise<boolean> {
    const user = await this.#users.find(username)
    return user !== undefined && this.#isOpenTo(user, 'SSH') && this.#keyOutcome(user, key) !== undefined
  }

  /** True when this user must not send a password in clear text. */
  async requiresTls(username: string): Promise<boolean> {
    return ((await this.#users.find(username))?.ftpSecurity ?? 'any') !== 'any'
  }

  async #check(user: User | undefined, attempt: SignInAttempt): Promise<Authentication | undefined> {
    const { credential } = attempt
    if (credential.method === 'publickey') {
      if (!user || !this.#isOpenTo(user, loginProtocolOf(attempt.protocol))) return undefined
      return this.#keyOutcome(user, credential.key)
    }
    // The hash is worked on whatever else is wrong, so that all refusals take the same time.
    const isRight = await this.#hasher.verify(credential.password, user?.passwordHash ?? '')
    if (!user || !isRight || !this.#isOpenTo(user, loginProtocolOf(attempt.protocol))) return undefined
    if (user.ftpSecurity !== 'any' && attempt.protocol === 'FTP' && !attempt.encrypted) return undefined
    return this.#passwordOutcome(user, attempt, credential.method)
  }

  #keyOutcome(user: User, key: Uint8Array): Authentication | undefined {
    if (!holdsKey(user.publicKeys, key)) return undefined
    if (isMethodEnough(user, 'SSH', 'publickey')) return { outcome: 'accepted', method: 'publickey' }
    const continueWith = stepsAfterKey(user)
    if (continueWith.length === 0) return undefined
    return { outcome: 'partial', proof: new SignInProof(user.username, 'publickey'), continueWith }
  }

  #passwordOutcome(
    user: User,
    attempt: SignInAttempt,
    method: Exclude<NextMethod, 'publickey'>,
  ): Authentication | undefined {
    if (attempt.proof?.username === user.username && stepsAfterKey(user).includes(method))
      return { outcome: 'accepted', method: multiStepMethod(method) }
    if (!isMethodEnough(user, loginProtocolOf(attempt.protocol), method)) return undefined
    return { outcome: 'accepted', method }
  }

  #isOpenTo(user: User, protocol: 'SSH' | 'FTP' | 'HTTP'): boolean {
    const isExpired = user.expirationDate > 0 && user.expirationDate <= this.#clock()
    return user.status === 'active' && !isExpired && !user.deniedProtocols.includes(protocol)
  }
}
