/** More gaps than this are not worth following: the prefix just stops growing. */
const maxRanges = 1024

/** Which bytes of an upload have arrived, to tell how much of its beginning is without a gap. */
export class WrittenRanges {
  /** End of the gapless beginning, in bytes. */
  #prefix: number
  /** Ranges beyond it, in order, apart from each other. */
  readonly #islands: { start: number; end: number }[] = []

  constructor(prefix = 0) {
    this.#prefix = prefix
  }

  get prefix(): number {
    return this.#prefix
  }

  /** Where all that has arrived ends, wherever it begins; 0 when there is a gap in it. */
  get pieceEnd(): number {
    const [first, ...others] = this.#islands
    if (!first) return this.#prefix
    return this.#prefix === 0 && others.length === 0 ? first.end : 0
  }

  add(start: number, end: number): void {
    if (start <= this.#prefix) {
      this.#prefix = Math.max(this.#prefix, end)
      this.#absorb()
      return
    }
    const at = this.#islands.findIndex((island) => island.end >= start)
    const island = this.#islands[at]
    if (!island) this.#insert(this.#islands.length, start, end)
    else if (island.start > end) this.#insert(at, start, end)
    else {
      island.start = Math.min(island.start, start)
      island.end = Math.max(island.end, end)
      this.#mergeFrom(at)
    }
  }

  truncate(size: number): void {
    this.#prefix = Math.min(this.#prefix, size)
    for (let i = this.#islands.length - 1; i >= 0; i--) {
      const island = this.#islands[i]
      if (!island || island.end <= size) break
      if (island.start >= size) this.#islands.pop()
      else island.end = size
    }
  }

  #insert(at: number, start: number, end: number): void {
    if (this.#islands.length < maxRanges) this.#islands.splice(at, 0, { start, end })
  }

  #mergeFrom(at: number): void {
    const island = this.#islands[at]
    for (
      let next = this.#islands[at + 1];
      island && next && next.start <= island.end;
      next = this.#islands[at + 1]
    ) {
      island.end = Math.max(island.end, next.end)
      this.#islands.splice(at + 1, 1)
    }
  }

  #absorb(): void {
    for (let first = this.#islands[0]; first && first.start <= this.#prefix; first = this.#islands[0]) {
      this.#prefix = Math.max(this.#prefix, first.end)
      this.#islands.shift()
    }
  }
}
