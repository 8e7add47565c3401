import { giveBack } from './receive-slabs.ts'
import { packetType } from './sftp-codec.ts'

/** Longest packet taken, as OpenSSH's server has it. */
export const maxPacketLength = 256 * 1024
/** Longest packet of any other kind than WRITE: two paths, attributes and more. */
const maxRequestLength = 34_000
const maxHandleLength = 256
/** Type, id, handle length; then offset and data length. */
const writePrefix = 1 + 4 + 4
const writeSuffix = 8 + 4
const maxChunks = 128

/** The bytes of a WRITE as they came, never put together. The chunks are borrowed (receive-slabs.ts), nothing else. */
export interface WriteRequest {
  readonly id: number
  readonly handle: Buffer
  /** High and low half of the position. */
  readonly position: readonly [number, number]
  readonly chunks: readonly Buffer[]
  readonly length: number
}

export interface PacketSink {
  /** `fields` is what follows the type. It may be part of a larger buffer: copy what has to live on. */
  onPacket(type: number, fields: Buffer): void
  onWrite(request: WriteRequest): void
  /** Lengths do not add up within a WRITE whose end is known. */
  onBrokenWrite(id: number): void
}

/** The stream can no longer be read: nothing tells where the next packet begins. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
}

/** Cuts the bytes of a channel into SFTP packets. */
export class SftpPacketReader {
  readonly #sink: PacketSink
  /** A beginning that was cut off by the end of a chunk. */
  #pending: Buffer[] = []
  #pendingLength = 0
  /** How many bytes are needed before anything more can be said. */
  #needed = 5
  /** A WRITE whose data is still coming. */
  #write:
    | {
        id: number
        handle: Buffer
        position: [number, number]
        length: number
        chunks: Buffer[]
        left: number
        excess: number
      }
    | undefined
  /** Bytes of a broken packet that are left out. */
  #skip = 0

  constructor(sink: PacketSink) {
    this.#sink = sink
  }

  /** Bytes of a cut off beginning, which are copies. */
  get pendingBytes(): number {
    return this.#pendingLength
  }

  /** Bytes of a WRITE whose other bytes are still to come. */
  get writeBytes(): number {
    return this.#write ? this.#write.length - this.#write.left : 0
  }

  /** Takes one packet's worth off `chunk` and answers what is left of it. @throws FramingError */
  feed(chunk: Buffer): Buffer {
    if (this.#skip > 0) return this.#skipIn(chunk)
    if (this.#write) return this.#feedWrite(chunk)
    const missing = this.#needed - this.#pendingLength
    if (chunk.length < missing) {
      this.#pending = withChunk(this.#pending, Buffer.from(chunk))
      this.#pendingLength += chunk.length
      return chunk.subarray(chunk.length)
    }
    if (this.#pendingLength === 0) return this.#begin(chunk)
    const joined = Buffer.concat([...this.#pending, chunk.subarray(0, missing)])
    this.#pending = []
    this.#pendingLength = 0
    const rest = this.#begin(joined)
    // What was joined is either used up or waits for more.
    if (rest.length > 0) throw new Error('unreachable: joined more than was needed')
    return chunk.subarray(missing)
  }

  /** `bytes` begins at the beginning of a packet. */
  #begin(bytes: Buffer): Buffer {
    const length = bytes.readUInt32BE(0)
    const type = bytes[4] ?? 0
    if (length === 0 || length > maxPacketLength) throw new FramingError('Bad packet length')
    if (type === packetType.write) return this.#beginWrite(bytes, length)
    if (length > maxRequestLength) throw new FramingError('The request is too long')
    if (bytes.length < 4 + length) return this.#wait(bytes, 4 + length)
    this.#needed = 5
    this.#sink.onPacket(type, bytes.subarray(5, 4 + length))
    return bytes.subarray(4 + length)
  }

  #beginWrite(bytes: Buffer, length: number): Buffer {
    if (length < writePrefix) throw new FramingError('Bad packet length')
    if (bytes.length < 4 + writePrefix) return this.#wait(bytes, 4 + writePrefix)
    const id = bytes.readUInt32BE(5)
    const handleLength = bytes.readUInt32BE(9)
    const header = writePrefix + handleLength + writeSuffix
    if (handleLength > maxHandleLength || header > length) return this.#refuseWrite(id, 4 + length, bytes)
    if (bytes.length < 4 + header) return this.#wait(bytes, 4 + header)
    const at = 4 + writePrefix + handleLength
    const dataLength = bytes.readUInt32BE(at + 8)
    if (dataLength > length - header) return this.#refuseWrite(id, 4 + length, bytes)
    this.#needed = 5
    // Some versions of pkg/sftp, rclone's among them, send the whole of a buffer whose beginning alone is data.
    const excess = length - header - dataLength
    this.#write = {
      id,
      handle: Buffer.from(bytes.subarray(4 + writePrefix, at)),
      position: [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)],
      length: dataLength,
      chunks: [],
      left: dataLength,
      excess,
    }
    return this.#feedWrite(bytes.subarray(4 + header))
  }

  #feedWrite(bytes: Buffer): Buffer {
    const write = this.#write
    if (!write) return bytes
    const part = bytes.subarray(0, write.left)
    if (part.length > 0) write.chunks = withChunk(write.chunks, part)
    write.left -= part.length
    if (write.left === 0) {
      this.#write = undefined
      this.#skip = write.excess
      this.#sink.onWrite(write)
    }
    return this.#skipIn(bytes.subarray(part.length))
  }

  #refuseWrite(id: number, packetBytes: number, bytes: Buffer): Buffer {
    this.#needed = 5
    this.#skip = packetBytes
    const rest = this.#skipIn(bytes)
    this.#sink.onBrokenWrite(id)
    return rest
  }

  #skipIn(bytes: Buffer): Buffer {
    const count = Math.min(this.#skip, bytes.length)
    this.#skip -= count
    return bytes.subarray(count)
  }

  #wait(bytes: Buffer, needed: number): Buffer {
    this.#needed = needed
    this.#pending.push(Buffer.from(bytes))
    this.#pendingLength = bytes.length
    return bytes.subarray(bytes.length)
  }
}

/** Puts many small chunks together now and then: each costs far more memory than the bytes in it. */
function withChunk(chunks: Buffer[], chunk: Buffer): Buffer[] {
  chunks.push(chunk)
  if (chunks.length < maxChunks) return chunks
  const joined = Buffer.concat(chunks)
  for (const one of chunks) giveBack(one)
  return [joined]
}
