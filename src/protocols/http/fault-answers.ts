import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import type { Log } from '../../core/log.ts'
import type { BasePath } from './base-path.ts'
import { errorAnswer, notFoundAnswer, type ErrorAnswer } from './error-answer.ts'
import type { HttpApp } from './http-app.ts'
import { fieldsOf } from './request-log.ts'
import { setSecurityHeaders } from './security-headers.ts'

/** Everything thrown becomes an answer, and a line in the log where it is our fault. */
export function answerFaults(app: HttpApp, basePath: BasePath, log: Log): void {
  app.setErrorHandler((error, request, reply) => {
    const found = errorAnswer(error)
    const fields = { ...fieldsOf(request), status: found.status, err: error }
    if (found.status === 500) log.error(fields, 'http request failed')
    else if (found.status > 500) log.warn(fields, 'http request not served')
    return answer(reply, found)
  })
  app.setNotFoundHandler((request, reply) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD'
    const target = isReading ? basePath.redirectOf(request.originalUrl) : undefined
    return target === undefined ? answer(reply, notFoundAnswer) : reply.redirect(target, 302)
  })
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
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
