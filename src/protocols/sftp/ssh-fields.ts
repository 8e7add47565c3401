/** `string` of RFC 4251 §5. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([sshUint32(bytes.length), bytes])
}

export function sshUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** `mpint` of RFC 4251 §5, of a number above 0. */
export function sshMpint(value: Buffer): Buffer {
  const bytes = value.subarray(value.findIndex((byte) => byte !== 0))
  return sshString((bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]))
}
