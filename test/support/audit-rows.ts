import type { Product } from './product.ts'

/** What is kept of one operation, apart from who did it and when. */
export interface AuditRow {
  readonly action: string
  readonly path: string
  readonly target: string
  readonly bytes: number
  readonly detail: string
}

export interface KeptRow extends AuditRow {
  readonly username: string
  readonly protocol: string
  readonly connection_id: string
  readonly remote_address: string
}

export function row(action: string, path: string, more: Partial<AuditRow> = {}): AuditRow {
  return { action, path, target: '', bytes: 0, detail: '', ...more }
}

/** All that the audit log keeps of a name, the oldest first. */
export async function auditOf(product: Product, username: string): Promise<readonly KeptRow[]> {
  const { status, body } = await product.api('POST', '/events/search', { username, limit: 500 })
  if (status !== 200) throw new Error(`search answered ${status}`)
  return (body as { records: KeptRow[] }).records.toReversed()
}
