import type { FastifyRequest } from 'fastify'
import type { Log } from '../../core/log.ts'
import { pathOf } from './base-path.ts'
import type { HttpApp } from './http-app.ts'

/** One line for each request, without its query: that can hold the platform's token. */
export function logRequests(app: HttpApp, log: Log, onAnswer?: (statusCode: number) => void): void {
  app.addHook('onResponse', async (request, reply) => {
    onAnswer?.(reply.statusCode)
    const fields = {
      ...fieldsOf(request),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    }
    if (request.method === 'GET' || request.method === 'HEAD') log.debug(fields, 'http request')
    else log.info(fields, 'http request')
  })
}

/** What every line about a request tells. */
export function fieldsOf(request: FastifyRequest) {
  const forwardedFor = request.headers['x-forwarded-for']
  return {
    protocol: 'HTTP',
    method: request.method,
    path: pathOf(request.originalUrl),
    remoteAddress: request.ip,
    ...(typeof forwardedFor === 'string' ? { forwardedFor: forwardedFor.slice(0, 200) } : {}),
    ...whoOf(request),
  }
}

/** A user's session has the same id as in events and in the list of connections. */
function whoOf({ admin, webSession }: FastifyRequest): { username?: string; connectionId?: string } {
  if (admin) return { username: admin.username }
  return webSession ? { username: webSession.username, connectionId: webSession.session.id } : {}
}
