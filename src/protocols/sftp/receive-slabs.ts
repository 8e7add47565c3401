import { packetSlabs } from './packet-slabs.ts'

/** A slab with less room is not received into: the longest packet of SSH has to fit, and many small reads are slow. */
const leastRoomBytes = 64 * 1024
/** Less is copied: a few bytes that stay must not keep a slab. */
const leastBorrowedBytes = 8 * 1024
/** One connection keeps so many slabs waiting, as the largest window fills; of what comes then, copies are made. */
const maxWaitingSlabs = 64

interface Slab {
  readonly buffer: Buffer
  readonly owner: ReceiveSlabs
  /** Up to where it holds received bytes. */
  filled: number
  /** Up to where those have been taken. */
  taken: number
  /** Bytes that somebody has borrowed. */
  borrowed: number
}

/** The slab that some memory belongs to. What is forgotten to be given back is lost to the garbage collector alone. */
const slabs = new WeakMap<ArrayBufferLike, Slab>()

/** What one connection receives into. Bytes stay as they are until the next call, or while they are borrowed. */
export class ReceiveSlabs {
  #current: Slab | undefined
  #waiting = 0

  get isEmpty(): boolean {
    const slab = this.#current
    return !slab || (slab.taken === slab.filled && slab.borrowed === 0)
  }

  get isCrowded(): boolean {
    return this.#waiting >= maxWaitingSlabs
  }

  /** Where the next bytes are to be put, right behind those not taken yet. */
  get target(): Buffer {
    const slab = this.#withRoom()
    return slab.buffer.subarray(slab.filled)
  }

  /** So many bytes have been put into the target. */
  fill(count: number): void {
    if (this.#current) this.#current.filled += count
  }

  /** What has been received and not taken. */
  get bytes(): Buffer {
    const slab = this.#current
    return slab ? slab.buffer.subarray(slab.taken, slab.filled) : Buffer.alloc(0)
  }

  /** Takes so many of the bytes. */
  take(count: number): void {
    if (this.#current) this.#current.taken += count
  }

  /** Keeps no memory but what is borrowed. */
  end(): void {
    const slab = this.#current
    this.#current = undefined
    if (slab) this.#leave(slab)
  }

  /** @internal The last borrowed bytes of a slab that is not the current one have come back. */
  returned(): void {
    this.#waiting--
  }

  /** @internal */
  isCurrent(slab: object): boolean {
    return slab === this.#current
  }

  #withRoom(): Slab {
    const slab = this.#current
    if (!slab) return (this.#current = this.#newSlab())
    if (slab.borrowed === 0 && slab.taken === slab.filled) slab.taken = slab.filled = 0
    if (packetSlabs.bytes - slab.filled >= leastRoomBytes) return slab
    const next = this.#newSlab()
    next.filled = slab.buffer.copy(next.buffer, 0, slab.taken, slab.filled)
    this.#current = next
    this.#leave(slab)
    return next
  }

  #newSlab(): Slab {
    const slab: Slab = { buffer: packetSlabs.take(), owner: this, filled: 0, taken: 0, borrowed: 0 }
    slabs.set(slab.buffer.buffer, slab)
    return slab
  }

  #leave(slab: Slab): void {
    if (slab.borrowed === 0) free(slab)
    else this.#waiting++
  }
}

/** Received bytes that may be kept until giveBack(), or a copy where that is better. */
export function borrow(bytes: Buffer): Buffer {
  const slab = slabs.get(bytes.buffer)
  if (!slab) return bytes
  if (bytes.length < leastBorrowedBytes || slab.owner.isCrowded) return Buffer.from(bytes)
  slab.borrowed += bytes.length
  return bytes
}

/** Received bytes for somebody who never gives back. */
export function copyOf(bytes: Buffer): Buffer {
  return slabs.has(bytes.buffer) ? Buffer.from(bytes) : bytes
}

/** So many bytes of what was borrowed, `bytes` or a part of it, are used no more; each once. */
export function giveBack(bytes: Buffer, count = bytes.length): void {
  const slab = slabs.get(bytes.buffer)
  if (!slab || count === 0) return
  slab.borrowed -= count
  if (slab.borrowed > 0 || slab.owner.isCurrent(slab)) return
  slab.owner.returned()
  free(slab)
}

function free(slab: Slab): void {
  slabs.delete(slab.buffer.buffer)
  packetSlabs.give(slab.buffer)
}
