import { Type } from 'typebox'
import type { HttpApp } from '../http-app.ts'

/** The OpenAPI document, made once. */
export function serveDescription(app: HttpApp): void {
  let text: string | undefined
  app.get(
    '/openapi.json',
    {
      config: { access: 'public' },
      schema: {
        tags: ['maintenance'],
        operationId: 'get_openapi',
        summary: 'This description',
        response: { 200: Type.Unsafe<string>(Type.Object({}, { description: 'OpenAPI 3.1.' })) },
      },
    },
    async (_request, reply) => {
      text ??= JSON.stringify(app.swagger())
      return reply.type('application/json; charset=utf-8').send(text)
    },
  )
}
