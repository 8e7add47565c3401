import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../../src/config/config.ts'
import { describeEnvironment } from '../../../src/config/describe-environment.ts'
import { liveDefaults } from '../../../src/config/live-defaults.ts'
import { AccountService } from '../../../src/core/accounts/account-service.ts'
import { AdminService } from '../../../src/core/accounts/admin-service.ts'
import type { AdminPermission } from '../../../src/core/accounts/admin.ts'
import { ProfileService } from '../../../src/core/accounts/profile-service.ts'
import { SecondFactorService } from '../../../src/core/accounts/second-factor-service.ts'
import { AdminSignIn } from '../../../src/core/auth/admin-sign-in.ts'
import { Authenticator } from '../../../src/core/auth/authenticator.ts'
import type { AdminDirectory } from '../../../src/core/auth/admin-directory.ts'
import { CodeCheck } from '../../../src/core/auth/code-check.ts'
import { LoginThrottle } from '../../../src/core/auth/login-throttle.ts'
import { PasswordHasher } from '../../../src/core/auth/password-hash.ts'
import { SecretBox } from '../../../src/core/auth/secret-box.ts'
import { SetupCode } from '../../../src/core/auth/setup-code.ts'
import { SignIn } from '../../../src/core/auth/sign-in.ts'
import { BackupService } from '../../../src/core/backups/backup-service.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import { Disconnects } from '../../../src/core/connections/disconnects.ts'
import { EndedSessions } from '../../../src/core/connections/ended-sessions.ts'
import { TrafficMeter } from '../../../src/core/connections/traffic-meter.ts'
import { FileServerError } from '../../../src/core/errors.ts'
import { AuditLog } from '../../../src/core/events/audit-log.ts'
import { EventBus } from '../../../src/core/events/event-bus.ts'
import { FreeSpaceGuard } from '../../../src/core/files/free-space-guard.ts'
import { KeyedLock } from '../../../src/core/files/keyed-lock.ts'
import { QuotaLedger } from '../../../src/core/files/quota-ledger.ts'
import { QuotaScanner } from '../../../src/core/files/quota-scanner.ts'
import type { StorageProvider } from '../../../src/core/files/storage.ts'
import { type Log, type LogFields, silentLog } from '../../../src/core/log.ts'
import { LiveSettings } from '../../../src/core/settings/live-settings.ts'
import type { ServerStatus } from '../../../src/core/status.ts'
import { openDatabase, type Database } from '../../../src/database/database.ts'
import type { LiveTiming } from '../../../src/protocols/http/api/live-streams.ts'
import { HttpServer, type HttpServerOptions } from '../../../src/protocols/http/http-server.ts'
import { RequestOrigins } from '../../../src/protocols/http/request-origin.ts'
import { BackupFiles } from '../../../src/storage/local/backup-files.ts'
import { LocalStorageProvider } from '../../../src/storage/local/local-storage.ts'

export const basePath = '/users/ann@example/plugins/sftpgo/'
export const adminName = 'root-admin'
export const adminPassword = 'a right long password'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed where it is JSON. */
  readonly body: unknown
}

export interface HttpWorldOptions {
  readonly directory?: AdminDirectory
  readonly storages?: (local: StorageProvider) => StorageProvider
  readonly status?: () => Promise<ServerStatus>
  /** What the server asks its surroundings for. */
  readonly reports?: Partial<Pick<HttpServerOptions, 'storages' | 'connectInfo' | 'portChecks' | 'readiness'>>
  readonly onAnswer?: (statusCode: number) => void
  readonly liveTiming?: LiveTiming
  readonly sessionTiming?: HttpServerOptions['sessionTiming']
}

/** The HTTP server on a free port with real parts behind it, in a directory of its own. */
export class HttpWorld implements AsyncDisposable {
  readonly server: HttpServer
  readonly database: Database
  readonly connections: ConnectionRegistry
  readonly ledger: QuotaLedger
  readonly setupCode: SetupCode
  readonly events: EventBus
  /** Directory below which accounts may live. */
  readonly root: string
  /** Every line the server logged, as JSON. */
  readonly logged: readonly string[]
  readonly #stack: AsyncDisposableStack
  #token: string | undefined

  constructor(
    parts: Omit<HttpWorld, 'url' | 'port' | 'call' | 'signedIn' | 'addAdmin' | typeof Symbol.asyncDispose>,
    stack: AsyncDisposableStack,
  ) {
    this.server = parts.server
    this.database = parts.database
    this.connections = parts.connections
    this.ledger = parts.ledger
    this.setupCode = parts.setupCode
    this.events = parts.events
    this.root = parts.root
    this.logged = parts.logged
    this.#stack = stack
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.server.addresses[0] ?? '')?.[1])
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** A request without a sign-in. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text,
    }
  }

  /** A request of the API by the admin that may do everything. */
  async signedIn(method: string, path: string, body?: unknown): Promise<Answer> {
    this.#token ??= await this.addAdmin(adminName, ['*'])
    return this.call(method, `/api/v2${path}`, body, { Authorization: `Bearer ${this.#token}` })
  }

  /** Makes an admin with these permissions and answers a token of theirs. */
  async addAdmin(username: string, permissions: readonly AdminPermission[]): Promise<string> {
    const passwordHash = await new PasswordHasher({ concurrency: 1 }).hash(adminPassword)
    const admin = {
      username,
      source: 'local',
      status: 'active',
      email: '',
      description: '',
      passwordHash,
      permissions,
    } as const
    await this.database.admins.add(admin, Date.now())
    const { body } = await this.call('POST', '/api/v2/token', { username, password: adminPassword })
    return String(fieldOf(body, 'access_token'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

export async function openHttpWorld(options: HttpWorldOptions = {}): Promise<HttpWorld> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'http-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const root = join(directory, 'storages')
  await mkdir(root)
  const logged: string[] = []
  const log = collectingLog(logged)
  const origins = new RequestOrigins()
  const events = new EventBus(log, origins.current)
  const database = stack.use(await openDatabase(`sqlite:${join(directory, 'test.db')}`, { log: silentLog }))
  const { users, folders, admins, quota, secondFactors: factors } = database
  const hasher = new PasswordHasher({ concurrency: 2 })
  const auditLog = new AuditLog({
    ...{ repository: database.audit, settings: database.settings },
    ...{ events, retentionDays: () => 90, log },
  })
  stack.use(auditLog)
  const connections = new ConnectionRegistry()
  const traffic = stack.use(new TrafficMeter({ totals: () => connections.traffic, intervalMs: 50 }))
  const endedSessions = stack.use(new EndedSessions(events))
  const ledger = stack.use(new QuotaLedger(quota, { log }))
  const local = new LocalStorageProvider()
  const storages = options.storages?.(local) ?? local
  const setupCode = new SetupCode()
  const locks = new KeyedLock()
  const quotaScanner = stack.use(
    new QuotaScanner({ users, folders, quota, ledger, storages, locks, events, log }),
  )
  const throttle = new LoginThrottle()
  const box = new SecretBox(randomBytes(32))
  const codes = new CodeCheck({ factors, box, events })
  const signIn = new SignIn({
    authenticator: new Authenticator({ users, hasher, throttle, codes }),
    files: {
      quota: ledger,
      freeSpace: new FreeSpaceGuard(0, systemClock),
      events,
      clock: systemClock,
      locks,
      uploadMode: 'resumable',
    },
    ...{ users, folders, connections, storages, log },
  })
  const config = readConfig({})
  const settings = await LiveSettings.load({
    repository: database.settings,
    base: liveDefaults(config),
    ...{ box, events, log },
  })
  const backupsDirectory = join(directory, 'backups')
  await mkdir(backupsDirectory)
  const backups = new BackupService({
    store: new BackupFiles({ directory: backupsDirectory, root }),
    repository: database.backups,
    ...{
      settings,
      connections,
      recounts: quotaScanner,
      events,
      box,
      roots: [root],
      serverVersion: '3.0.0-test',
    },
  })
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    basePath,
    webDirectory: await makeWebDirectory(directory),
    signIn,
    version: '3.0.0-test',
    adminSignIn: new AdminSignIn({
      admins,
      hasher,
      throttle,
      codes,
      setupCode,
      directory: options.directory,
      events,
    }),
    admins: new AdminService({ admins, hasher, throttle, events }),
    profiles: new ProfileService({ users, hasher, throttle, connections, events }),
    secondFactors: new SecondFactorService({
      ...{ factors, users, admins, box, codes, hasher, throttle, events },
    }),
    accounts: new AccountService({
      users,
      folders,
      hasher,
      connections,
      recounts: quotaScanner,
      events,
      roots: [root],
      usersBaseDir: join(root, 'data'),
    }),
    connections,
    disconnects: new Disconnects(connections, events),
    events,
    ...{ auditLog, traffic, endedSessions, settings, backups },
    environment: describeEnvironment(config, {}),
    quotaScanner,
    quotaLedger: ledger,
    ...{ storages: notInThisTest, connectInfo: notInThisTest, portChecks: notInThisTest },
    origins,
    readiness: () => Promise.resolve([]),
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('numbers of the test') },
    ...options.reports,
    status: options.status ?? notInThisTest,
    log,
    ...(options.liveTiming ? { liveTiming: options.liveTiming } : {}),
    ...(options.sessionTiming ? { sessionTiming: options.sessionTiming } : {}),
    ...(options.onAnswer ? { onAnswer: options.onAnswer } : {}),
  })
  stack.defer(() => server.stop())
  await server.start()
  return new HttpWorld(
    { server, database, connections, ledger, setupCode, events, root, logged },
    stack.move(),
  )
}

function notInThisTest(): Promise<never> {
  return Promise.reject(new FileServerError('unavailable', 'Not in this test'))
}

/** Stands for the built pages, which have tests of their own with a browser. */
async function makeWebDirectory(directory: string): Promise<string> {
  const web = join(directory, 'web')
  await mkdir(join(web, 'assets'), { recursive: true })
  for (const name of ['admin.html', 'client.html', 'robots.txt', 'assets/page-1a2b3c.js'])
    await writeFile(join(web, name), `${name} of the test`)
  return web
}

export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
}

/** The smallest user that is accepted. */
export function userBody(username: string, fields: object = {}): object {
  return { username, permissions: { '/': ['*'] }, ...fields }
}

function collectingLog(lines: string[]): Log {
  const add = (level: string) => (fields: LogFields, message: string) => {
    lines.push(JSON.stringify({ level, message, ...fields }))
  }
  const log: Log = {
    debug: add('debug'),
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
    child: () => log,
  }
  return log
}
