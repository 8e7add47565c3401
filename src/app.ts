import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from './config/config.ts'
import { describeConfig } from './config/describe-config.ts'
import { AccountService } from './core/accounts/account-service.ts'
import { AdminSignIn, setupName } from './core/auth/admin-sign-in.ts'
import { Authenticator } from './core/auth/authenticator.ts'
import { LoginThrottle } from './core/auth/login-throttle.ts'
import { PasswordHasher } from './core/auth/password-hash.ts'
import { SetupCode } from './core/auth/setup-code.ts'
import { SignIn } from './core/auth/sign-in.ts'
import { systemClock } from './core/clock.ts'
import { ConnectionRegistry } from './core/connections/connection-registry.ts'
import { EventBus } from './core/events/event-bus.ts'
import { logEvents } from './core/events/event-log.ts'
import { hasCode } from './core/errors.ts'
import type { FileServices } from './core/files/file-services.ts'
import { FreeSpaceGuard } from './core/files/free-space-guard.ts'
import { KeyedLock } from './core/files/keyed-lock.ts'
import { QuotaLedger } from './core/files/quota-ledger.ts'
import { QuotaScanner } from './core/files/quota-scanner.ts'
import type { Log } from './core/log.ts'
import { type Database, openDatabase } from './database/database.ts'
import { ThingerAdminDirectory } from './platform/admin-directory.ts'
import { bootstrap } from './platform/bootstrap.ts'
import { ThingerClient } from './platform/thinger-client.ts'
import { FtpServer } from './protocols/ftp/ftp-server.ts'
import { PassiveAddress } from './protocols/ftp/passive-address.ts'
import { PassivePorts } from './protocols/ftp/passive-ports.ts'
import { HttpServer } from './protocols/http/http-server.ts'
import { MetricsServer } from './protocols/http/metrics-server.ts'
import type { ProtocolServer } from './protocols/protocol-server.ts'
import { loadHostKeys } from './protocols/sftp/host-keys.ts'
import { SftpServer } from './protocols/sftp/sftp-server.ts'
import { readStatus } from './server-status.ts'
import { LocalStorageProvider } from './storage/local/local-storage.ts'
import { CertificateStore } from './tls/certificate-store.ts'

/** Where the running product listens, for the ready line. */
export interface Addresses {
  readonly sftp: string
  readonly ftp: readonly string[]
  readonly http: string
  readonly metrics: string
}

export interface App {
  readonly addresses: Addresses
  /** Ports of FTP's data connections. */
  readonly passivePorts: readonly number[]
  /** Takes no new connections, lets transfers go on for `graceMs`, ends everything. */
  stop(graceMs: number): Promise<void>
}

export interface AppOptions {
  readonly log: Log
  readonly version: string
}

/** Builds and starts the product. A start that fails releases what it had opened. @throws when a port is taken, … */
export async function startApp(config: Config, { log, version }: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack()
  for (const warning of config.warnings) log.warn({}, warning)
  log.info({ config: describeConfig(config) }, 'configuration')
  const clock = systemClock
  const events = new EventBus(log)
  stack.use(events.onAny(logEvents(log)))

  const client = thingerClient(config)
  const { directories, link } = await bootstrap({ ...directoriesOf(config), client, log })
  stack.use(link)
  const unusable = directories.find((report) => !report.isUsable && report.path === config.dataDir)
  if (unusable) throw new Error(`DATA_DIR ${unusable.path} cannot be used: ${unusable.advice}`)

  const database = stack.use(await openDatabaseWhenReady(config.database.url, log))
  const storages = new LocalStorageProvider()
  const ledger = stack.use(new QuotaLedger(database.quota, { log, clock }))
  const connections = new ConnectionRegistry({ maxConnections: config.limits.maxConnections, clock })
  const hasher = new PasswordHasher({ concurrency: Math.max(1, Math.floor(availableParallelism() / 2)) })
  const throttle = new LoginThrottle({ clock })
  const files: FileServices = {
    quota: ledger,
    freeSpace: new FreeSpaceGuard(config.minFreeSpaceBytes, clock),
    events,
    clock,
    locks: new KeyedLock(),
    uploadMode: config.uploadMode,
  }
  const { users, folders, admins } = database
  const scanner = stack.use(
    new QuotaScanner({ users, folders, quota: database.quota, ledger, storages, events, log, clock }),
  )
  const authenticator = new Authenticator({ users, hasher, throttle, clock })
  const signIn = new SignIn({ authenticator, users, folders, connections, storages, files, log })
  const accounts = new AccountService({
    ...{ users, folders, hasher, connections, events, clock },
    roots: [config.storagesDir, config.usersBaseDir],
    usersBaseDir: config.usersBaseDir,
  })
  const setupCode = new SetupCode(clock)
  const directory = client && new ThingerAdminDirectory(client)
  const adminSignIn = new AdminSignIn({ admins, hasher, throttle, setupCode, directory, events, clock })
  if (config.admin) await adminSignIn.ensureLocalAdmin(config.admin.username, config.admin.password)
  // The one secret that the log shows, by design: whoever reads the plugin's log may manage the plugin.
  else log.warn({ username: setupName, setupCode: setupCode.issue() }, 'setup code, good once for a day')

  const host = config.listenHost
  // Listens to events before the first certificate is loaded.
  const metrics = new MetricsServer({ host, port: config.metrics.port, events, connections, log })
  const certificates = stack.use(
    new CertificateStore({
      directory: config.certificatesDir,
      dataDirectory: config.dataDir,
      defaultHost: config.platform?.host,
      ...{ events, log, clock },
    }),
  )
  await certificates.start()
  const hostKeys = await loadHostKeys(config.dataDir, log)
  const { limits } = config
  const sftp = new SftpServer({
    ...{ host, port: config.sftp.port, hostKeys, signIn, log },
    legacyAlgorithms: config.sftp.legacyAlgorithms,
    banner: config.sftp.banner,
    limits: {
      maxAuthTries: limits.maxAuthTries,
      loginGraceMs: limits.loginGraceMs,
      idleTimeoutMs: limits.idleTimeoutMs,
    },
  })
  const ftp = new FtpServer({
    ...{ host, controlPorts: config.ftp.ports, certificates, signIn, log },
    ...(config.ftp.implicitTlsPort === undefined ? {} : { implicitTlsPort: config.ftp.implicitTlsPort }),
    passivePorts: new PassivePorts({ host, ports: config.ftp.passivePorts, log }),
    passiveAddress: new PassiveAddress({ host: config.ftp.passiveHost, log }),
    tls: config.ftp.tls,
    sessionReuse: config.ftp.tlsSessionReuse,
    limits: {
      ...{ maxUnauthenticated: 100, maxLineBytes: 8192, claimTimeoutMs: 10_000 },
      loginTimeoutMs: limits.loginGraceMs,
      idleTimeoutMs: limits.idleTimeoutMs,
    },
  })
  const http: HttpServer = new HttpServer({
    ...{ host, port: config.http.port, basePath: config.http.basePath, version, log },
    ...{ adminSignIn, accounts, connections, quotaScanner: scanner, quotaLedger: ledger },
    webDirectory: join(import.meta.dirname, 'web'),
    onAnswer: (statusCode) => metrics.countAnswer(statusCode),
    status: () => readStatus({ config, sftp, ftp, http, hostKeys, database, link, certificates, storages }),
  })
  const unsettled = scanner.recover()
  stack.defer(() => unsettled)
  const servers: ProtocolServer[] = [sftp, ftp, http, metrics]
  for (const server of servers) stack.defer(() => server.stop(0))
  await Promise.all(servers.map((server) => server.start()))

  const owned = stack.move()
  return {
    addresses: {
      sftp: sftp.addresses[0] ?? '',
      ftp: ftp.addresses,
      http: http.addresses[0] ?? '',
      metrics: metrics.addresses[0] ?? '',
    },
    passivePorts: ftp.passivePorts,
    async stop(graceMs) {
      await Promise.all(servers.map((server) => server.stop(graceMs)))
      await owned.disposeAsync()
    },
  }
}

const databaseRetryMs = [500, 1000, 2000, 4000, 8000, 15_000]

/** A database server may start together with us; one that refuses us for good ends the start at once. */
async function openDatabaseWhenReady(url: string, log: Log): Promise<Database> {
  for (const retryMs of databaseRetryMs) {
    try {
      return await openDatabase(url, { log })
    } catch (error) {
      if (!hasCode(error, 'unavailable')) throw error
      log.warn({ err: error, retryMs }, 'database does not answer yet')
      await delay(retryMs)
    }
  }
  return openDatabase(url, { log })
}

function thingerClient({ platform, certificatesDir }: Config): ThingerClient | undefined {
  return (
    platform &&
    new ThingerClient({
      baseUrl: platform.apiUrl,
      user: platform.user,
      plugin: platform.plugin,
      pluginToken: () => platform.token,
      certificateFile: join(certificatesDir, platform.host, 'fullchain.pem'),
    })
  )
}

function directoriesOf({ platform, storagesDir, usersBaseDir, backupsDir, dataDir }: Config) {
  const outside = platform && `/data/thinger/users/${platform.user}/storages`
  const mounts = outside === undefined ? [] : [{ inside: storagesDir, outside }]
  return { storagesDir, usersBaseDir, backupsDir, dataDir, mounts }
}
