import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { AccountService } from '../../core/accounts/account-service.ts'
import type { AdminSignIn } from '../../core/auth/admin-sign-in.ts'
import type { ConnectionRegistry } from '../../core/connections/connection-registry.ts'
import type { QuotaLedger } from '../../core/files/quota-ledger.ts'
import type { QuotaScanner } from '../../core/files/quota-scanner.ts'
import type { Log } from '../../core/log.ts'
import type { ServerStatus } from '../../core/status.ts'
import type { ProtocolServer } from '../protocol-server.ts'
import { guardRoutes } from './access.ts'
import { serveConnections } from './api/connections.ts'
import { serveFolders } from './api/folders.ts'
import { serveQuotaScans } from './api/quota-scans.ts'
import { serveStatus } from './api/status.ts'
import { serveTokens } from './api/tokens.ts'
import { serveUsers } from './api/users.ts'
import { BasePath, pathOf } from './base-path.ts'
import { errorAnswer, notFoundAnswer, type ErrorAnswer } from './error-answer.ts'
import type { HttpApp } from './http-app.ts'
import { readJsonBodies } from './json-body.ts'
import { addressText } from './listen-address.ts'
import { describeRoutes } from './openapi.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { serveStartPage } from './start-page.ts'

/** Every limit has its attack: slow headers, slow bodies, idle sockets, large bodies, many sockets. */
const headersTimeoutMs = 15_000
const requestTimeoutMs = 60_000
const socketTimeoutMs = 120_000
/** Longer than reverse proxies keep a connection, so that they, not we, end an idle one. */
const keepAliveTimeoutMs = 75_000
const maxBodyBytes = 1024 * 1024
const maxSockets = 1000
/** A name of 255 characters, each up to four bytes of UTF-8, percent-encoded. */
const maxParamLength = 255 * 12

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Begins and ends with a slash; everything is served below it and at the root as well. */
  readonly basePath: string
  /** Holds start/, the page that is shown at the base path. Absolute. */
  readonly webDirectory: string
  readonly version: string
  readonly adminSignIn: AdminSignIn
  readonly accounts: AccountService
  readonly connections: ConnectionRegistry
  readonly quotaScanner: QuotaScanner
  readonly quotaLedger: QuotaLedger
  readonly status: () => Promise<ServerStatus>
  readonly log: Log
  /** Told the status code of every answer. */
  readonly onAnswer?: (statusCode: number) => void
}

/** The REST API and the start page. */
export class HttpServer implements ProtocolServer {
  readonly protocol = 'http'
  readonly #options: HttpServerOptions
  #app: HttpApp | undefined
  #stopping: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    this.#options = options
  }

  get addresses(): readonly string[] {
    return (this.#app?.addresses() ?? []).map(addressText)
  }

  async start(): Promise<void> {
    const { host, port } = this.#options
    const app = await buildApp(this.#options)
    this.#app = app
    await app.listen({ host, port })
  }

  stop(graceMs = 0): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs))
  }

  async #stop(graceMs: number): Promise<void> {
    const app = this.#app
    if (!app) return
    const timer = new AbortController()
    const closed = app.close().finally(() => timer.abort())
    const cut = delay(graceMs, undefined, { signal: timer.signal, ref: false }).then(
      () => app.server.closeAllConnections(),
      () => undefined,
    )
    await Promise.all([closed, cut])
  }
}

async function buildApp(options: HttpServerOptions): Promise<HttpApp> {
  const basePath = new BasePath(options.basePath)
  const app: HttpApp = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: socketTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    routerOptions: { maxParamLength },
    rewriteUrl: (request) => basePath.strip(request.url ?? '/'),
    frameworkErrors: (error, _request, reply) => {
      void answer(reply, errorAnswer(error))
    },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.server.maxConnections = maxSockets
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  readJsonBodies(app)
  observe(app, options)
  guardRoutes(app, options.adminSignIn)
  answerFaults(app, basePath, options.log)
  await describeRoutes(app, options.version, basePath)
  await serveStartPage(app, options.webDirectory)
  serveHealth(app)
  await app.register(async (api: HttpApp) => serveApi(api, options), { prefix: '/api/v2' })
  await app.ready()
  return app
}

function serveApi(app: HttpApp, options: HttpServerOptions): void {
  serveTokens(app, options.adminSignIn)
  serveUsers(app, options.accounts, options.quotaLedger)
  serveFolders(app, options.accounts, options.quotaLedger)
  serveConnections(app, options.connections)
  serveQuotaScans(app, options.quotaScanner)
  serveStatus(app, options.status, options.version)
  serveDescription(app)
}

function serveHealth(app: HttpApp): void {
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

function serveDescription(app: HttpApp): void {
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

/** One line for each request, without its query: that can hold the platform's token. */
function observe(app: HttpApp, { log, onAnswer }: HttpServerOptions): void {
  app.addHook('onRequest', async (_request, reply) => {
    setSecurityHeaders(reply)
  })
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

function fieldsOf(request: FastifyRequest) {
  const forwardedFor = request.headers['x-forwarded-for']
  return {
    protocol: 'HTTP',
    method: request.method,
    path: pathOf(request.originalUrl),
    remoteAddress: request.ip,
    ...(typeof forwardedFor === 'string' ? { forwardedFor: forwardedFor.slice(0, 200) } : {}),
    ...(request.admin ? { username: request.admin.username } : {}),
  }
}

function answerFaults(app: HttpApp, basePath: BasePath, log: Log): void {
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

function answer(reply: FastifyReply, { status, body, retryAfter }: ErrorAnswer): FastifyReply {
  setSecurityHeaders(reply)
  if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter))
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** For what is not HTTP, or too slow or too large to become a request. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
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
