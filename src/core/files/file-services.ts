import type { Clock } from '../clock.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { FreeSpaceGuard } from './free-space-guard.ts'
import type { NameLocks } from './keyed-lock.ts'
import type { Quotas } from './quota-ledger.ts'

/** What the file systems of all users share. */
export interface FileServices {
  readonly quota: Quotas
  readonly freeSpace: FreeSpaceGuard
  readonly events: EventBus
  readonly clock: Clock
  /** One change of a name at a time, over all sessions of all processes. */
  readonly locks: NameLocks
  /** What a broken upload of a new file leaves: its bytes, to resume, or nothing. */
  readonly uploadMode: 'resumable' | 'atomic'
}
