/** Tags of ASN.1 in DER (X.690 §8) as far as certificates need them. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** One value: tag, length in its shortest form (X.690 §10.1), contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), derLength(body.length), body])
}

export function derSequence(...members: readonly Uint8Array[]): Buffer {
  return der(derTag.sequence, ...members)
}

/** A context-specific value, `[number]` in ASN.1; `constructed` when it wraps other values. */
export function derContext(
  number: number,
  kind: 'primitive' | 'constructed',
  ...contents: readonly Uint8Array[]
): Buffer {
  return der((kind === 'constructed' ? 0xa0 : 0x80) | number, ...contents)
}

/** An integer from its big-endian magnitude; never negative (X.690 §8.3). */
export function derInteger(magnitude: Uint8Array): Buffer {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1
  const digits = magnitude.subarray(start)
  const needsSign = (digits[0] ?? 0) >= 0x80 || digits.length === 0
  return needsSign ? der(derTag.integer, Buffer.of(0), digits) : der(derTag.integer, digits)
}

/** `1.2.840.10045.4.3.2` and the like; base 128, first two arcs in one number (X.690 §8.19). */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap(base128)
  return der(derTag.objectIdentifier, Buffer.from(bytes))
}

export function derBitString(bits: Uint8Array, unusedBits = 0): Buffer {
  return der(derTag.bitString, Buffer.of(unusedBits), bits)
}

/** A moment to the second: UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function derTime(milliseconds: number): Buffer {
  const digits = new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  const isShort = year >= 1950 && year < 2050
  const text = Buffer.from(isShort ? digits.slice(2) : digits, 'latin1')
  return der(isShort ? derTag.utcTime : derTag.generalizedTime, text)
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.of(0x80 | bytes.length, ...bytes)
}

function base128(arc: number): number[] {
  const bytes = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) | 0x80)
  }
  return bytes
}
