import type { UserRepository } from '../accounts/repositories.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import type { User } from '../accounts/user.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import { type Authentication, type NextMethod, SignInProof, type SignInAttempt } from './credentials.ts'
import type { CodeCheck } from './code-check.ts'
import {
  factorFor,
  isMethodEnough,
  loginProtocolOf,
  multiStepMethod,
  stepsAfterKey,
} from './login-methods.ts'
import type { Throttle } from './login-throttle.ts'
import type { PasswordVerifier } from './password-hash.ts'
import { holdsKey } from './public-key.ts'
import { splitCode } from './totp.ts'

export interface AuthenticatorParts {
  readonly users: UserRepository
  readonly hasher: PasswordVerifier
  readonly throttle: Throttle
  readonly codes: CodeCheck
  readonly clock?: Clock
}

/** Decides who somebody is. Every refusal is the same error after the same work: nothing tells which part was wrong. */
export class Authenticator {
  readonly #users: UserRepository
  readonly #hasher: PasswordVerifier
  readonly #throttle: Throttle
  readonly #codes: CodeCheck
  readonly #clock: Clock

  constructor(parts: AuthenticatorParts) {
    this.#users = parts.users
    this.#hasher = parts.hasher
    this.#throttle = parts.throttle
    this.#codes = parts.codes
    this.#clock = parts.clock ?? systemClock
  }

  /** @throws FileServerError 'access-denied', 'too-many-attempts', 'unavailable' */
  async authenticate(attempt: SignInAttempt): Promise<{ user: User; authentication: Authentication }> {
    // A key cannot be guessed: who has one is never slowed by those who try passwords.
    const isGuessable = attempt.credential.method !== 'publickey'
    const throttleName = throttleNameOf(attempt)
    const { remoteAddress } = attempt
    if (isGuessable) await this.#throttle.pass(throttleName, remoteAddress)
    const user = await this.#users.find(attempt.username)
    const authentication = await this.#check(user, attempt)
    if (!user || !authentication) {
      if (isGuessable) this.#throttle.recordFailure(throttleName, remoteAddress)
      throw new FileServerError('access-denied', 'Authentication failed')
    }
    if (isGuessable && authentication.outcome === 'accepted')
      this.#throttle.recordSuccess(throttleName, remoteAddress)
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
    const protocol = loginProtocolOf(attempt.protocol)
    const factor = factorFor(user, protocol)
    const { password, code } = factor && protocol === 'FTP' ? splitCode(credential.password) : credential
    const isAsked = protocol === 'HTTP' || credential.method === 'keyboard-interactive'
    const isOpen = user !== undefined && this.#isOpenTo(user, protocol)
    // The hash is worked on whatever else is wrong, so that all refusals take the same time.
    const isRight = await this.#hasher.verify(password, user?.passwordHash ?? '', {
      afresh: !isOpen || (factor !== undefined && !isAsked),
    })
    if (!isOpen || !isRight) return undefined
    if (user.ftpSecurity !== 'any' && attempt.protocol === 'FTP' && !attempt.encrypted) return undefined
    const outcome = this.#passwordOutcome(user, attempt, credential.method)
    return outcome && factor ? this.#withCode(user, factor, { attempt, code, outcome }) : outcome
  }

  /**
   * SSH's method 'password' cannot ask for a code: whoever needs one there is answered as for a wrong password, and goes
   * on to keyboard-interactive.
   * @throws FileServerError 'too-many-attempts' where it may be known that the password was right
   */
  async #withCode(
    user: User,
    factor: SecondFactor,
    { attempt, code, outcome }: { attempt: SignInAttempt; code: string | undefined; outcome: Authentication },
  ): Promise<Authentication | undefined> {
    const protocol = loginProtocolOf(attempt.protocol)
    if (protocol === 'SSH' && attempt.credential.method === 'password') return undefined
    if (code === undefined) return protocol === 'FTP' ? undefined : { outcome: 'code-needed' }
    const owner = { kind: 'user', name: user.username } as const
    const taken = await this.#codes.take(owner, factor, code, { recovery: protocol === 'HTTP' })
    if (taken === 'blocked' && protocol !== 'FTP') {
      this.#throttle.recordFailure(`user:${user.username}`)
      throw new FileServerError(
        'too-many-attempts',
        'Too many wrong codes, try again in a quarter of an hour',
      )
    }
    return taken === 'right' ? outcome : undefined
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

/** The second step of somebody who has proven a key is not slowed by those who have none. */
function throttleNameOf({ username, proof }: SignInAttempt): string {
  return proof?.username === username ? `user with key:${username}` : `user:${username}`
}
