import type { Selectable } from 'kysely'
import { factorProtocols, type SecondFactor } from '../../core/accounts/second-factor.ts'
import { listOf, oneOf, text } from '../../core/value-readers.ts'
import type { SecondFactorColumns } from '../schema.ts'
import { readJson } from './stored-value.ts'

const protocols = listOf(oneOf(...factorProtocols))
const hashes = listOf(text)

/** The field of a user or an admin, whom `owner` names in errors. @throws FileServerError 'storage-failure' */
export function toSecondFactor(
  row: Selectable<SecondFactorColumns>,
  owner: string,
): { readonly secondFactor?: SecondFactor } {
  if (row.totp_secret === '') return {}
  return {
    secondFactor: {
      secret: row.totp_secret,
      protocols: readJson(row.totp_protocols, protocols, `totp_protocols of ${owner}`),
      recoveryCodes: readJson(row.recovery_codes, hashes, `recovery_codes of ${owner}`),
      lastStep: row.totp_last_step,
    },
  }
}
