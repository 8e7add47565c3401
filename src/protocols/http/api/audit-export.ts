import { Readable } from 'node:stream'
import type { AuditExportRequest, AuditRecordResource } from '../../../contract/audit.ts'
import type { AuditRecord } from '../../../core/events/audit-record.ts'
import { csvRow } from './csv.ts'

export type ExportFormat = AuditExportRequest['format']

export const exportTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
} as const satisfies Record<ExportFormat, string>

const columns = [
  'id',
  'at',
  'action',
  'username',
  'protocol',
  'connection_id',
  'remote_address',
  'path',
  'target',
  'bytes',
  'duration_ms',
  'detail',
] as const satisfies readonly (keyof AuditRecordResource)[]

export function fromAuditRecord(record: AuditRecord): AuditRecordResource {
  return {
    id: record.id,
    at: record.at,
    action: record.action,
    username: record.username,
    protocol: record.protocol,
    connection_id: record.connectionId,
    remote_address: record.remoteAddress,
    path: record.path,
    target: record.target,
    bytes: record.bytes,
    duration_ms: record.durationMs,
    detail: record.detail,
  }
}

/** The file, made while it is sent: the next page is asked for when the client has taken the one before. */
export function exportStream(pages: AsyncIterable<readonly AuditRecord[]>, format: ExportFormat): Readable {
  const texts = format === 'csv' ? csvTexts(pages) : jsonTexts(pages)
  return Readable.from(texts, { objectMode: true, highWaterMark: 1 })
}

/** Times as ISO 8601, which people and spreadsheets can read. */
async function* csvTexts(pages: AsyncIterable<readonly AuditRecord[]>): AsyncGenerator<string> {
  yield csvRow(columns)
  for await (const page of pages) yield page.map((record) => csvRow(cellsOf(record))).join('')
}

function cellsOf(record: AuditRecord): (string | number)[] {
  const resource = fromAuditRecord(record)
  return columns.map((column) => (column === 'at' ? new Date(resource.at).toISOString() : resource[column]))
}

/** One array, a record a line. */
async function* jsonTexts(pages: AsyncIterable<readonly AuditRecord[]>): AsyncGenerator<string> {
  let separator = '[\n'
  for await (const page of pages) {
    yield separator + page.map((record) => JSON.stringify(fromAuditRecord(record))).join(',\n')
    separator = ',\n'
  }
  yield separator === ',\n' ? '\n]\n' : '[]\n'
}
