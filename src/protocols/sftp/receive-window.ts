/** What ssh2 grants every channel when it opens, in bytes. */
export const initialWindow = 2 * 1024 * 1024
/** For everybody who sends much; it is worth a third of the time even over the loopback. */
const nearWindow = 4 * 1024 * 1024
const farWindow = 16 * 1024 * 1024
/** Of a window has to come in before it grows: waiting for all of it makes a far client stand still once for each step. */
const growthShare = 4
/** What a window has to hold for each millisecond to the client and back: 400 MB a second. */
const bytesPerMs = 400 * 1024

/**
 * Bytes that the windows of all connections of the machine together may grow by: four far clients, or more near ones
 * than its processors have time for. What clients may send they send, and on a busy machine near ones look far.
 */
export const windowBudgetBytes = 64 * 1024 * 1024

/** What the windows of the connections of one process share. */
export class WindowBudget {
  #left: number

  constructor(bytes = windowBudgetBytes) {
    this.#left = bytes
  }

  /** True when `bytes` were taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#left += bytes
  }
}

/**
 * How much a client may send before it is told to go on (RFC 4254 §5.2). Bytes come back when they have been dealt
 * with, not when they arrive, so a slow disk slows the client down. Over a long way the window is what limits an
 * upload, so it grows there; over a short one a large window only overfills the socket's buffer, which costs more
 * than it brings.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget
  readonly #limit: number
  /** Sends an SSH_MSG_CHANNEL_WINDOW_ADJUST. */
  readonly #adjust: (bytes: number) => void
  #size = initialWindow
  #available = initialWindow
  #dealtWith = 0
  #sinceGrowth = 0

  constructor(budget: WindowBudget, roundTripMs: number, adjust: (bytes: number) => void) {
    this.#budget = budget
    this.#limit = Math.min(farWindow, Math.max(nearWindow, roundTripMs * bytesPerMs))
    this.#adjust = adjust
  }

  /** False when the client sent more than it was allowed to. */
  receive(bytes: number): boolean {
    this.#available -= bytes
    return this.#available >= 0
  }

  consume(bytes: number): void {
    this.#dealtWith += bytes
    this.#sinceGrowth += bytes
    if (this.#dealtWith < this.#size / 8) return
    if (this.#sinceGrowth >= this.#size / growthShare) this.#grow()
    const granted = this.#dealtWith
    this.#dealtWith = 0
    this.#available += granted
    this.#adjust(granted)
  }

  release(): void {
    this.#budget.giveBack(this.#size - initialWindow)
    this.#size = initialWindow
  }

  #grow(): void {
    this.#sinceGrowth = 0
    const larger = Math.min(this.#size * 2, this.#limit)
    const more = larger - this.#size
    if (more <= 0 || !this.#budget.take(more)) return
    this.#dealtWith += more
    this.#size = larger
  }
}
