/** What a pool keeps for later; more than this is in use only while so many transfers run. */
const maxKeptBytes = 16 * 1024 * 1024

/** Memory used again and again: new memory for every piece of a transfer costs page faults and garbage collection. */
export class BufferPool {
  /** Length of each buffer. */
  readonly bytes: number
  readonly #free: Buffer[] = []

  constructor(bytes: number) {
    this.bytes = bytes
  }

  /** A buffer with anything in it. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.bytes)
  }

  /** Only for a buffer that nobody reads or writes any more. */
  give(buffer: Buffer): void {
    if ((this.#free.length + 1) * this.bytes <= maxKeptBytes) this.#free.push(buffer)
  }
}

/** Large enough that a fast disk and a fast network never wait for each other's calls. */
export const transferBuffers = new BufferPool(256 * 1024)
