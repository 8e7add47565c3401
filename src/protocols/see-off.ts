import { setTimeout as delay } from 'node:timers/promises'
import { steadyClock, systemClock } from '../core/clock.ts'

/** How long a client may take to leave by itself once its last transfer has ended, in milliseconds. */
const leavingMs = 1_000
const checkIntervalMs = 50

/**
 * Sees the clients of a server off that stops: who moves nothing is hung up on at once; who does, or did a moment ago, may end it
 * and say goodbye before `graceMs` are over: a client that is cut off behind its last answer takes the whole transfer for
 * failed. Settles when all that `present` gives have been hung up on, once each, or are gone.
 */
export async function seeOff<T extends object>(
  present: () => Iterable<T>,
  how: {
    readonly graceMs: number
    readonly hasTransfers: (client: T) => boolean
    /** When the client moved something last, in milliseconds since the epoch; 0 for never. */
    readonly lastActivity: (client: T) => number
    readonly hangUp: (client: T) => void
  },
): Promise<void> {
  const deadline = steadyClock() + how.graceMs
  const movedAt = new WeakMap<T, number>()
  const told = new WeakSet<T>()
  for (const client of present())
    movedAt.set(client, steadyClock() - Math.max(0, systemClock() - how.lastActivity(client)))
  for (;;) {
    const now = steadyClock()
    let isAnyLeft = false
    for (const client of present()) {
      if (told.has(client)) continue
      if (how.hasTransfers(client)) movedAt.set(client, now)
      const isLeaving = now - (movedAt.get(client) ?? -Infinity) < leavingMs
      if (isLeaving && now < deadline) isAnyLeft = true
      else {
        told.add(client)
        how.hangUp(client)
      }
    }
    if (!isAnyLeft) return
    await delay(checkIntervalMs)
  }
}
