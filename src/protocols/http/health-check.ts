import { Type } from 'typebox'
import type { HttpApp } from './http-app.ts'

/** For the container engine and for proxies. */
export function serveHealth(app: HttpApp): void {
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
}
