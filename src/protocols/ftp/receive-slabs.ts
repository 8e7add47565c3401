import { transferBuffers } from '../../core/files/buffer-pool.ts'

/** One connection has at most so many slabs; the last one is filled only when another has become free. */
const maxSlabs = 4
/** A slab with less room is not read into any more: many small reads would cost a system call each. */
const smallestTargetBytes = 64 * 1024

interface Slab {
  readonly buffer: Buffer
  /** Up to where it holds received bytes. */
  filled: number
  /** Up to where those have been taken. */
  taken: number
  /** Up to where what was taken is used no more. */
  released: number
}

/**
 * The memory that one connection receives into, used again and again: what the kernel copies into it is still in the
 * processor's cache when it is written to the disk, and no garbage is left. Bytes are taken and released in their
 * order, all that are there at once.
 */
export class ReceiveSlabs {
  /** Those before the current one, the oldest first. */
  readonly #full: Slab[] = []
  #current: Slab = newSlab()

  /** True when all may still be in use but the slab that is kept for going on. */
  get isFull(): boolean {
    return this.#full.length >= maxSlabs - 1
  }

  /** Where the next bytes are to be put. */
  get target(): Buffer {
    return this.#current.buffer.subarray(this.#current.filled)
  }

  /** So many bytes have been put into the target. */
  fill(count: number): void {
    const slab = this.#current
    slab.filled += count
    if (slab.buffer.length - slab.filled >= smallestTargetBytes) return
    this.#full.push(slab)
    this.#current = newSlab()
  }

  /** All that was received since the last call, valid until release(). */
  take(): Buffer[] {
    const pieces: Buffer[] = []
    for (const slab of [...this.#full, this.#current]) {
      if (slab.filled > slab.taken) pieces.push(slab.buffer.subarray(slab.taken, slab.filled))
      slab.taken = slab.filled
    }
    return pieces
  }

  /** What was taken is used no more. */
  release(): void {
    for (const slab of [...this.#full, this.#current]) slab.released = slab.taken
    for (let first = this.#full[0]; first && first.released === first.filled; first = this.#full[0]) {
      transferBuffers.give(first.buffer)
      this.#full.shift()
    }
  }

  /** Nothing is received any more, nor in use. */
  end(): void {
    for (const { buffer } of [...this.#full, this.#current]) transferBuffers.give(buffer)
  }
}

function newSlab(): Slab {
  return { buffer: transferBuffers.take(), filled: 0, taken: 0, released: 0 }
}
