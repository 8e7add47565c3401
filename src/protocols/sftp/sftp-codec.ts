import { isUtf8 } from 'node:buffer'
import { FileServerError } from '../../core/errors.ts'
import { malformed, type StatusCode } from './sftp-status.ts'

/** Packet types of draft-ietf-secsh-filexfer-02 §3. */
export const packetType = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
  extendedReply: 201,
} as const

/** Length of everything in front of the bytes of a DATA reply. */
export const dataHeaderLength = 13

/** Reads the fields of one packet. @throws 'invalid-argument' where a field does not fit */
export class FieldReader {
  readonly #packet: Buffer
  #at = 0

  constructor(packet: Buffer) {
    this.#packet = packet
  }

  get left(): number {
    return this.#packet.length - this.#at
  }

  uint32(): number {
    this.#need(4)
    this.#at += 4
    return this.#packet.readUInt32BE(this.#at - 4)
  }

  /** @throws also for numbers that a JavaScript number cannot hold exactly */
  uint64(): number {
    const high = this.uint32()
    const low = this.uint32()
    const value = high * 0x1_0000_0000 + low
    if (!Number.isSafeInteger(value)) throw malformed('A position or size is out of range')
    return value
  }

  bytes(): Buffer {
    const length = this.uint32()
    this.#need(length)
    this.#at += length
    return this.#packet.subarray(this.#at - length, this.#at)
  }

  /** A path or name. @throws 'invalid-path' unless it is UTF-8 */
  text(): string {
    const bytes = this.bytes()
    if (!isUtf8(bytes)) throw new FileServerError('invalid-path', 'The name is not valid UTF-8')
    return bytes.toString()
  }

  #need(length: number): void {
    if (length > this.left) throw malformed()
  }
}

/** Packs fields into one packet; the length in front is filled in by packet(). */
export class FieldWriter {
  #buffer: Buffer
  #length = 4

  constructor(type: number, capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
    this.byte(type)
  }

  get length(): number {
    return this.#length
  }

  byte(value: number): this {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
    return this
  }

  uint32(value: number): this {
    this.#reserve(4)
    this.#length = this.#buffer.writeUInt32BE(value, this.#length)
    return this
  }

  uint64(value: number): this {
    return this.uint32(Math.floor(value / 0x1_0000_0000)).uint32(value % 0x1_0000_0000)
  }

  text(value: string): this {
    // UTF-8 takes three bytes at most for each unit of a string.
    this.#reserve(4 + value.length * 3)
    const at = this.#length + 4
    const end = writeAscii(this.#buffer, value, at) ?? at + this.#buffer.write(value, at)
    this.#buffer.writeUInt32BE(end - at, this.#length)
    this.#length = end
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Overwrites four bytes at `at`, counted from the beginning of the packet with its length. */
  putUint32(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at)
  }

  packet(): Buffer {
    this.#buffer.writeUInt32BE(this.#length - 4, 0)
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** The end of what was written; undefined for what is not ASCII. Short texts are written faster than handed over. */
function writeAscii(to: Buffer, value: string, at: number): number | undefined {
  if (value.length > 128) return undefined
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit > 0x7f) return undefined
    to[at + i] = unit
  }
  return at + value.length
}

export function encodeStatus(id: number, code: StatusCode, message = ''): Buffer {
  return new FieldWriter(packetType.status, 32 + message.length * 3)
    .uint32(id)
    .uint32(code)
    .text(message)
    .text('')
    .packet()
}

export function encodeHandle(id: number, handle: number): Buffer {
  return new FieldWriter(packetType.handle, 32).uint32(id).uint32(4).uint32(handle).packet()
}

/** The part of a DATA reply in front of its `length` bytes. */
export function encodeDataHeader(id: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(dataHeaderLength)
  header.writeUInt32BE(dataHeaderLength - 4 + length, 0)
  header[4] = packetType.data
  header.writeUInt32BE(id, 5)
  header.writeUInt32BE(length, 9)
  return header
}

/** The number in a handle as a client gave it back; NaN for what was never given out. */
export function decodeHandle(bytes: Buffer): number {
  return bytes.length === 4 ? bytes.readUInt32BE(0) : NaN
}
