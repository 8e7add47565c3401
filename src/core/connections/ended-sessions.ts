import { type Clock, systemClock } from '../clock.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { Actor } from '../events/events.ts'

const maxKept = 100

export interface EndedSession extends Actor {
  /** Milliseconds since the epoch. */
  readonly endedAt: number
  readonly durationMs: number
  readonly reason: string
}

/** Remembers the sessions that ended last. */
export class EndedSessions implements Disposable {
  readonly #subscription: Disposable
  #sessions: readonly EndedSession[] = []

  constructor(events: EventBus, clock: Clock = systemClock) {
    this.#subscription = events.on('session-closed', ({ actor, durationMs, reason }) => {
      const ended = { ...actor, endedAt: clock(), durationMs, reason }
      this.#sessions = [ended, ...this.#sessions.slice(0, maxKept - 1)]
    })
  }

  /** The newest first, a hundred at most. */
  list(): readonly EndedSession[] {
    return this.#sessions
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
  }
}
