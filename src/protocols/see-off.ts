import { setTimeout as delay } from 'node:timers/promises'
import { steadyClock } from '../core/clock.ts'

/** How long a client may take to leave by itself once its last transfer has ended, in milliseconds. */
const leavingMs = 1_000
const checkIntervalMs = 50

/**
 * Sees the clients of a server off that stops: who moves nothing is hung up on at once; who does may end it until `graceMs` are
 * over, and has a moment then for the goodbye, as a client that is cut off behind its last answer takes the whole transfer for
 * failed. Settles when all that `present` gives have been hung up on, once each, or are gone.
 */
export async function seeOff<T extends object>(
  present: () => Iterable<T>,
  how: {
    readonly graceMs: number
    readonly hasTransfers: (client: T) => boolean
    readonly hangUp: (client: T) => void
  },
): Promise<void> {
  const deadline = steadyClock() + how.graceMs
  const movedAt = new WeakMap<T, number>()
  const told = new WeakSet<T>()
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
