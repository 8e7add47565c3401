/** So many direct calls, or so many milliseconds in them, may come between two turns of the event loop. */
const maxCalls = 128
const maxMs = 0.5
/** The loop is watched from the first of so many calls on: a few are not worth an immediate. */
const watchedCalls = 32

/** What direct calls take of one turn of the event loop, so that sockets are served between two shares of them. */
export class LoopTurn {
  #calls = 0
  #ms = 0
  /** Resolves in the next turn; undefined while nobody watches. */
  #next: Promise<void> | undefined

  get hasRoom(): boolean {
    return this.#calls < maxCalls && this.#ms < maxMs
  }

  /** A direct call took `ms`. */
  spend(ms: number): void {
    this.#calls++
    this.#ms += ms
    if (this.#calls >= watchedCalls || this.#ms >= maxMs) void this.next()
  }

  /** Settles in the next turn, which has room again; those who came first go on first. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#next = undefined
        this.#calls = 0
        this.#ms = 0
        resolve()
      }),
    )
    return this.#next
  }
}
