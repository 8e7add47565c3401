/** What an audit record can be about; the names of the API. */
export const auditActions = [
  'sign-in',
  'sign-in-refused',
  'session-closed',
  'upload',
  'upload-failed',
  'download',
  'download-failed',
  'delete',
  'mkdir',
  'rmdir',
  'rename',
  'copy',
  'setstat',
  'symlink',
  'refused',
  'admin-sign-in',
  'admin-sign-in-refused',
  'admin-sign-out',
  'admin-refused',
  'disconnect',
  'account-changed',
  'second-factor',
  'settings-changed',
  'backup',
  'export',
] as const

export type AuditAction = (typeof auditActions)[number]

/** One thing that happened, as it is kept. What does not apply is empty or 0. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly action: AuditAction
  /** User, or admin for what admins do. */
  readonly username: string
  /** Empty for what admins do. */
  readonly protocol: string
  readonly connectionId: string
  readonly remoteAddress: string
  /** Virtual path; for changes of accounts and disconnects their kind and name; for what an admin was refused the request. */
  readonly path: string
  readonly target: string
  readonly bytes: number
  readonly durationMs: number
  readonly detail: string
}

export interface AuditRecord extends AuditEntry {
  /** Grows with each record. */
  readonly id: number
}

/** All that are given must hold. */
export interface AuditFilter {
  /** Exactly this name. */
  readonly username?: string
  readonly protocol?: string
  /** One of these; of any when there are none. */
  readonly actions?: readonly AuditAction[]
  /** Part of the path or of the target, ignoring case. */
  readonly path?: string
  /** Not before; milliseconds since the epoch. */
  readonly from?: number
  /** Before; milliseconds since the epoch. */
  readonly to?: number
}

export interface AuditPage {
  /** Only records with a smaller id. */
  readonly beforeId?: number
  readonly limit: number
}

/** All throw FileServerError 'unavailable' when the database does not answer. */
export interface AuditRepository {
  /** All or none, in this order; text that cannot be stored is mended. */
  add(entries: readonly AuditEntry[]): Promise<void>
  /** The newest first. The event loop turns while many are looked through. */
  search(filter: AuditFilter, page: AuditPage): Promise<readonly AuditRecord[]>
  /**
   * Removes at most `limit` that are older than `at`, and tells how many it were. None goes that was written after one that
   * stays: its date is wrong.
   */
  removeBefore(at: number, limit: number): Promise<number>
}
