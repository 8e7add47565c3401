/** Long enough that most uploads are complete by then, and shorter than any client takes to come back. */
const tellAfterMs = 500

/**
 * Sees to it that a replacement which is not complete is told of, once: when it breaks off, and when it takes a while, as
 * the client may be back on another line before this one is known to be dead.
 */
export class ReplacementWatch {
  readonly #tell: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #told: Promise<void> | undefined

  constructor(tell: () => Promise<void>) {
    this.#tell = tell
  }

  /** Bytes have come: from now on a client may believe that some of them are there. */
  began(): void {
    this.#timer ??= setTimeout(() => void this.#tellOnce(), tellAfterMs).unref()
  }

  complete(): void {
    clearTimeout(this.#timer)
  }

  /** Never throws. Whatever was being told is told after it. */
  async broke(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#timer) await this.#tellOnce()
  }

  /** That of a failure goes to nobody who could do something about it. */
  #tellOnce(): Promise<void> {
    return (this.#told ??= this.#tell().catch(() => undefined))
  }
}
