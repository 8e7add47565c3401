import {
  purposeOf,
  type FactorOwner,
  type SecondFactor,
  type SecondFactorRepository,
} from '../accounts/second-factor.ts'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { isRecoveryCode, recoveryCodeHash } from './recovery-codes.ts'
import type { SecretBox } from './secret-box.ts'
import { isTotpCode, matchingStep } from './totp.ts'

/**
 * Who guesses codes knows the password already, and has one chance in 333 thousand each time: so many guesses in so long a
 * time, then none is looked at, right or not (RFC 4226 §7.3). Recovery codes go on: nobody guesses those.
 */
const guesses = { most: 10, windowMs: 15 * 60_000 }

export type CodeOutcome = 'right' | 'wrong' | 'blocked'

export interface CodeCheckParts {
  readonly factors: SecondFactorRepository
  readonly box: SecretBox
  readonly events: EventBus
  readonly clock?: Clock
}

/** Takes codes of a second factor: each once. Asked only after the password was right. */
export class CodeCheck {
  readonly #parts: CodeCheckParts
  readonly #clock: Clock

  constructor(parts: CodeCheckParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /** @throws FileServerError 'unavailable'; 'storage-failure' when this server's key does not open the secret */
  async take(
    owner: FactorOwner,
    factor: SecondFactor,
    code: string,
    { recovery }: { readonly recovery: boolean },
  ): Promise<CodeOutcome> {
    const digits = code.replaceAll(/\s/g, '')
    if (isTotpCode(digits)) return this.#takeTotp(owner, factor, digits)
    const isRight = recovery && isRecoveryCode(code) && (await this.#takeRecoveryCode(owner, factor, code))
    return isRight ? 'right' : 'wrong'
  }

  async #takeTotp(
    owner: FactorOwner,
    { secret, lastStep }: SecondFactor,
    code: string,
  ): Promise<CodeOutcome> {
    const { factors, box } = this.#parts
    const now = this.#clock()
    if (!(await factors.admitGuess(owner, guesses, now))) return 'blocked'
    const plain = box.open(purposeOf(owner), secret)
    if (plain === undefined)
      throw new FileServerError(
        'storage-failure',
        'The second factor cannot be checked, an admin can turn it off',
        {
          cause: new Error('sealed by another key'),
        },
      )
    const step = matchingStep(plain, code, { now, lastStep })
    const isFirst = step !== undefined && (await factors.takeStep(owner, secret, step))
    return isFirst ? 'right' : 'wrong'
  }

  async #takeRecoveryCode(owner: FactorOwner, factor: SecondFactor, code: string): Promise<boolean> {
    const hash = recoveryCodeHash(code)
    if (!factor.recoveryCodes.includes(hash)) return false
    if (!(await this.#parts.factors.takeRecoveryCode(owner, hash))) return false
    const { kind, name } = owner
    this.#parts.events.emit({
      type: 'second-factor-changed',
      ...{ admin: name, subject: kind, name, change: 'recovery-code-used' },
    })
    return true
  }
}
