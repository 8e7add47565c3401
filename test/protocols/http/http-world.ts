import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccountService } from '../../../src/core/accounts/account-service.ts'
import type { AdminPermission } from '../../../src/core/accounts/admin.ts'
import { AdminSignIn } from '../../../src/core/auth/admin-sign-in.ts'
import type { AdminDirectory } from '../../../src/core/auth/admin-directory.ts'
import { LoginThrottle } from '../../../src/core/auth/login-throttle.ts'
import { PasswordHasher } from '../../../src/core/auth/password-hash.ts'
import { SetupCode } from '../../../src/core/auth/setup-code.ts'
import { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import { FileServerError } from '../../../src/core/errors.ts'
import { EventBus } from '../../../src/core/events/event-bus.ts'
import { QuotaLedger } from '../../../src/core/files/quota-ledger.ts'
import { QuotaScanner } from '../../../src/core/files/quota-scanner.ts'
import type { StorageProvider } from '../../../src/core/files/storage.ts'
import { type Log, type LogFields, silentLog } from '../../../src/core/log.ts'
import type { ServerStatus } from '../../../src/core/status.ts'
import { openDatabase, type Database } from '../../../src/database/database.ts'
import { HttpServer } from '../../../src/protocols/http/http-server.ts'
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
  readonly onAnswer?: (statusCode: number) => void
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
  const events = new EventBus(log)
  const database = stack.use(await openDatabase(`sqlite:${join(directory, 'test.db')}`, { log: silentLog }))
  const { users, folders, admins, quota } = database
  const hasher = new PasswordHasher({ concurrency: 2 })
  const connections = new ConnectionRegistry()
  const ledger = stack.use(new QuotaLedger(quota, { log }))
  const local = new LocalStorageProvider()
  const storages = options.storages?.(local) ?? local
  const setupCode = new SetupCode()
  const quotaScanner = stack.use(new QuotaScanner({ users, folders, quota, ledger, storages, events, log }))
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    basePath,
    webDirectory: join(import.meta.dirname, '../../../src/web'),
    version: '3.0.0-test',
    adminSignIn: new AdminSignIn({
      admins,
      hasher,
      throttle: new LoginThrottle(),
      setupCode,
      directory: options.directory,
      events,
    }),
    accounts: new AccountService({
      users,
      folders,
      hasher,
      connections,
      events,
      roots: [root],
      usersBaseDir: join(root, 'data'),
    }),
    connections,
    quotaScanner,
    quotaLedger: ledger,
    status:
      options.status ?? (() => Promise.reject(new FileServerError('unavailable', 'No status in this test'))),
    log,
    ...(options.onAnswer ? { onAnswer: options.onAnswer } : {}),
  })
  stack.defer(() => server.stop())
  await server.start()
  return new HttpWorld(
    { server, database, connections, ledger, setupCode, events, root, logged },
    stack.move(),
  )
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
