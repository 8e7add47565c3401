import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, toFileServerError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { pathOf, type BasePath } from './base-path.ts'
import { errorAnswer, notFoundAnswer, wrongMethodAnswer, type ErrorAnswer } from './error-answer.ts'
import type { HttpApp } from './http-app.ts'
import { fieldsOf } from './request-log.ts'
import { securityHeaders, setSecurityHeaders } from './security-headers.ts'
import { ServedMethods } from './served-methods.ts'

export interface FaultParts {
  readonly log: Log
  /** Told of changes that an admin who has signed in asked for and may not make. */
  readonly onRefused: (refused: {
    readonly admin: string
    readonly remoteAddress: string
    /** Method and path, without the query. */
    readonly request: string
    readonly code: ErrorCode
  }) => void
}

/** For the routes that are registered after it. Everything thrown becomes an answer, and a line in the log where it is our fault. */
export function answerFaults(app: HttpApp, basePath: BasePath, { log, onRefused }: FaultParts): void {
  app.setErrorHandler((error, request, reply) => {
    const found = errorAnswer(error)
    const fields = { ...fieldsOf(request), status: found.status, err: error }
    if (found.status === 500) log.error(fields, 'http request failed')
    else if (found.status > 500) log.warn(fields, 'http request not served')
    const { admin, ip: remoteAddress, method } = request
    if (admin && found.status === 403 && !isReading(request))
      onRefused({
        ...{ admin: admin.username, remoteAddress },
        request: `${method} ${pathOf(request.originalUrl)}`,
        code: toFileServerError(error).code,
      })
    return answer(reply, found)
  })
  const served = new ServedMethods(app)
  app.setNotFoundHandler((request, reply) => {
    const target = isReading(request) ? basePath.redirectOf(request.originalUrl) : undefined
    if (target !== undefined) return reply.redirect(target, 302)
    const methods = served.of(request.url)
    // A route that is there may find nothing.
    if (methods.length === 0 || methods.includes(request.method)) return answer(reply, notFoundAnswer)
    void reply.header('Allow', methods.join(', '))
    return answer(reply, wrongMethodAnswer)
  })
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

export function answer(reply: FastifyReply, { status, body, retryAfter }: ErrorAnswer): FastifyReply {
  setSecurityHeaders(reply)
  if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter))
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** As Node calls it when it notices by itself. */
export class RequestTimeout extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** For what is not HTTP, or too slow or too large to become a request. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request'
  const body = JSON.stringify({ message: 'The request is not valid', error: 'invalid-request' })
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
