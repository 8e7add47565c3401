import { setTimeout as delay } from 'node:timers/promises'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastifyCookie from '@fastify/cookie'
import fastify from 'fastify'
import type { ConnectInfo } from '../../contract/connect.ts'
import type { AccountService } from '../../core/accounts/account-service.ts'
import type { AdminService } from '../../core/accounts/admin-service.ts'
import type { ProfileService } from '../../core/accounts/profile-service.ts'
import type { SecondFactorService } from '../../core/accounts/second-factor-service.ts'
import type { AdminSignIn } from '../../core/auth/admin-sign-in.ts'
import type { SignIn } from '../../core/auth/sign-in.ts'
import type { BackupService } from '../../core/backups/backup-service.ts'
import type { ConnectionRegistry } from '../../core/connections/connection-registry.ts'
import type { Disconnects } from '../../core/connections/disconnects.ts'
import type { EndedSessions } from '../../core/connections/ended-sessions.ts'
import type { TrafficMeter } from '../../core/connections/traffic-meter.ts'
import type { AuditLog } from '../../core/events/audit-log.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { QuotaLedger } from '../../core/files/quota-ledger.ts'
import type { QuotaScanner } from '../../core/files/quota-scanner.ts'
import type { Log } from '../../core/log.ts'
import type { AskReadiness } from '../../core/readiness.ts'
import type { LiveSettings } from '../../core/settings/live-settings.ts'
import type { PortReport, ServerStatus, StorageSummary } from '../../core/status.ts'
import { listenBacklog } from '../listen-backlog.ts'
import { failListening } from '../listen-error.ts'
import type { ProtocolServer } from '../protocol-server.ts'
import { guardRoutes, maxPublicBodyBytes } from './access.ts'
import { serveApi } from './api-routes.ts'
import type { LiveTiming } from './api/live-streams.ts'
import type { EnvironmentEntry } from './api/settings.ts'
import { BasePath } from './base-path.ts'
import { limitBodyTime } from './body-time-limit.ts'
import { errorAnswer } from './error-answer.ts'
import { ExpensiveRequests } from './expensive-requests.ts'
import { answer, answerBrokenRequest, answerFaults, RequestTimeout } from './fault-answers.ts'
import { serveHealth } from './health-check.ts'
import type { HttpApp } from './http-app.ts'
import { readJsonBodies } from './json-body.ts'
import { lateSerializers, lateValidators } from './late-compilers.ts'
import { addressText } from './listen-address.ts'
import { describeRoutes } from './openapi.ts'
import { logRequests } from './request-log.ts'
import type { Metrics } from './metrics.ts'
import type { RequestOrigins } from './request-origin.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { waitTurns } from './turns.ts'
import { serveWebPages } from './web-pages.ts'
import { WebSessions, type WebSessionsOptions } from './web-sessions.ts'

/** Every limit has its attack: slow headers, slow bodies, idle sockets, large bodies, many sockets. */
const headersTimeoutMs = 15_000
const bodyTimeoutMs = 60_000
/** For the pieces of uploads, which come as fast as the line allows: an idle one is cut off by `socketTimeoutMs`. */
const slowestRequestMs = 60 * 60_000
const socketTimeoutMs = 120_000
/** Longer than reverse proxies keep a connection, so that they, not we, end an idle one. */
const keepAliveTimeoutMs = 75_000
const maxSockets = 1000
/** A name of 255 characters, each up to four bytes of UTF-8, percent-encoded. */
const maxParamLength = 255 * 12

/** When browsers have to sign in again; tests turn its clock. */
export type SessionTiming = Pick<WebSessionsOptions, 'clock' | 'checkIntervalMs'>

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Begins and ends with a slash; everything is served below it and at the root as well. */
  readonly basePath: string
  /** Holds the built WebAdmin and WebClient. Absolute. */
  readonly webDirectory: string
  readonly version: string
  readonly adminSignIn: AdminSignIn
  /** For users in their browsers. */
  readonly signIn: SignIn
  readonly accounts: AccountService
  readonly profiles: ProfileService
  readonly secondFactors: SecondFactorService
  readonly admins: AdminService
  readonly connections: ConnectionRegistry
  readonly disconnects: Disconnects
  readonly events: EventBus
  readonly endedSessions: EndedSessions
  readonly traffic: TrafficMeter
  readonly liveTiming?: LiveTiming
  readonly sessionTiming?: SessionTiming
  readonly auditLog: AuditLog
  readonly quotaScanner: QuotaScanner
  readonly quotaLedger: QuotaLedger
  readonly backups: BackupService
  readonly settings: LiveSettings
  /** What the environment decides, for people to look up. */
  readonly environment: readonly EnvironmentEntry[]
  readonly status: () => Promise<ServerStatus>
  readonly storages: () => Promise<readonly StorageSummary[]>
  readonly connectInfo: () => Promise<ConnectInfo>
  readonly portChecks: () => Promise<PortReport>
  readonly readiness: AskReadiness
  readonly origins: RequestOrigins
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>
  readonly log: Log
  /** Told the status code of every answer. */
  readonly onAnswer?: (statusCode: number) => void
}

/** The REST API, the WebAdmin and the WebClient. */
export class HttpServer implements ProtocolServer {
  readonly protocol = 'http'
  readonly #options: HttpServerOptions
  readonly #webSessions: WebSessions
  #app: HttpApp | undefined
  #stopping: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#webSessions = new WebSessions({ signIn: options.signIn, ...options.sessionTiming })
  }

  get addresses(): readonly string[] {
    return (this.#app?.addresses() ?? []).map(addressText)
  }

  async start(): Promise<void> {
    const { host, port } = this.#options
    const app = await buildApp(this.#options, this.#webSessions)
    this.#app = app
    await app
      .listen({ host, port, backlog: listenBacklog })
      .catch(failListening({ setting: 'HTTP_PORT', host, port }))
  }

  stop(graceMs = 0): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs))
  }

  async #stop(graceMs: number): Promise<void> {
    const app = this.#app
    if (!app) return this.#webSessions[Symbol.asyncDispose]()
    const timer = new AbortController()
    const closed = app.close().finally(() => timer.abort())
    const cut = delay(graceMs, undefined, { signal: timer.signal, ref: false }).then(
      () => app.server.closeAllConnections(),
      () => undefined,
    )
    await Promise.all([closed, cut])
    await this.#webSessions[Symbol.asyncDispose]()
  }
}

async function buildApp(options: HttpServerOptions, webSessions: WebSessions): Promise<HttpApp> {
  const basePath = new BasePath(options.basePath)
  const app: HttpApp = fastify({
    logger: false,
    bodyLimit: maxPublicBodyBytes,
    requestTimeout: slowestRequestMs,
    connectionTimeout: socketTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    routerOptions: { maxParamLength },
    schemaController: lateSerializers,
    rewriteUrl: (request) => basePath.strip(request.url ?? '/'),
    frameworkErrors: (error, _request, reply) => {
      void answer(reply, errorAnswer(error))
    },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.server.maxConnections = maxSockets
  app.setValidatorCompiler(lateValidators)
  readJsonBodies(app)
  app.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply))
  waitTurns(app)
  logRequests(app, options.log, options.onAnswer)
  options.origins.follow(app)
  await app.register(fastifyCookie)
  limitBodyTime(app, bodyTimeoutMs, (socket) => answerBrokenRequest(new RequestTimeout(), socket))
  guardRoutes(app, { adminSignIn: options.adminSignIn, webSessions })
  const expensive = new ExpensiveRequests(app)
  answerFaults(app, basePath, {
    log: options.log,
    onRefused: (refused) => options.events.emit({ type: 'admin-refused', ...refused }),
  })
  await describeRoutes(app, options.version, basePath)
  const hasUsers = () => options.accounts.hasUsers()
  await serveWebPages(app, { directory: options.webDirectory, hasUsers })
  serveHealth(app, options.readiness)
  await app.register(
    async (api: HttpApp) => serveApi(api, { ...options, expensive }, webSessions, basePath),
    {
      prefix: '/api/v2',
    },
  )
  await app.ready()
  return app
}
