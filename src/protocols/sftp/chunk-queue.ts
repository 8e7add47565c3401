const smallChunk = 1024
const blockBytes = 16 * 1024

/** Bytes that wait, in order. Small chunks share blocks: each Buffer costs more memory than a few bytes in it. */
export class ChunkQueue {
  readonly #chunks: Buffer[] = []
  #block: Buffer | undefined
  #used = 0
  #length = 0

  /** Bytes in the queue. */
  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    this.#length += chunk.length
    if (chunk.length >= smallChunk || this.#chunks.length === 0) {
      this.#block = undefined
      this.#chunks.push(chunk)
      return
    }
    const start = this.#used
    if (this.#block && start + chunk.length <= blockBytes) {
      this.#block.set(chunk, start)
      this.#used += chunk.length
      // The last chunk ends where the new bytes begin.
      const last = this.#chunks.length - 1
      const before = this.#chunks[last]?.length ?? 0
      this.#chunks[last] = this.#block.subarray(start - before, this.#used)
      return
    }
    this.#block = Buffer.allocUnsafeSlow(blockBytes)
    this.#block.set(chunk)
    this.#used = chunk.length
    this.#chunks.push(this.#block.subarray(0, this.#used))
  }

  /** The next bytes, at most `limit` of them; undefined when nothing waits. */
  take(limit = Infinity): Buffer | undefined {
    const first = this.#chunks[0]
    if (!first) return undefined
    if (first.length <= limit) {
      this.#chunks.shift()
      if (this.#chunks.length === 0) this.#block = undefined
      this.#length -= first.length
      return first
    }
    this.#chunks[0] = first.subarray(limit)
    this.#length -= limit
    return first.subarray(0, limit)
  }

  /** Puts the rest of what was taken back in front. */
  putBack(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.unshift(chunk)
    if (this.#chunks.length === 1) this.#block = undefined
    this.#length += chunk.length
  }

  clear(): void {
    this.#chunks.length = 0
    this.#block = undefined
    this.#length = 0
  }
}
