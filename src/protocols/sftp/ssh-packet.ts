import { fillPadding } from './random-padding.ts'

/** How the cipher in force wants a packet (RFC 4253 §6): its block, what is left out of padding, its tag. */
export interface PacketShape {
  readonly blockLength: number
  /** Bytes of the length field that padding does not count. */
  readonly unpadded: number
  readonly tagLength: number
}

const channelDataHeader = 9
/** SSH_MSG_CHANNEL_DATA. */
export const channelDataMessage = 94

/** Length field, padding length, then message number, channel and data length. */
export const packetHeaderLength = 4 + 1 + channelDataHeader

/** Bytes on the wire of a CHANNEL_DATA with `length` bytes of data. */
export function packetLength(shape: PacketShape, length: number): number {
  return packetHeaderLength + length + paddingLength(shape, length) + shape.tagLength
}

/** Writes everything around the data that already lies at `packetHeaderLength`. */
export function sealPacket(packet: Buffer, shape: PacketShape, channel: number, length: number): void {
  const padding = paddingLength(shape, length)
  packet.writeUInt32BE(1 + channelDataHeader + length + padding, 0)
  packet[4] = padding
  packet[5] = channelDataMessage
  packet.writeUInt32BE(channel, 6)
  packet.writeUInt32BE(length, 10)
  fillPadding(packet, packetHeaderLength + length, padding)
}

/** At least four bytes, so that the encrypted part is a multiple of the block (RFC 4253 §6). */
function paddingLength(shape: PacketShape, length: number): number {
  const used = (packetHeaderLength + length - shape.unpadded) % shape.blockLength
  const padding = shape.blockLength - used
  return padding < 4 ? padding + shape.blockLength : padding
}
