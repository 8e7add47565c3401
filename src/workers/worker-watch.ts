/** A worker tells each second how it fares. One that is silent for so long is told of in the log. */
const noticeMs = 5_000
/** One that is silent for so long serves nobody: ending it costs its sessions, which stand still anyway. */
const hungMs = 20_000
/** The first word comes once its program is loaded, which a busy machine delays. */
const firstWordMs = 60_000
/** How late a look may come before it says more of who looks than of who is looked at. */
const maxLateMs = 1_000
/** How often look() is to be called. */
export const lookMs = 1_000

export type WorkerState = 'answers' | 'silent' | 'hung'

/** Judges by the time of its last word whether a process still works. Times in milliseconds of one steady clock. */
export class WorkerWatch {
  #heardAt: number
  #lookedAt: number
  #hasSpoken = false

  constructor(now: number) {
    this.#heardAt = this.#lookedAt = now
  }

  heard(now: number): void {
    this.#heardAt = now
    this.#hasSpoken = true
  }

  silentMs(now: number): number {
    return Math.max(0, now - this.#heardAt)
  }

  look(now: number): WorkerState {
    const lateMs = now - this.#lookedAt - lookMs
    this.#lookedAt = now
    // Whoever looks was held up, and has not heard yet what was said meanwhile.
    if (lateMs > maxLateMs) this.#heardAt = Math.min(now, this.#heardAt + lateMs)
    const silentMs = this.silentMs(now)
    if (silentMs >= (this.#hasSpoken ? hungMs : firstWordMs)) return 'hung'
    return this.#hasSpoken && silentMs >= noticeMs ? 'silent' : 'answers'
  }
}
