import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import {
  auditExportRequest,
  auditPage,
  auditSearch,
  type AuditFilterResource,
} from '../../../contract/audit.ts'
import { downloadTicket } from '../../../contract/file.ts'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { FileServerError } from '../../../core/errors.ts'
import type { AuditLog } from '../../../core/events/audit-log.ts'
import type { AuditFilter, AuditRecord } from '../../../core/events/audit-record.ts'
import type { Log } from '../../../core/log.ts'
import { adminOf } from '../access.ts'
import type { HttpApp } from '../http-app.ts'
import { exportStream, exportTypes, fromAuditRecord, type ExportFormat } from './audit-export.ts'
import { type Authenticating, cutWhenRefused } from './long-answers.ts'
import { ShortLinks } from './short-links.ts'

const tags = ['events']
const access = ['view_events'] as const
const defaultLimit = 100

interface Export {
  readonly filter: AuditFilter
  readonly format: ExportFormat
  readonly name: string
}

export interface EventParts {
  readonly auditLog: Pick<AuditLog, 'search' | 'export'>
  readonly adminSignIn: Authenticating
  readonly log: Log
  readonly clock?: Clock
}

/** What happened: searching it, and taking it away as a file. */
export function serveEvents(
  app: HttpApp,
  { auditLog, adminSignIn, log, clock = systemClock }: EventParts,
): void {
  const links = new ShortLinks<Export>(clock)

  app.post(
    '/events/search',
    {
      config: { access, expense: 'search' },
      schema: {
        tags,
        operationId: 'search_events',
        summary: 'Look for what happened, the newest first',
        body: auditSearch,
        response: { 200: auditPage },
      },
    },
    async ({ body }) => {
      const { before_id: beforeId, limit = defaultLimit } = body
      const page = { limit: limit + 1, ...(beforeId === undefined ? {} : { beforeId }) }
      const records = await auditLog.search(toFilter(body), page)
      return { records: records.slice(0, limit).map(fromAuditRecord), has_more: records.length > limit }
    },
  )

  app.post(
    '/events/exports',
    {
      config: { access },
      schema: {
        tags,
        operationId: 'create_events_export',
        summary: 'Get a link, good for five minutes, to a file with what matches',
        body: auditExportRequest,
        response: { 200: downloadTicket },
      },
    },
    async (request) => {
      const { format } = request.body
      const name = `activity-${new Date(clock()).toISOString().replaceAll(/[-:]|\.\d+Z/g, '')}.${format}`
      const id = links.add(adminOf(request).username, { filter: toFilter(request.body), format, name })
      return { url: `api/v2/events/exports/${id}`, name }
    },
  )

  app.get(
    '/events/exports/:id',
    {
      config: { access, expense: 'search' },
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'get_events_export',
        summary: 'Download what matches, as CSV or JSON',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
        produces: ['text/csv', 'application/json'],
        response: { 200: Type.Unsafe<Readable>(Type.String({ description: 'The file.' })) },
      },
    },
    async (request, reply) => {
      const { username } = adminOf(request)
      const { filter, format, name } = links.find(username, request.params.id)
      const pages = loggingFaults(auditLog.export(username, { name, format }, filter), log)
      return reply
        .type(exportTypes[format])
        .header('Content-Disposition', `attachment; filename="${name}"`)
        .send(cutWhenRefused(exportStream(pages, format), request, adminSignIn, 'view_events'))
    },
  )
}

/** What is empty or 0 does not narrow the search. @throws FileServerError 'invalid-argument' */
function toFilter({ username, protocol, actions, path, from, to }: AuditFilterResource): AuditFilter {
  if (from && to && from >= to)
    throw new FileServerError('invalid-argument', 'to: must be later than from', {
      field: 'to',
      reason: 'end-before-beginning',
    })
  return {
    ...(username ? { username } : {}),
    ...(protocol ? { protocol } : {}),
    ...(actions && actions.length > 0 ? { actions } : {}),
    ...(path ? { path } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  }
}

/** The answer has begun when the database goes away: all that is left is to cut it and to say so here. */
async function* loggingFaults(
  pages: AsyncIterable<readonly AuditRecord[]>,
  log: Log,
): AsyncGenerator<readonly AuditRecord[]> {
  try {
    yield* pages
  } catch (error) {
    log.warn({ err: error }, 'export of events cut short')
    throw error
  }
}
