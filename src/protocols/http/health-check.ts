import { Type } from 'typebox'
import { readiness, type ReadinessResource } from '../../contract/readiness.ts'
import type { AskReadiness } from '../../core/readiness.ts'
import type { HttpApp } from './http-app.ts'

/** For the container engine and for proxies: whether the server runs, and whether it can serve. */
export function serveHealth(app: HttpApp, ask: AskReadiness): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: {
        tags: ['maintenance'],
        operationId: 'healthz',
        summary: 'Answers `ok` while the server runs',
        produces: ['text/plain'],
        response: { 200: Type.String({ description: 'It runs.' }) },
      },
    },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok'),
  )

  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        tags: ['maintenance'],
        operationId: 'readyz',
        summary: 'Tells whether clients can be served, and what is missing',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const { status, body } = readinessAnswer(await ask())
      return reply.code(status).send(body)
    },
  )
}

/** What both ports answer. */
export function readinessAnswer(failed: Awaited<ReturnType<AskReadiness>>): {
  readonly status: 200 | 503
  readonly body: ReadinessResource
} {
  const isReady = failed.length === 0
  return { status: isReady ? 200 : 503, body: { is_ready: isReady, failed: [...failed] } }
}
