import type { Clock } from '../clock.ts'
import type { Connection } from '../connections/connection.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { TransferFacts } from '../events/events.ts'
import type { BandwidthLimiter } from './bandwidth-limiter.ts'
import type { VirtualPath } from './virtual-path.ts'

/** What every transfer of one connection shares. */
export interface TransferContext {
  readonly path: VirtualPath
  readonly connection: Connection
  readonly events: EventBus
  readonly clock: Clock
}

/** What is told of a transfer that ends now; `startedAt` in milliseconds since the epoch. */
export function transferFacts(
  { connection, path, clock }: TransferContext,
  { bytes, startedAt, limiter }: { bytes: number; startedAt: number; limiter: BandwidthLimiter },
): TransferFacts {
  const { waitedMs } = limiter
  return {
    ...{ actor: connection.actor(), path, bytes, durationMs: clock() - startedAt },
    ...(waitedMs > 0 && { waitedMs }),
  }
}
