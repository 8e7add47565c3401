import type { Log } from '../../src/core/log.ts'
import { silentLog } from '../../src/core/log.ts'
import { Channel, type Vocabulary, type Wire } from '../../src/workers/channel.ts'

/** Both ends of a pipe within this process: messages are copied and take a turn of the event loop, as between two. */
export function channelPair<One extends Vocabulary, Other extends Vocabulary>(
  log: Log = silentLog,
): [Channel<One, Other>, Channel<Other, One>] {
  const listeners: ((message: unknown, handle: unknown) => void)[] = []
  const wire = (own: number, other: number): Wire => ({
    send: (message, handle, onSent) => {
      const copy: unknown = structuredClone(message)
      setImmediate(() => listeners[other]?.(copy, handle))
      process.nextTick(onSent, null)
    },
    receive: (listener) => void (listeners[own] = listener),
  })
  return [new Channel(wire(0, 1), log), new Channel(wire(1, 0), log)]
}
