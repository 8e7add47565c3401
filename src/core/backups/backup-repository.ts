import type { BackupContent } from './backup-document.ts'
import type { RestoreSteps } from './restore-plan.ts'

/** All accounts and settings at once. Both throw FileServerError 'unavailable' when the database does not answer. */
export interface BackupRepository {
  /** As they were at one moment. */
  read(): Promise<BackupContent>
  /**
   * Does what `plan` says of the present content, in one transaction: all of it or, when `plan` throws, nothing. Used
   * quotas stay; tokens of admins whose password, source or status changes end.
   */
  restore(plan: (present: BackupContent) => RestoreSteps, now: number): Promise<void>
}
