import type { LiveState } from '../../../../contract/live.ts'

/** How the page is kept up to date at the moment. */
export type LiveWay = 'connecting' | 'stream' | 'polling' | 'reconnecting'

export interface LiveFeedParts {
  /** Opens a stream of states. */
  readonly openStream: (on: StreamEvents) => Disposable
  readonly poll: (signal: AbortSignal) => Promise<LiveState>
  readonly onState: (state: LiveState) => void
  readonly onWay: (way: LiveWay) => void
  readonly timing?: Partial<LiveTiming>
}

export interface StreamEvents {
  readonly state: (state: LiveState) => void
  readonly failed: () => void
}

/** Milliseconds. */
export interface LiveTiming {
  readonly pollEvery: number
  /** A stream that has said nothing for so long is compared with what the server answers. */
  readonly silentAfter: number
  readonly reopenAfter: number
  /** While it polls, the stream is tried again now and then. */
  readonly retryStreamAfter: number
}

const usualTiming: LiveTiming = {
  pollEvery: 2000,
  silentAfter: 20_000,
  reopenAfter: 1000,
  retryStreamAfter: 60_000,
}

/** After so many failures without a state between them the stream is given up for a while. */
const maxFailures = 2

/** States by a stream while that works, by asking again and again where something on the way does not let it through. */
export class LiveFeed implements Disposable {
  readonly #parts: LiveFeedParts
  readonly #timing: LiveTiming
  readonly #stopping = new AbortController()
  #stream: Disposable | undefined
  #failures = 0
  #newest = ''
  #way: LiveWay = 'connecting'
  #silence: ReturnType<typeof setTimeout> | undefined
  #next: ReturnType<typeof setTimeout> | undefined

  constructor(parts: LiveFeedParts) {
    this.#parts = parts
    this.#timing = { ...usualTiming, ...parts.timing }
    this.#open()
  }

  [Symbol.dispose](): void {
    this.#stopping.abort()
    this.#close()
    clearTimeout(this.#next)
  }

  #open(): void {
    this.#stream?.[Symbol.dispose]()
    this.#watchSilence()
    this.#stream = this.#parts.openStream({
      state: (state) => {
        if (this.#stopping.signal.aborted) return
        clearTimeout(this.#next)
        this.#failures = 0
        this.#become('stream')
        this.#watchSilence()
        this.#take(state)
      },
      failed: () => this.#failed(),
    })
  }

  #failed(): void {
    if (this.#stopping.signal.aborted) return
    this.#close()
    this.#failures++
    if (this.#failures >= maxFailures) return this.#startPolling()
    this.#become('reconnecting')
    this.#later(() => this.#open(), this.#timing.reopenAfter)
  }

  #close(): void {
    clearTimeout(this.#silence)
    this.#stream?.[Symbol.dispose]()
    this.#stream = undefined
  }

  #watchSilence(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => void this.#compare(), this.#timing.silentAfter)
  }

  /** A quiet server sends nothing, and so does a stream that is stuck: the answer to a question tells them apart. */
  async #compare(): Promise<void> {
    const stream = this.#stream
    const before = this.#newest
    const state = await this.#ask()
    if (this.#stream !== stream || stream === undefined) return
    if (state === undefined || (this.#newest === before && newsOf(state) === before)) {
      this.#watchSilence()
      if (state) this.#take(state)
      return
    }
    if (this.#newest !== before) return
    this.#take(state)
    this.#close()
    this.#startPolling()
  }

  #startPolling(): void {
    const until = Date.now() + this.#timing.retryStreamAfter
    const turn = async (): Promise<void> => {
      const state = await this.#ask()
      if (this.#stopping.signal.aborted) return
      this.#become(state ? 'polling' : 'reconnecting')
      if (state) this.#take(state)
      if (Date.now() >= until) return this.#retryStream()
      this.#later(() => void turn(), this.#timing.pollEvery)
    }
    void turn()
  }

  #retryStream(): void {
    this.#failures = maxFailures - 1
    this.#open()
  }

  async #ask(): Promise<LiveState | undefined> {
    try {
      return await this.#parts.poll(this.#stopping.signal)
    } catch {
      return undefined
    }
  }

  #later(task: () => void, delay: number): void {
    clearTimeout(this.#next)
    if (!this.#stopping.signal.aborted) this.#next = setTimeout(task, delay)
  }

  #take(state: LiveState): void {
    if (this.#stopping.signal.aborted) return
    this.#newest = newsOf(state)
    this.#parts.onState(state)
  }

  #become(way: LiveWay): void {
    if (this.#way === way || this.#stopping.signal.aborted) return
    this.#way = way
    this.#parts.onWay(way)
  }
}

/** What a working stream would have told. */
function newsOf({ connections, ended, traffic }: LiveState): string {
  const busy = traffic.findLast(({ received, sent }) => received + sent > 0)
  return JSON.stringify([
    connections.map(({ connection_id, active_transfers }) => [connection_id, active_transfers.length]),
    ended[0]?.connection_id,
    ended[0]?.ended_at,
    busy?.at,
  ])
}
