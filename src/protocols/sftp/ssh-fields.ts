import { isUtf8 } from 'node:buffer'

const channelRequestMessage = 98
/** Message number, channel, length and letters of 'exec', whether a reply is wanted, length (RFC 4254 §6.5). */
const commandStart = 1 + 4 + 4 + 4 + 1 + 4

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

/** Whether the command of an exec is UTF-8; of no meaning for other messages. */
export function isCommandUtf8(payload: Buffer): boolean {
  if (payload[0] !== channelRequestMessage || payload.length < commandStart) return true
  const length = payload.readUInt32BE(commandStart - 4)
  return isUtf8(payload.subarray(commandStart, commandStart + length))
}
