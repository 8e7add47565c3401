import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql, type Insertable, type Kysely, type Selectable, type SelectQueryBuilder } from 'kysely'
import {
  auditActions,
  type AuditEntry,
  type AuditFilter,
  type AuditPage,
  type AuditRecord,
  type AuditRepository,
} from '../../core/events/audit-record.ts'
import { oneOf } from '../../core/value-readers.ts'
import type { AuditRecordsTable, Tables } from '../schema.ts'
import { isStorableText, toStorableText } from '../storable-text.ts'
import { matchesSearch, searchText } from './search.ts'
import { readValue } from './stored-value.ts'

/**
 * How many ids one statement looks through. SQLite runs a statement without a turn of the event loop, so a search for
 * what is rare goes through the table in steps that take about as long as a disk would.
 */
const step = { first: 2_000, smallest: 1_000, largest: 100_000, goalMs: 10 } as const

const action = oneOf(...auditActions)

type RecordsQuery = SelectQueryBuilder<Tables, 'audit_records', Selectable<AuditRecordsTable>>

export class SqlAuditRepository implements AuditRepository {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async add(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return
    await this.#db.insertInto('audit_records').values(entries.map(toColumns)).execute()
  }

  async search(filter: AuditFilter, { beforeId, limit }: AuditPage): Promise<readonly AuditRecord[]> {
    const { username = '', protocol = '', path = '' } = filter
    if (![username, protocol, path].every(isStorableText)) return []
    const matching = narrow(this.#db.selectFrom('audit_records').selectAll(), filter)
    const { oldest, newest } = await this.#range()
    const found: Selectable<AuditRecordsTable>[] = []
    let span: number = step.first
    let end = Math.min(newest + 1, beforeId ?? newest + 1)
    while (end > oldest && found.length < limit) {
      const begin = Math.max(oldest, end - span)
      const startedAt = performance.now()
      const some = matching.where('id', '>=', begin).where('id', '<', end).orderBy('id', 'desc')
      found.push(...(await some.limit(limit - found.length).execute()))
      span = nextSpan(span, performance.now() - startedAt)
      end = begin
      await nextTurn()
    }
    return found.map(toRecord)
  }

  async removeBefore(at: number, limit: number): Promise<number> {
    const records = this.#db.selectFrom('audit_records').select('id')
    const staying = await records
      .where('at', '>=', at)
      .orderBy('at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    const dated = records.where('at', '<', at).orderBy('at')
    const old = staying ? dated.where('id', '<', staying.id) : dated
    const removal = this.#db.deleteFrom('audit_records').where('id', 'in', old.limit(limit))
    return Number((await removal.executeTakeFirstOrThrow()).numDeletedRows)
  }

  /** Two statements in one: SQLite finds one end of an index at once, but both only by reading it all. */
  async #range(): Promise<{ oldest: number; newest: number }> {
    const { rows } = await sql<{ oldest: number | null; newest: number | null }>`
      select (select min(id) from audit_records) as oldest, (select max(id) from audit_records) as newest
    `.execute(this.#db)
    return { oldest: rows[0]?.oldest ?? 1, newest: rows[0]?.newest ?? 0 }
  }
}

function narrow(records: RecordsQuery, filter: AuditFilter): RecordsQuery {
  let query = records
  if (filter.username !== undefined) query = query.where('username', '=', filter.username)
  if (filter.protocol !== undefined) query = query.where('protocol', '=', filter.protocol)
  if (filter.actions && filter.actions.length > 0) query = query.where('action', 'in', filter.actions)
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from)
  if (filter.to !== undefined) query = query.where('at', '<', filter.to)
  if (filter.path !== undefined) query = query.where(matchesSearch(filter.path, 'path'))
  return query
}

function nextSpan(span: number, tookMs: number): number {
  if (tookMs > step.goalMs) return Math.max(step.smallest, Math.floor(span / 2))
  return tookMs < step.goalMs / 2 ? Math.min(step.largest, span * 2) : span
}

function toColumns(entry: AuditEntry): Insertable<AuditRecordsTable> {
  const path = toStorableText(entry.path)
  const target = toStorableText(entry.target)
  return {
    at: entry.at,
    action: entry.action,
    username: toStorableText(entry.username),
    protocol: entry.protocol,
    connection_id: entry.connectionId,
    remote_address: toStorableText(entry.remoteAddress),
    bytes: entry.bytes,
    duration_ms: entry.durationMs,
    search_text: searchText(path, target),
    path,
    target,
    detail: toStorableText(entry.detail),
  }
}

function toRecord(row: Selectable<AuditRecordsTable>): AuditRecord {
  return {
    id: row.id,
    at: row.at,
    action: readValue(row.action, action, `action of audit record ${row.id}`),
    username: row.username,
    protocol: row.protocol,
    connectionId: row.connection_id,
    remoteAddress: row.remote_address,
    path: row.path,
    target: row.target,
    bytes: row.bytes,
    durationMs: row.duration_ms,
    detail: row.detail,
  }
}
