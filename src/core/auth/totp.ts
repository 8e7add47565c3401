import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What authenticator apps take for granted: SHA-1, six digits, a new code every thirty seconds (RFC 6238 §4, §5.2). */
const stepMs = 30_000
const digits = 6
/** Before and after the present step: clocks differ, and people type slowly (RFC 6238 §5.2 wants one at most). */
const toleratedSteps = 1
/** 160 bits, the length that RFC 4226 §4 R6 recommends. */
const secretBytes = 20
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new shared secret in base32. */
export function makeTotpSecret(): string {
  return encodeBase32(randomBytes(secretBytes))
}

/** The code of RFC 4226 §5.3 for one counter. */
export function hotp(key: Uint8Array, counter: number, length = digits): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const hash = createHmac('sha1', key).update(message).digest()
  const offset = hash.readUInt8(hash.length - 1) & 0xf
  const number = hash.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** length).padStart(length, '0')
}

/** The code that `secret` shows at `now`, in milliseconds since the epoch. */
export function totpAt(secret: string, now: number): string {
  return hotp(decodeBase32(secret), stepAt(now))
}

/**
 * The time step that `code` belongs to; undefined when it is wrong at `now`, or not newer than `lastStep`, the step of the
 * last code that was taken: a code is good once (RFC 6238 §5.2).
 */
export function matchingStep(
  secret: string,
  code: string,
  { now, lastStep }: { readonly now: number; readonly lastStep: number },
): number | undefined {
  const key = decodeBase32(secret)
  const given = Buffer.from(code)
  let match: number | undefined
  // All of them, whichever is right: the time tells nothing.
  for (let step = stepAt(now) - toleratedSteps; step <= stepAt(now) + toleratedSteps; step++) {
    const wanted = Buffer.from(hotp(key, step))
    const isRight = given.length === wanted.length && timingSafeEqual(given, wanted)
    if (isRight && step > lastStep) match ??= step
  }
  return match
}

export function isTotpCode(text: string): boolean {
  return /^\d{6}$/.test(text)
}

/** Where a code cannot be asked for, it follows the password: `undefined` when nothing that looks like one does. */
export function splitCode(text: string): { readonly password: string; readonly code: string | undefined } {
  const code = /\d{6}$/.exec(text)?.[0]
  return { password: code === undefined ? text : text.slice(0, -digits), code }
}

/** What a QR code for authenticator apps holds; they know `issuer` and `account` from it. */
export function otpauthUri({
  secret,
  issuer,
  account,
}: Record<'secret' | 'issuer' | 'account', string>): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=6&period=30`
}

/** RFC 4648 §6, without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let [value, bits] = [0, 0]
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(value >>> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(value << (5 - bits)) & 31]
}

/** The reverse; case, spaces and padding do not count. @throws RangeError for anything else */
export function decodeBase32(text: string): Buffer {
  const bytes: number[] = []
  let [value, bits] = [0, 0]
  for (const letter of text.toUpperCase().replaceAll(/[\s=]/g, '')) {
    const index = alphabet.indexOf(letter)
    if (index === -1) throw new RangeError('not base32')
    value = (value << 5) | index
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push(value >>> bits)
    value &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}

function stepAt(now: number): number {
  return Math.floor(now / stepMs)
}
