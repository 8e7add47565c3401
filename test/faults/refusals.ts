import assert from 'node:assert/strict'
import type { TransferProtocol } from '../support/transfer-clients.ts'

/** What each protocol has to say for a kind of fault: its code, and words that tell a person what is wrong. */
const words = {
  full: { SFTP: /No space|almost full/, FTP: /\b452[ -]/, HTTP: /^507 .*no-space/ },
  quota: { SFTP: /quota/i, FTP: /\b552[ -]/, HTTP: /^413 .*quota-exceeded/ },
  readOnly: {
    SFTP: /Permission denied|does not allow/i,
    FTP: /\b55[03][ -]/,
    HTTP: /^403 .*permission-denied/,
  },
  /** The disk answers with an error of its own. */
  failing: { SFTP: /storage failed/i, FTP: /\b451[ -]/, HTTP: /^500 .*storage-failure/ },
  gone: { SFTP: /No such file|does not exist/i, FTP: /\b(450|550|553)[ -]/, HTTP: /^404 .*not-found/ },
} as const

export type Refusal = keyof typeof words

/** @throws unless `work` is refused in the words of its protocol, and soon */
export async function isRefused(
  refusal: Refusal,
  protocol: TransferProtocol,
  work: () => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now()
  const text = await work().then(
    () => 'nothing was refused',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  assert.match(text, words[refusal][protocol === 'FTPS' ? 'FTP' : protocol], `${refusal} over ${protocol}`)
  assert.ok(performance.now() - startedAt < 10_000, `${refusal} over ${protocol} took too long`)
}
