import { factorProtocols, purposeOf, type FactorOwner, type SecondFactor } from '../accounts/second-factor.ts'
import { isRecoveryCodeHash, recoveryCodeCount } from '../auth/recovery-codes.ts'
import { isSealed, type SecretBox } from '../auth/secret-box.ts'
import { isObject, listOf, oneOf, type Reader } from '../value-readers.ts'
import type { BackupContent, BackupDocument, DocumentFactor } from './backup-document.ts'
import type { RestoreSteps, Steps } from './restore-plan.ts'

const plainMark = 'plain:'
const protocols = listOf(oneOf(...factorProtocols))
const hashes = listOf((value) => (typeof value === 'string' && isRecoveryCodeHash(value) ? value : undefined))

export type BackupFactor = Omit<SecondFactor, 'lastStep'>

/** What a backup keeps of an account's second factor; which codes were taken is no part of it. */
export function backupFactorOf(account: { readonly secondFactor?: SecondFactor }): {
  secondFactor?: BackupFactor
} {
  if (!account.secondFactor) return {}
  const { lastStep: _step, ...kept } = account.secondFactor
  return { secondFactor: kept }
}

/** Absent in backups that were made before there were second factors: whatever is there then stays. */
export const documentFactor: Reader<DocumentFactor> = (value) => {
  if (value === undefined) return 'as it is'
  if (value === null || !isObject(value)) return value === null ? null : undefined
  const { secret } = value
  const read = { protocols: protocols(value['protocols']), recoveryCodes: hashes(value['recoveryCodes']) }
  if (typeof secret !== 'string' || !(isSealed(secret) || isPlain(secret))) return undefined
  if (!read.protocols || !read.recoveryCodes || read.recoveryCodes.length > recoveryCodeCount)
    return undefined
  return { secret, protocols: read.protocols, recoveryCodes: read.recoveryCodes }
}

/**
 * Secrets as a backup holds them. In one with a passphrase they are plain, so that another server can use them; without
 * one they stay sealed, and only a server with this one's key can.
 */
export function exposeFactors<T extends Factored>(
  accounts: readonly T[],
  kind: FactorOwner['kind'],
  box: SecretBox | undefined,
): readonly (T & { secondFactor: BackupFactor | null })[] {
  return accounts.map((account) => {
    const { secondFactor } = account
    if (!secondFactor) return { ...account, secondFactor: null }
    const plain = box?.open(purposeOf({ kind, name: account.username }), secondFactor.secret)
    const secret = plain === undefined ? secondFactor.secret : `${plainMark}${plain}`
    return { ...account, secondFactor: { ...secondFactor, secret } }
  })
}

/** The content that a restore should reach: secrets sealed for this server, unchanged ones as they are sealed now. */
export function adoptFactors(
  present: BackupContent,
  document: BackupDocument,
  box: SecretBox,
): BackupContent {
  return {
    ...document,
    users: adopt(present.users, document.users, { kind: 'user', box }),
    admins: adopt(present.admins, document.admins, { kind: 'admin', box }),
  }
}

/**
 * Second factors that a restore brings and whose codes cannot be checked here: another server's key has sealed them, and
 * the backup has no passphrase.
 */
export function unusableFactors(
  { users, admins }: Pick<RestoreSteps, 'users' | 'admins'>,
  box: SecretBox,
): readonly FactorOwner[] {
  return [...unusable(users, 'user', box), ...unusable(admins, 'admin', box)]
}

function unusable(
  { add, replace }: Steps<Factored>,
  kind: FactorOwner['kind'],
  box: SecretBox,
): readonly FactorOwner[] {
  return [...add, ...replace.map(({ after }) => after)].flatMap(({ username, secondFactor }) => {
    const owner = { kind, name: username }
    return secondFactor && box.open(purposeOf(owner), secondFactor.secret) === undefined ? [owner] : []
  })
}

interface Factored {
  readonly username: string
  readonly secondFactor?: BackupFactor
}

function adopt<T extends Factored>(
  present: readonly T[],
  wanted: readonly (Omit<T, 'secondFactor'> & { username: string; secondFactor: DocumentFactor })[],
  { kind, box }: { readonly kind: FactorOwner['kind']; readonly box: SecretBox },
): readonly T[] {
  const known = new Map(present.map(({ username, secondFactor }) => [username, secondFactor]))
  return wanted.map(({ secondFactor: given, ...account }) => {
    const owner = { kind, name: account.username }
    const before = known.get(account.username)
    const after = given === 'as it is' ? before : given === null ? undefined : seal(given, before, owner, box)
    return { ...account, ...(after && { secondFactor: after }) } as unknown as T
  })
}

function seal(
  given: BackupFactor,
  before: BackupFactor | undefined,
  owner: FactorOwner,
  box: SecretBox,
): BackupFactor {
  if (!isPlain(given.secret)) return given
  const plain = given.secret.slice(plainMark.length)
  const isSame = before !== undefined && box.open(purposeOf(owner), before.secret) === plain
  return { ...given, secret: isSame ? before.secret : box.seal(purposeOf(owner), plain) }
}

function isPlain(secret: string): boolean {
  return /^plain:[A-Z2-7]{32}$/.test(secret)
}
