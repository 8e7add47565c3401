import type { LoginThrottle } from '../auth/login-throttle.ts'
import type { PasswordHasher } from '../auth/password-hash.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { checkPublicKeys } from './account-rules.ts'
import type { UserRepository } from './repositories.ts'
import type { User } from './user.ts'

const minPasswordLength = 8

export interface ProfileParts {
  readonly users: UserRepository
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly events: EventBus
  readonly clock?: Clock
}

/** What users change about themselves. Their connections go on: whoever is signed in may know the old password. */
export class ProfileService {
  readonly #parts: ProfileParts
  readonly #clock: Clock

  constructor(parts: ProfileParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /** @throws FileServerError 'not-found' */
  async find(username: string): Promise<User> {
    const user = await this.#parts.users.find(username)
    if (!user) throw new FileServerError('not-found', 'No such user')
    return user
  }

  /**
   * Guessing the present password counts as a failed sign-in.
   * @throws FileServerError 'invalid-argument' with its field, 'too-many-attempts', 'busy'
   */
  async changePassword(username: string, current: string, next: string): Promise<void> {
    const { users, hasher, throttle } = this.#parts
    checkPassword(username, current, next)
    const throttleName = `user:${username}`
    await throttle.pass(throttleName)
    const { passwordHash } = await this.find(username)
    if (!(await hasher.verify(current, passwordHash))) {
      throttle.recordFailure(throttleName)
      throw invalid('current_password', 'is not right')
    }
    throttle.recordSuccess(throttleName)
    await users.changePassword(username, passwordHash, await hasher.hash(next), this.#clock())
    this.#changed(username)
  }

  /** Lines of authorized_keys in place of the present ones. @throws FileServerError 'invalid-argument' */
  async changePublicKeys(username: string, lines: readonly string[]): Promise<void> {
    const publicKeys = checkPublicKeys(lines.map((line) => line.trim()).filter((line) => line !== ''))
    await this.#parts.users.changePublicKeys(username, publicKeys, this.#clock())
    this.#changed(username)
  }

  #changed(username: string): void {
    this.#parts.events.emit({
      type: 'account-changed',
      admin: username,
      subject: 'user',
      name: username,
      change: 'replaced',
      isOwn: true,
    })
  }
}

function checkPassword(username: string, current: string, next: string): void {
  if ([...next].length < minPasswordLength)
    throw invalid('new_password', `must have at least ${minPasswordLength} characters`)
  if (next.toLowerCase() === username.toLowerCase())
    throw invalid('new_password', 'must not be the user name')
  if (next === current) throw invalid('new_password', 'must be another one')
}

function invalid(field: string, what: string): FileServerError {
  return new FileServerError('invalid-argument', `${field}: ${what}`, { field })
}
