import type { Clock } from '../clock.ts'
import type { Connection } from '../connections/connection-registry.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { VirtualPath } from './virtual-path.ts'

/** What every transfer of one connection shares. */
export interface TransferContext {
  readonly path: VirtualPath
  readonly connection: Connection
  readonly events: EventBus
  readonly clock: Clock
}
