import type { SecretBox } from '../auth/secret-box.ts'
import { isObject } from '../value-readers.ts'

/** Stored beside the settings; it is never answered, and no backup holds it. */
export const passphraseName = 'backup_passphrase'
const purpose = `setting:${passphraseName}`

/** As it is stored; a text by itself was stored before they were sealed. */
export function sealPassphrase(box: SecretBox, plain: string): unknown {
  return { sealed: box.seal(purpose, plain) }
}

/** '' for none; undefined for what another key has sealed, or what cannot be read. */
export function openPassphrase(box: SecretBox, stored: unknown): string | undefined {
  if (stored === undefined) return ''
  if (isPlainPassphrase(stored)) return stored
  const sealed = isObject(stored) ? stored['sealed'] : undefined
  return typeof sealed === 'string' ? box.open(purpose, sealed) : undefined
}

export function isPlainPassphrase(stored: unknown): stored is string {
  return typeof stored === 'string'
}
