import { createHash, randomInt } from 'node:crypto'

/** Without the letters and digits that look alike. */
const alphabet = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const groups = 4
const groupLength = 4
export const recoveryCodeCount = 12

/** For who has lost the authenticator: each good once, 79 random bits. */
export function makeRecoveryCodes(): readonly string[] {
  return Array.from({ length: recoveryCodeCount }, () => Array.from({ length: groups }, makeGroup).join('-'))
}

/** What is kept of a code: enough to know it again. A fast hash, because nobody can try 79 bits. */
export function recoveryCodeHash(code: string): string {
  return createHash('sha256').update(normalise(code)).digest('base64url')
}

/** True for what could be one, however it was typed. */
export function isRecoveryCode(text: string): boolean {
  const code = normalise(text)
  return code.length === groups * groupLength && [...code].every((letter) => alphabet.includes(letter))
}

export function isRecoveryCodeHash(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

function makeGroup(): string {
  return Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** Case, spaces and hyphens do not count. */
function normalise(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toUpperCase()
}
