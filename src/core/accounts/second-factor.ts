import type { LoginProtocol } from './user.ts'

/** Where a user can want a code; an admin signs in over HTTP alone. */
export const factorProtocols = ['SSH', 'FTP', 'HTTP'] as const satisfies readonly LoginProtocol[]

/** A second factor (TOTP, RFC 6238) that is turned on. Nothing of it leaves the server. */
export interface SecondFactor {
  /** Sealed by the server's SecretBox. */
  readonly secret: string
  /** Where the code is asked for. */
  readonly protocols: readonly LoginProtocol[]
  /** Hashes of the recovery codes that are left. */
  readonly recoveryCodes: readonly string[]
  /** Time step of the last code that was taken: no code up to it is good again. */
  readonly lastStep: number
}

/** Whose second factor it is. */
export interface FactorOwner {
  readonly kind: 'user' | 'admin'
  readonly name: string
}

/** What a secret is sealed for. */
export function purposeOf({ kind, name }: FactorOwner): string {
  return `totp:${kind}:${name}`
}

/**
 * Every change is one atomic statement, so that a code is good once however many processes are asked at a time. All throw
 * FileServerError: 'not-found' for an unknown owner, 'unavailable' when the database does not answer.
 */
export interface SecondFactorRepository {
  /** @throws 'already-exists' when one is on */
  turnOn(owner: FactorOwner, factor: SecondFactor, now: number): Promise<void>
  /** False when none was on. */
  turnOff(owner: FactorOwner, now: number): Promise<boolean>
  /** @throws 'not-found' when none is on */
  changeProtocols(owner: FactorOwner, protocols: readonly LoginProtocol[], now: number): Promise<void>
  /** @throws 'not-found' when none is on */
  changeRecoveryCodes(owner: FactorOwner, hashes: readonly string[], now: number): Promise<void>
  /** Counts one more guess of a code; false when there were `most` since `windowMs` ago and none was right. */
  admitGuess(
    owner: FactorOwner,
    limit: { readonly most: number; readonly windowMs: number },
    now: number,
  ): Promise<boolean>
  /** True for the first that brings a code of `step` or a later one, of this secret; forgets the guesses. */
  takeStep(owner: FactorOwner, secret: string, step: number): Promise<boolean>
  /** True for the first that brings it; it is gone then. */
  takeRecoveryCode(owner: FactorOwner, hash: string): Promise<boolean>
}
