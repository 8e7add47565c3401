import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'
import type { Metrics } from '../metrics.ts'

/** What the port for metrics gives, for those who reach the web port alone. */
export function serveMetrics(app: HttpApp, metrics: Pick<Metrics, 'contentType' | 'text'>): void {
  app.get(
    '/metrics',
    {
      config: { access: ['view_status'] },
      schema: {
        tags: ['maintenance'],
        operationId: 'get_metrics',
        summary: 'Numbers for Prometheus, in its text format',
        produces: ['text/plain'],
        response: { 200: Type.String({ description: 'The numbers.' }) },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  )
}
