import { randomFillSync } from 'node:crypto'

/** SSH_MSG_DISCONNECT reason codes (RFC 4253 §11.1). */
export const disconnectReason = {
  protocolError: 2,
  serviceNotAvailable: 7,
  byApplication: 11,
  tooManyConnections: 12,
  noMoreAuthMethods: 14,
} as const

export type DisconnectReason = (typeof disconnectReason)[keyof typeof disconnectReason]

/** SSH_MSG_DISCONNECT, without a language tag. */
export function disconnectPayload(reason: DisconnectReason, text: string): Buffer {
  const description = Buffer.from(text)
  const payload = Buffer.alloc(1 + 4 + 4 + description.length + 4)
  payload[0] = 1
  payload.writeUInt32BE(reason, 1)
  payload.writeUInt32BE(description.length, 5)
  payload.set(description, 9)
  return payload
}

/** The same as a packet before any key exchange (RFC 4253 §6): a block of eight bytes, at least four of padding. */
export function plainDisconnect(reason: DisconnectReason, text: string): Buffer {
  const payload = disconnectPayload(reason, text)
  const padding = 4 + ((8 - ((4 + 1 + payload.length + 4) % 8)) % 8)
  const packet = Buffer.alloc(4 + 1 + payload.length + padding)
  packet.writeUInt32BE(packet.length - 4, 0)
  packet.writeUInt8(padding, 4)
  packet.set(payload, 5)
  randomFillSync(packet, 5 + payload.length)
  return packet
}
