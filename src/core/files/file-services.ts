import type { Clock } from '../clock.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { FreeSpaceGuard } from './free-space-guard.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { QuotaLedger } from './quota-ledger.ts'

/** What the file systems of all users share. */
export interface FileServices {
  readonly quota: QuotaLedger
  readonly freeSpace: FreeSpaceGuard
  readonly events: EventBus
  readonly clock: Clock
  /** One change of a name at a time, over all sessions. */
  readonly locks: KeyedLock
  /** What a broken upload of a new file leaves: its bytes, to resume, or nothing. */
  readonly uploadMode: 'resumable' | 'atomic'
}
