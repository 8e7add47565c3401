import type { Identity } from '../auth/admin-tokens.ts'
import type { CodeCheck } from '../auth/code-check.ts'
import type { LoginThrottle } from '../auth/login-throttle.ts'
import type { PasswordHasher } from '../auth/password-hash.ts'
import { makeRecoveryCodes, recoveryCodeHash } from '../auth/recovery-codes.ts'
import type { SecretBox } from '../auth/secret-box.ts'
import { makeTotpSecret, matchingStep, otpauthUri } from '../auth/totp.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError, invalidInput } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { EventOf } from '../events/events.ts'
import { requireHeld } from './admin-service.ts'
import { adminMay, type Admin } from './admin.ts'
import type { AdminRepository, UserRepository } from './repositories.ts'
import {
  factorProtocols,
  purposeOf,
  type FactorOwner,
  type SecondFactor,
  type SecondFactorRepository,
} from './second-factor.ts'
import type { LoginProtocol, User } from './user.ts'

/** What authenticator apps show beside the account's name. */
export const totpIssuer = 'SFTPGo'
/** How long a secret that was made waits for its first code. */
const pendingMs = 15 * 60_000

export interface SecondFactorParts {
  readonly factors: SecondFactorRepository
  readonly users: UserRepository
  readonly admins: AdminRepository
  readonly box: SecretBox
  readonly codes: CodeCheck
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly events: EventBus
  readonly clock?: Clock
}

/** What shows that it is the owner who asks, beyond being signed in: one of the two. */
export interface OwnershipProof {
  readonly password?: string | undefined
  readonly passcode?: string | undefined
}

interface Pending {
  readonly secret: string
  readonly madeAt: number
  /** The step of the code that was right, once one was. */
  provenStep?: number
}

/**
 * Turning second factors on and off, by their owners and, for who has lost theirs, by admins. It acts on the next sign-in.
 * All throw FileServerError: 'invalid-argument' with its field, 'permission-denied', 'not-found', 'unavailable'.
 */
export class SecondFactorService {
  readonly #parts: SecondFactorParts
  readonly #clock: Clock
  /** By purpose. Secrets that were made and shown, and are not in use. */
  readonly #pending = new Map<string, Pending>()

  constructor(parts: SecondFactorParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /** Undefined when none is on. */
  async find(owner: FactorOwner): Promise<SecondFactor | undefined> {
    return (await this.#account(owner)).secondFactor
  }

  /** A new secret for `owner`, shown this once; it counts after a code of it was given. */
  async generate(owner: FactorOwner): Promise<{ readonly secret: string; readonly url: string }> {
    await this.#requireOff(owner)
    const now = this.#clock()
    for (const [key, { madeAt }] of this.#pending) if (now - madeAt > pendingMs) this.#pending.delete(key)
    const secret = makeTotpSecret()
    this.#pending.set(purposeOf(owner), { secret, madeAt: now })
    return { secret, url: otpauthUri({ secret, issuer: totpIssuer, account: owner.name }) }
  }

  /**
   * Whether the authenticator shows the codes of the secret that was made; turnOn() may follow, with the same code or none.
   * A sign-in takes no code up to the one that was shown here, see `lastStep`.
   */
  validate(
    owner: FactorOwner,
    { secret, passcode }: { readonly secret?: string | undefined; readonly passcode: string },
  ): void {
    const pending = this.#findPending(owner, secret)
    const code = passcode.replaceAll(/\s/g, '')
    const lastStep = pending.provenStep === undefined ? 0 : pending.provenStep - 1
    const step = matchingStep(pending.secret, code, { now: this.#clock(), lastStep })
    if (step === undefined)
      throw invalidInput('passcode', 'is not the code that your authenticator shows now', 'wrong-code')
    pending.provenStep = step
  }

  /**
   * Puts the secret that was made into use, after a right code: `passcode`, or one that validate() has taken. Answers
   * the recovery codes, which are shown this once.
   */
  async turnOn(
    owner: FactorOwner,
    options: {
      readonly secret?: string | undefined
      readonly passcode?: string | undefined
      readonly protocols: readonly LoginProtocol[]
    },
  ): Promise<readonly string[]> {
    const { factors, box } = this.#parts
    await this.#requireOff(owner)
    const protocols = checkProtocols(owner, options.protocols)
    const { secret, passcode } = options
    if (passcode !== undefined) this.validate(owner, { secret, passcode })
    const pending = this.#findPending(owner, secret)
    if (pending.provenStep === undefined)
      throw invalidInput('passcode', 'give the code that your authenticator shows', 'code-missing')
    const recoveryCodes = makeRecoveryCodes()
    const factor = {
      secret: box.seal(purposeOf(owner), pending.secret),
      protocols,
      recoveryCodes: recoveryCodes.map(recoveryCodeHash),
      lastStep: pending.provenStep,
    }
    await factors.turnOn(owner, factor, this.#clock())
    this.#pending.delete(purposeOf(owner))
    this.#changed(owner, owner.name, 'on')
    return recoveryCodes
  }

  /** Where codes are asked for from now on. */
  async changeProtocols(
    owner: FactorOwner,
    wanted: readonly LoginProtocol[],
    proof: OwnershipProof,
  ): Promise<void> {
    const protocols = checkProtocols(owner, wanted)
    await this.#requireProof(owner, proof)
    await this.#parts.factors.changeProtocols(owner, protocols, this.#clock())
    this.#changed(owner, owner.name, 'protocols')
  }

  /** New ones in place of all that are left, shown this once. */
  async renewRecoveryCodes(owner: FactorOwner, proof: OwnershipProof): Promise<readonly string[]> {
    await this.#requireProof(owner, proof)
    const codes = makeRecoveryCodes()
    await this.#parts.factors.changeRecoveryCodes(owner, codes.map(recoveryCodeHash), this.#clock())
    this.#changed(owner, owner.name, 'recovery-codes-made')
    return codes
  }

  async turnOff(owner: FactorOwner, proof: OwnershipProof): Promise<void> {
    await this.#requireProof(owner, proof)
    await this.#parts.factors.turnOff(owner, this.#clock())
    this.#changed(owner, owner.name, 'off')
  }

  /** For a user who has lost the authenticator and the recovery codes. */
  async resetUser(admin: string, username: string): Promise<void> {
    await this.#reset(admin, { kind: 'user', name: username })
  }

  /** The same for another admin; the own one is turned off with the password or a code. */
  async resetAdmin({ admin }: Identity, username: string): Promise<void> {
    const { admins } = this.#parts
    const actor = await admins.find(admin.username)
    if (!actor || actor.status !== 'active' || !adminMay(actor, 'manage_admins'))
      throw new FileServerError('permission-denied', 'You may no longer manage admins')
    const owner = { kind: 'admin', name: username } as const
    const { permissions } = (await this.#account(owner)) as Admin
    if (username === actor.username)
      throw new FileServerError('permission-denied', 'Turn your own off with your password or a code')
    requireHeld(actor, permissions)
    await this.#reset(actor.username, owner)
  }

  async #reset(admin: string, owner: FactorOwner): Promise<void> {
    const wasOn = await this.#parts.factors.turnOff(owner, this.#clock())
    if (wasOn) this.#changed(owner, admin, 'reset')
  }

  async #account({ kind, name }: FactorOwner): Promise<User | Admin> {
    const { users, admins } = this.#parts
    const account = kind === 'user' ? await users.find(name) : await admins.find(name)
    if (!account) throw new FileServerError('not-found', `No such ${kind}`)
    return account
  }

  async #requireOff(owner: FactorOwner): Promise<void> {
    const account = await this.#account(owner)
    if ('source' in account && account.source !== 'local')
      throw new FileServerError(
        'permission-denied',
        'Your account is the platform’s, and so is its second factor',
        { reason: 'factor-of-platform' },
      )
    if (account.secondFactor) throw new FileServerError('already-exists', 'Turn the present one off first')
  }

  /** Guessing here counts as at the sign-in. */
  async #requireProof(owner: FactorOwner, { password, passcode }: OwnershipProof): Promise<void> {
    const { throttle, hasher, codes } = this.#parts
    const throttleName = `${owner.kind}:${owner.name}`
    await throttle.pass(throttleName)
    const { secondFactor, passwordHash } = await this.#account(owner)
    if (!secondFactor) throw new FileServerError('not-found', 'The second factor is not on')
    if (password !== undefined) {
      if (await hasher.verify(password, passwordHash)) return
      throttle.recordFailure(throttleName)
      throw invalidInput('password', 'is not your password', 'wrong-password')
    }
    if (passcode === undefined)
      throw invalidInput('password', 'give your password, or a code', 'code-missing')
    const taken = await codes.take(owner, secondFactor, passcode, { recovery: true })
    if (taken === 'right') return
    throttle.recordFailure(throttleName)
    if (taken === 'blocked')
      throw new FileServerError(
        'too-many-attempts',
        'Too many wrong codes, try again in a quarter of an hour',
      )
    throw invalidInput('passcode', 'is not a right code, or was used already', 'wrong-code')
  }

  #findPending(owner: FactorOwner, secret: string | undefined): Pending {
    const pending = this.#pending.get(purposeOf(owner))
    const isOver = !pending || this.#clock() - pending.madeAt > pendingMs
    // Secrets are made by the server: no page can talk somebody into a known one.
    if (isOver || (secret !== undefined && secret !== pending.secret))
      throw invalidInput(
        'secret',
        'is not the one that was made last, or it has waited for too long: make a new one',
        'second-factor-secret-over',
      )
    return pending
  }

  #changed(
    { kind, name }: FactorOwner,
    admin: string,
    change: EventOf<'second-factor-changed'>['change'],
  ): void {
    this.#parts.events.emit({ type: 'second-factor-changed', admin, subject: kind, name, change })
  }
}

function checkProtocols({ kind }: FactorOwner, wanted: readonly LoginProtocol[]): readonly LoginProtocol[] {
  if (kind === 'admin') return ['HTTP']
  const protocols = factorProtocols.filter((protocol) => wanted.includes(protocol))
  if (protocols.length === 0) throw invalidInput('protocols', 'name at least one of SSH, FTP and HTTP')
  return protocols
}
