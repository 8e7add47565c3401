import { Readable } from 'node:stream'
import type { LiveState } from '../../../contract/live.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { TrafficMeter } from '../../../core/connections/traffic-meter.ts'
import { FileServerError } from '../../../core/errors.ts'

const maxStreams = 20

/** Milliseconds. */
export interface LiveTiming {
  /** After so long without a word a comment is sent: the platform ends what is silent for two minutes. */
  readonly pingAfter: number
  /** How often it is asked whether who watches still may; every beat is often enough to be 'at once'. */
  readonly checkAfter: number
}

const usualTiming: LiveTiming = { pingAfter: 15_000, checkAfter: 1_000 }

export interface LiveStreamsOptions {
  readonly state: () => Promise<LiveState>
  /** Gives the beat. */
  readonly traffic: Pick<TrafficMeter, 'onSample'>
  readonly clock?: Clock
  readonly timing?: LiveTiming | undefined
}

/** Sends everybody who watches the state of the server, about once a second while it changes. */
export class LiveStreams implements Disposable {
  readonly #options: LiveStreamsOptions
  readonly #clock: Clock
  readonly #timing: LiveTiming
  readonly #streams = new Set<EventStream>()
  #beat: Disposable | undefined
  #isTelling = false

  constructor(options: LiveStreamsOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#timing = options.timing ?? usualTiming
  }

  /**
   * Begins with the state as it is now, and ends when `mayWatch` answers false.
   * @throws FileServerError 'too-many-connections'
   */
  async open(mayWatch: () => Promise<boolean>): Promise<Readable> {
    if (this.#streams.size >= maxStreams)
      throw new FileServerError('too-many-connections', 'Too many live views are open, close one of them')
    const stream = new EventStream(mayWatch, this.#clock())
    this.#streams.add(stream)
    stream.once('close', () => this.#forget(stream))
    this.#beat ??= this.#options.traffic.onSample(() => void this.#tellAll())
    const state = await this.#options.state()
    stream.offer(keyOf(state), eventOf(state), this.#clock())
    return stream
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    for (const stream of this.#streams) stream.end()
  }

  #forget(stream: EventStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    this.#beat?.[Symbol.dispose]()
    this.#beat = undefined
  }

  /** A beat that comes while other processes are still being asked is left out. */
  async #tellAll(): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    const state = await this.#options.state().finally(() => (this.#isTelling = false))
    const now = this.#clock()
    const key = keyOf(state)
    let event: string | undefined
    for (const stream of this.#streams) {
      if (stream.key !== key) stream.offer(key, (event ??= eventOf(state)), now)
      else if (now - stream.toldAt >= this.#timing.pingAfter) stream.offer(key, ': ping\n\n', now)
      if (now - stream.checkedAt >= this.#timing.checkAfter) void stream.check(now)
    }
  }
}

/** Server-sent events, HTML Standard §9.2.5. A reader that is slow misses states; they are not queued for it. */
class EventStream extends Readable {
  /** Of the state that was sent last. */
  key = ''
  toldAt: number
  checkedAt: number
  readonly #mayWatch: () => Promise<boolean>
  #isWanted = true

  constructor(mayWatch: () => Promise<boolean>, now: number) {
    super({ highWaterMark: 1 })
    this.#mayWatch = mayWatch
    this.toldAt = this.checkedAt = now
  }

  override _read(): void {
    this.#isWanted = true
  }

  /** Does nothing while the reader has not taken what it was sent before. */
  offer(key: string, text: string, now: number): void {
    if (!this.#isWanted || this.destroyed) return
    this.key = key
    this.toldAt = now
    this.#isWanted = this.push(text)
  }

  /** Ends the stream when it is known that nobody may watch any more. */
  async check(now: number): Promise<void> {
    this.checkedAt = now
    if (!(await this.#mayWatch())) this.end()
  }

  /** A reader that does not read is not waited for. */
  end(): void {
    if (!this.#isWanted) this.destroy()
    else if (!this.readableEnded && !this.destroyed) {
      this.#isWanted = false
      this.push(null)
    }
  }
}

/** Changes with everything that is worth sending: the clock alone is not, nor is one more second without traffic. */
function keyOf({ connections, connection_count, ended, traffic }: LiveState): string {
  const last = traffic.at(-1)
  const busyAt = last && last.received + last.sent > 0 ? last.at : 0
  return JSON.stringify([connections, connection_count, ended[0]?.connection_id, ended[0]?.ended_at, busyAt])
}

function eventOf(state: LiveState): string {
  return `event: state\ndata: ${JSON.stringify(state)}\n\n`
}
