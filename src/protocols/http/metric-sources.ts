import type { ConnectionRegistry } from '../../core/connections/connection-registry.ts'
import type { AuditState } from '../../core/events/audit-queue.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { WorkerCounts } from '../../core/process-sample.ts'
import type { CertificateStatus } from '../../core/status.ts'

/** Where the numbers come from. Functions are asked at each look. */
export interface MetricSources {
  readonly events: EventBus
  readonly connections: ConnectionRegistry
  readonly workers: () => WorkerCounts
  /** Claims on passive ports that wait for their turn. */
  readonly passiveWaiting: () => number
  readonly audit: () => AuditState
  readonly certificates: () => readonly CertificateStatus[]
}

/** How the wait for a passive port ended: the client was told one, all stayed busy, or it left. */
export const claimOutcomes = ['given', 'busy', 'given-up'] as const
export type ClaimOutcome = (typeof claimOutcomes)[number]
