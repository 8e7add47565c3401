/** A file that is being changed in place, by one client or many. */
export class InPlaceFile {
  /** Bytes that its quota knows of. */
  #counted: number
  #isGone = false
  holders = 0

  constructor(size: number) {
    this.#counted = size
  }

  get counted(): number {
    return this.#counted
  }

  /** By how many bytes the quota changes when the file is found to have `size`. */
  recount(size: number): number {
    if (this.#isGone) return 0
    const change = size - this.#counted
    this.#counted = size
    return change
  }

  /** The name is gone or holds another file: what is still written counts for nobody. */
  markGone(): void {
    this.#isGone = true
  }
}

/** Files changed in place right now, so that several who change one file are counted together and once. */
export class InPlaceFiles {
  readonly #files = new Map<string, InPlaceFile>()

  /** release() it. `size` is the file's, in bytes, when nobody else changes it. */
  open(key: string, size: number): InPlaceFile {
    const file = this.#files.get(key) ?? new InPlaceFile(size)
    this.#files.set(key, file)
    file.holders++
    return file
  }

  release(file: InPlaceFile): void {
    if (--file.holders > 0) return
    for (const [key, open] of this.#files) if (open === file) this.#files.delete(key)
  }

  /** What the quota gets back when `key` goes, whose size on disk is `size`. */
  countedSize(key: string, size: number): number {
    return this.#files.get(key)?.counted ?? size
  }

  /** By how many bytes the quota changes when `key` goes from one size to the other. */
  recount(key: string, before: number, after: number): number {
    return this.#files.get(key)?.recount(after) ?? after - before
  }

  forget(key: string): void {
    this.#files.get(key)?.markGone()
    this.#files.delete(key)
  }

  move(from: string, to: string): void {
    this.forget(to)
    const file = this.#files.get(from)
    if (!file) return
    this.#files.delete(from)
    this.#files.set(to, file)
  }
}
