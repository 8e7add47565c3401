import { sql, type Kysely } from 'kysely'
import type { FactorOwner, SecondFactor, SecondFactorRepository } from '../../core/accounts/second-factor.ts'
import type { LoginProtocol } from '../../core/accounts/user.ts'
import { FileServerError } from '../../core/errors.ts'
import { listOf, text } from '../../core/value-readers.ts'
import type { Tables } from '../schema.ts'
import { readJson } from './stored-value.ts'

const hashes = listOf(text)

export class SqlSecondFactorRepository implements SecondFactorRepository {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async turnOn(owner: FactorOwner, factor: SecondFactor, now: number): Promise<void> {
    const { numUpdatedRows } = await this.#update(owner)
      .set({ ...columnsOf(factor), totp_last_step: factor.lastStep, totp_guesses: 0, updated_at: now })
      .where('totp_secret', '=', '')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n) return
    await this.#read(owner)
    throw new FileServerError('already-exists', 'The second factor is on already')
  }

  async turnOff(owner: FactorOwner, now: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#update(owner)
      .set({ ...noFactor, updated_at: now })
      .where('totp_secret', '!=', '')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) await this.#read(owner)
    return numUpdatedRows > 0n
  }

  /** As a backup has it, or none: whatever is there now. Codes that were taken stay so. */
  async restore(
    owner: FactorOwner,
    factor: Omit<SecondFactor, 'lastStep'> | undefined,
    now: number,
  ): Promise<void> {
    await this.#update(owner)
      .set({ ...(factor ? columnsOf(factor) : noFactor), updated_at: now })
      .executeTakeFirstOrThrow()
  }

  async changeProtocols(owner: FactorOwner, protocols: readonly LoginProtocol[], now: number): Promise<void> {
    const { numUpdatedRows } = await this.#update(owner)
      .set({ totp_protocols: JSON.stringify(protocols), updated_at: now })
      .where('totp_secret', '!=', '')
      .executeTakeFirstOrThrow()
    expectOn(numUpdatedRows)
  }

  async changeRecoveryCodes(owner: FactorOwner, codes: readonly string[], now: number): Promise<void> {
    const { numUpdatedRows } = await this.#update(owner)
      .set({ recovery_codes: JSON.stringify(codes), updated_at: now })
      .where('totp_secret', '!=', '')
      .executeTakeFirstOrThrow()
    expectOn(numUpdatedRows)
  }

  async admitGuess(
    owner: FactorOwner,
    { most, windowMs }: { readonly most: number; readonly windowMs: number },
    now: number,
  ): Promise<boolean> {
    const start = sql<number>`cast(${now - windowMs} as bigint)`
    const isOver = sql<boolean>`totp_guesses_since <= ${start}`
    const { numUpdatedRows } = await this.#update(owner)
      .set({
        totp_guesses: sql<number>`case when ${isOver} then 1 else totp_guesses + 1 end`,
        totp_guesses_since: sql<number>`case when ${isOver} or totp_guesses = 0
          then cast(${now} as bigint) else totp_guesses_since end`,
      })
      .where((eb) => eb.or([isOver, eb('totp_guesses', '<', most)]))
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  async takeStep(owner: FactorOwner, secret: string, step: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#update(owner)
      .set({ totp_last_step: step, totp_guesses: 0 })
      .where('totp_secret', '=', secret)
      .where('totp_last_step', '<', step)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  async takeRecoveryCode(owner: FactorOwner, hash: string): Promise<boolean> {
    for (;;) {
      const before = await this.#read(owner)
      const codes = readJson(before, hashes, `recovery_codes of ${owner.kind} ${JSON.stringify(owner.name)}`)
      if (!codes.includes(hash)) return false
      const { numUpdatedRows } = await this.#update(owner)
        .set({ recovery_codes: JSON.stringify(codes.filter((code) => code !== hash)) })
        .where('recovery_codes', '=', before)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows > 0n) return true
      // Another code was taken, or all were renewed, at the same time: one of the two has got on, so this ends.
    }
  }

  async #read({ kind, name }: FactorOwner): Promise<string> {
    const row = await this.#db
      .selectFrom(tableOf(kind))
      .select('recovery_codes')
      .where('username', '=', name)
      .executeTakeFirst()
    if (!row) throw new FileServerError('not-found', `The ${kind} does not exist`)
    return row.recovery_codes
  }

  /** The two tables have these columns in common; Kysely types one at a time. */
  #update({ kind, name }: FactorOwner) {
    return this.#db.updateTable(tableOf(kind)).where('username', '=', name)
  }
}

const noFactor = { totp_secret: '', totp_protocols: '[]', totp_guesses: 0, recovery_codes: '[]' }

function columnsOf(factor: Omit<SecondFactor, 'lastStep'>) {
  return {
    totp_secret: factor.secret,
    totp_protocols: JSON.stringify(factor.protocols),
    recovery_codes: JSON.stringify(factor.recoveryCodes),
  }
}

function tableOf(kind: FactorOwner['kind']): 'users' {
  return (kind === 'user' ? 'users' : 'admins') as 'users'
}

function expectOn(updatedRows: bigint): void {
  if (updatedRows === 0n) throw new FileServerError('not-found', 'The second factor is not on')
}
