/** The base64 blob of an authorized_keys line, or undefined. Options before the key type are not supported. */
export function keyBlobOf(line: string): string | undefined {
  const match = /^\s*(ssh-|ecdsa-sha2-|sk-)[\w@.-]+\s+([A-Za-z0-9+/]+={0,2})(\s|$)/.exec(line)
  const [, , blob] = match ?? []
  if (blob === undefined) return undefined
  const type = line.trim().split(/\s+/)[0] ?? ''
  // The blob begins with its own type as a string (RFC 4253 §6.6); a line that lies about it is no key.
  const bytes = Buffer.from(blob, 'base64')
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
  return bytes.subarray(4, 4 + length).toString('latin1') === type && bytes.length > 4 + length
    ? blob
    : undefined
}

/** True when one of the authorized_keys `lines` is the key with this wire blob. */
export function holdsKey(lines: readonly string[], key: Uint8Array): boolean {
  const wanted = Buffer.from(key).toString('base64')
  return lines.some((line) => keyBlobOf(line) === wanted)
}
