import type { LoginThrottle } from '../auth/login-throttle.ts'
import type { PasswordHasher } from '../auth/password-hash.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, invalidInput } from '../errors.ts'
import type { ConnectionRegistry } from '../connections/connection-registry.ts'
import type { EventBus } from '../events/event-bus.ts'
import { checkPublicKeys } from './account-rules.ts'
import type { UserRepository } from './repositories.ts'
import type { User } from './user.ts'

const minPasswordLength = 8

export interface ProfileParts {
  readonly users: UserRepository
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly connections: ConnectionRegistry
  readonly events: EventBus
  readonly clock?: Clock
}

/** Who asks, and over which connection. */
export interface Self {
  readonly username: string
  readonly connectionId: string
}

/**
 * What users change about themselves, each over a connection that is given by its id. It goes on; all others of the user
 * end, because who is signed in there may have come with the old password or key.
 */
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
  async changePassword(
    { username, connectionId }: Self,
    { current, next }: { readonly current: string; readonly next: string },
  ): Promise<void> {
    const { users, hasher, throttle } = this.#parts
    checkPassword(username, current, next)
    const throttleName = `user:${username}`
    await throttle.pass(throttleName)
    const { passwordHash } = await this.find(username)
    if (!(await hasher.verify(current, passwordHash))) {
      throttle.recordFailure(throttleName)
      throw invalidInput('current_password', 'is not right', 'wrong-password')
    }
    throttle.recordSuccess(throttleName)
    await users.changePassword(username, passwordHash, await hasher.hash(next), this.#clock())
    this.#changed(username, connectionId)
  }

  /**
   * Lines of authorized_keys in place of the present ones. Whoever tells the keys they read, as `expected`, brings none back
   * that was removed since. @throws FileServerError 'invalid-argument'; 'busy' when the keys are not `expected` any more
   */
  async changePublicKeys(
    { username, connectionId }: Self,
    lines: readonly string[],
    expected?: readonly string[],
  ): Promise<void> {
    const publicKeys = checkPublicKeys(lines.map((line) => line.trim()).filter((line) => line !== ''))
    await this.#parts.users.changePublicKeys(username, publicKeys, this.#clock(), expected)
    this.#changed(username, connectionId)
  }

  #changed(username: string, connectionId: string): void {
    this.#parts.connections.disconnectWhere(
      (member) => member.username === username && member.connectionId !== connectionId,
      'the account was changed',
    )
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
    throw invalidInput(
      'new_password',
      `must have at least ${minPasswordLength} characters`,
      'password-too-short',
    )
  if (next.toLowerCase() === username.toLowerCase())
    throw invalidInput('new_password', 'must not be the user name', 'password-is-name')
  if (next === current) throw invalidInput('new_password', 'must be another one', 'password-as-before')
}
