import type { BufferPool } from '../../core/files/buffer-pool.ts'
import { slabsFor } from './packet-slabs.ts'
import { packetHeaderLength, packetLength, type PacketShape, sealPacket } from './ssh-packet.ts'

/**
 * Bytes for a channel, laid out as the SSH packets they will travel in: file data is read straight to its place
 * between the packet headers and encrypted there. Without a `shape` the bytes lie plain.
 */
export class PacketRun {
  readonly shape: PacketShape | undefined
  /** The cipher that the layout was made for. */
  readonly cipher: object
  readonly #channel: number
  readonly #payload: number
  readonly #stride: number
  readonly #slab: Buffer
  readonly #pool: BufferPool | undefined
  #length: number
  #sent = 0
  #users = 1

  /** Room for `length` bytes in packets of `payload` bytes each. */
  constructor(options: {
    shape: PacketShape | undefined
    cipher: object
    channel: number
    payload: number
    length: number
  }) {
    const { shape, length } = options
    this.shape = shape
    this.cipher = options.cipher
    this.#channel = options.channel
    this.#payload = shape ? options.payload : Infinity
    this.#stride = shape ? packetLength(shape, options.payload) : 0
    this.#length = length
    const bytes = shape ? bytesOf(shape, options.payload, length) : length
    this.#pool = slabsFor(bytes)
    this.#slab = this.#pool?.take() ?? Buffer.allocUnsafe(bytes)
  }

  /** Bytes not sent yet. */
  get left(): number {
    return this.#length - this.#sent
  }

  /** Bytes of data in the next packet. */
  get nextPacket(): number {
    return Math.min(this.#payload, this.left)
  }

  /** Where the bytes from `start` to `end` lie, in order. */
  places(start: number, end: number): Buffer[] {
    if (!this.shape) return [this.#slab.subarray(start, end)]
    const places: Buffer[] = []
    for (let from = start; from < end;) {
      const index = Math.floor(from / this.#payload)
      const to = Math.min(end, (index + 1) * this.#payload)
      const at = index * this.#stride + packetHeaderLength + (from - index * this.#payload)
      places.push(this.#slab.subarray(at, at + to - from))
      from = to
    }
    return places
  }

  set(bytes: Uint8Array, start: number): void {
    let done = 0
    for (const place of this.places(start, start + bytes.length)) {
      place.set(bytes.subarray(done, done + place.length))
      done += place.length
    }
  }

  /** Cuts what was not filled. */
  shorten(length: number): void {
    this.#length = length
  }

  /** Seals as many of the next packets as `window` holds: the packets, and the bytes they make up together. */
  take(window: number): { packets: Buffer[]; whole: Buffer; length: number } | undefined {
    const shape = this.shape
    if (!shape) return undefined
    const first = (this.#sent / this.#payload) * this.#stride
    const packets: Buffer[] = []
    let at = first
    let length = 0
    while (this.left > 0 && length + this.nextPacket <= window) {
      const size = this.nextPacket
      const packet = this.#slab.subarray(at, at + packetLength(shape, size))
      sealPacket(packet, shape, this.#channel, size)
      packets.push(packet)
      at += packet.length
      length += size
      this.#sent += size
    }
    return packets.length === 0 ? undefined : { packets, whole: this.#slab.subarray(first, at), length }
  }

  /** A copy of what was not sent yet, for a way that knows no packets. */
  rest(): Buffer {
    return Buffer.concat(this.places(this.#sent, this.#length))
  }

  /** One more user of the memory; everyone calls release() once. */
  hold(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users === 0) this.#pool?.give(this.#slab)
  }
}

/** What `length` bytes take in packets of `payload` bytes each, the last as long as it has to be. */
function bytesOf(shape: PacketShape, payload: number, length: number): number {
  const full = Math.floor(length / payload)
  const rest = length - full * payload
  return full * packetLength(shape, payload) + (rest > 0 ? packetLength(shape, rest) : 0)
}
