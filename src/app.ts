import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Config } from './config/config.ts'
import { describeConfig } from './config/describe-config.ts'
import type { EnvironmentValue } from './config/describe-environment.ts'
import { liveDefaults } from './config/live-defaults.ts'
import { portTargets, readConnectInfo } from './connect-info.ts'
import { AccountService } from './core/accounts/account-service.ts'
import { AdminService } from './core/accounts/admin-service.ts'
import { ProfileService } from './core/accounts/profile-service.ts'
import { SecondFactorService } from './core/accounts/second-factor-service.ts'
import { AddressList } from './core/auth/address-list.ts'
import { AdminSignIn, setupName } from './core/auth/admin-sign-in.ts'
import { Authenticator } from './core/auth/authenticator.ts'
import { CodeCheck } from './core/auth/code-check.ts'
import { LoginThrottle } from './core/auth/login-throttle.ts'
import { PasswordHasher } from './core/auth/password-hash.ts'
import { SecretBox } from './core/auth/secret-box.ts'
import { SetupCode } from './core/auth/setup-code.ts'
import { SignIn } from './core/auth/sign-in.ts'
import { BackupScheduler } from './core/backups/backup-scheduler.ts'
import { BackupService } from './core/backups/backup-service.ts'
import { systemClock } from './core/clock.ts'
import { ConnectionRegistry } from './core/connections/connection-registry.ts'
import { Disconnects } from './core/connections/disconnects.ts'
import { EndedSessions } from './core/connections/ended-sessions.ts'
import { TrafficMeter } from './core/connections/traffic-meter.ts'
import { AuditLog } from './core/events/audit-log.ts'
import { EventBus } from './core/events/event-bus.ts'
import { logEvents } from './core/events/event-log.ts'
import type { FileServices } from './core/files/file-services.ts'
import { FreeSpaceGuard } from './core/files/free-space-guard.ts'
import { KeyedLock } from './core/files/keyed-lock.ts'
import { QuotaLedger } from './core/files/quota-ledger.ts'
import { QuotaScanner } from './core/files/quota-scanner.ts'
import type { StorageProvider } from './core/files/storage.ts'
import type { Log } from './core/log.ts'
import { LiveSettings } from './core/settings/live-settings.ts'
import { settleAll } from './core/settle-all.ts'
import { lockDirectory } from './database/directory-lock.ts'
import { openDatabaseWhenReady } from './database/open-database-when-ready.ts'
import { type FileServing, serveFilesHere, serveFilesInWorkers } from './file-serving.ts'
import { ThingerAdminDirectory } from './platform/admin-directory.ts'
import { bootstrap } from './platform/bootstrap.ts'
import { canHoldFiles, isWritable } from './platform/directories.ts'
import { PortChecks } from './platform/port-checks.ts'
import { ThingerClient } from './platform/thinger-client.ts'
import { PassivePorts } from './protocols/ftp/passive-ports.ts'
import { TlsOwners } from './protocols/ftp/tls-owners.ts'
import { HttpServer } from './protocols/http/http-server.ts'
import { Metrics } from './protocols/http/metrics.ts'
import { MetricsServer } from './protocols/http/metrics-server.ts'
import { RequestOrigins } from './protocols/http/request-origin.ts'
import { loadHostKeys } from './protocols/sftp/host-keys.ts'
import { ProcessMeter } from './process-meter.ts'
import { localStorages } from './local-storages.ts'
import { Readiness } from './readiness.ts'
import { certificatesOf, readStatus, readStorages } from './server-status.ts'
import { BackupFiles } from './storage/local/backup-files.ts'
import { loadSecretKey } from './storage/local/secret-key.ts'
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
  /** For the page of settings. */
  readonly environment: readonly EnvironmentValue[]
  /** Where bytes are kept, instead of the disk; tests put faults before it. Holds for `WORKERS=1`. */
  readonly storages?: StorageProvider
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
}

/** Builds and starts the product. A start that fails releases what it had opened. @throws when a port is taken, …; the signal's reason */
export async function startApp(config: Config, options: AppOptions): Promise<App> {
  const { log, version, environment, storages = localStorages(config), signal } = options
  await using stack = new AsyncDisposableStack()
  for (const warning of config.warnings) log.warn({ warning }, 'setting to look at')
  log.info({ config: describeConfig(config) }, 'configuration')
  const clock = systemClock
  const startedAt = clock()
  const origins = new RequestOrigins()
  const events = new EventBus(log, origins.current)
  stack.use(events.onAny(logEvents(log)))

  const client = thingerClient(config)
  const { directories, link } = await bootstrap({ ...directoriesOf(config), client, log })
  stack.use(link)
  const unusable = directories.find((report) => !report.isUsable && report.path === config.dataDir)
  if (unusable) throw new Error(`DATA_DIR ${unusable.path} cannot be used: ${unusable.advice}`)
  stack.use(await lockDirectory(config.dataDir, { waitMs: predecessorMs, log, signal }))

  // The first start makes keys, up to a second on threads of their own: the rest starts meanwhile.
  const hostKeysMade = loadHostKeys(config.dataDir, log)
  // Told where it is awaited; another failure may end the start before that.
  hostKeysMade.catch(() => undefined)

  const database = stack.use(await openDatabaseWhenReady(config.database.url, { log, signal }))
  const base = liveDefaults(config)
  const secretKey = await loadSecretKey(config.dataDir, log)
  const box = new SecretBox(secretKey)
  const settings = await LiveSettings.load({ repository: database.settings, base, box, events, log })
  const retentionDays = () => settings.current.audit_retention_days
  const auditParts = { repository: database.audit, settings: database.settings, retentionDays }
  const auditLog = stack.use(new AuditLog({ ...auditParts, events, log, clock }))
  const ledger = stack.use(new QuotaLedger(database.quota, { log, clock }))
  const connections = new ConnectionRegistry({
    get maxConnections() {
      return settings.current.max_connections
    },
    clock,
  })
  const traffic = stack.use(new TrafficMeter({ totals: () => connections.traffic, clock }))
  const endedSessions = stack.use(new EndedSessions(events, clock))
  const hasher = new PasswordHasher({ concurrency: Math.max(1, Math.floor(availableParallelism() / 2)) })
  const metrics: Metrics = stack.use(
    new Metrics({
      ...{ events, connections, audit: () => auditLog.state },
      workers: () => serving.workers,
      passiveWaiting: () => passivePorts.waiting,
      certificates: () => certificatesOf(certificates),
    }),
  )
  stack.use(new ProcessMeter((sample) => metrics.sample(0, sample)))
  const throttle = new LoginThrottle({
    onDelay: (ms) => metrics.loginDelayed(ms),
    proxies: new AddressList(config.limits.proxyAddresses),
    maxAddressFailures: config.limits.maxAddressFailures,
  })
  const locks = new KeyedLock()
  const files: FileServices = {
    quota: ledger,
    freeSpace: new FreeSpaceGuard(config.minFreeSpaceBytes),
    events,
    clock,
    ...{ locks, uploadMode: config.uploadMode },
  }
  const { users, folders, admins, secondFactors: factors } = database
  const scanner = stack.use(
    new QuotaScanner({ users, folders, quota: database.quota, ledger, storages, locks, events, log, clock }),
  )
  const codes = new CodeCheck({ factors, box, events, clock })
  const authenticator = new Authenticator({ users, hasher, throttle, codes, clock })
  const signIn = new SignIn({ authenticator, users, folders, connections, storages, files, log })
  const roots = [config.storagesDir, config.usersBaseDir]
  const accounts = new AccountService({
    ...{ users, folders, hasher, connections, recounts: scanner, events, clock },
    roots,
    usersBaseDir: config.usersBaseDir,
  })
  const backups = new BackupService({
    store: new BackupFiles({ directory: config.backupsDir, root: config.storagesDir }),
    repository: database.backups,
    ...{ settings, connections, recounts: scanner, events, roots, box, clock, serverVersion: version },
  })
  const scheduler = stack.use(new BackupScheduler({ backups, settings, log, clock }))
  const setupCode = new SetupCode(clock)
  const directory = client && new ThingerAdminDirectory(client)
  const adminSignIn = new AdminSignIn({
    ...{ admins, hasher, throttle, codes, setupCode, directory, events, clock },
  })
  if (config.admin) await adminSignIn.ensureLocalAdmin(config.admin.username, config.admin.password)
  // The one secret that the log shows, by design: whoever reads the plugin's log may manage the plugin.
  else log.warn({ username: setupName, setupCode: setupCode.issue() }, 'setup code, good once for a day')

  const host = config.listenHost
  const certificates = stack.use(
    new CertificateStore({
      directory: config.certificatesDir,
      dataDirectory: config.dataDir,
      defaultHost: config.platform?.host,
      ...{ events, log, clock },
    }),
  )
  await certificates.start()
  const hostKeys = await hostKeysMade
  const owners = new TlsOwners(certificates.ticketKeys)
  const passivePorts = new PassivePorts({
    ...{ host, ports: config.ftp.passivePorts, tickets: owners, log },
    onClaim: (outcome, seconds) => metrics.passiveClaim(outcome, seconds),
  })
  const shared = { config, settings, hostKeys, secretKey, certificates, passivePorts, log }
  const serving: FileServing =
    config.workers === 1
      ? serveFilesHere({ ...shared, signIn, ticketOwners: owners })
      : await serveFilesInWorkers({
          ...{ ...shared, owners, ledger, locks, scanner, hasher, throttle, connections, events, clock },
          onSample: (worker, sample) => metrics.sample(worker, sample),
        })
  const { sftp, ftp } = serving
  const portChecks = stack.use(
    new PortChecks({
      host: config.platform?.host,
      targets: () => portTargets({ config, sftp, ftp }),
      proxies: client && ((signal) => client.listProxies(signal)),
      clock,
    }),
  )
  const statusSources = { config, serving, hostKeys, database, auditLog, link, certificates, storages }
  const http: HttpServer = new HttpServer({
    ...{ host, port: config.http.port, basePath: config.http.basePath, version, log },
    admins: new AdminService({ admins, hasher, throttle, events, clock }),
    profiles: new ProfileService({ users, hasher, throttle, connections, events, clock }),
    secondFactors: new SecondFactorService({
      ...{ factors, users, admins, box, codes, hasher, throttle, events, clock },
    }),
    ...{ adminSignIn, accounts, connections, quotaScanner: scanner, quotaLedger: ledger },
    disconnects: new Disconnects(connections, events),
    ...{ signIn, auditLog, traffic, endedSessions, settings, backups, environment, events },
    webDirectory: join(import.meta.dirname, '../build/web'),
    onAnswer: (statusCode) => metrics.countAnswer(statusCode),
    status: () =>
      readStatus({ ...statusSources, ftpTls: settings.current.ftp_tls, http, version, startedAt, clock }),
    storages: () => readStorages(statusSources),
    connectInfo: async () =>
      readConnectInfo({ config, sftp, ftp, hostKeys, ftpTls: settings.current.ftp_tls }),
    portChecks: () => portChecks.check(),
    readiness: () => readiness.ask(),
    ...{ metrics, origins },
  })
  const readiness = new Readiness({
    checks: {
      database: () => database.ping().then(() => true),
      storages: () => canHoldFiles(config.storagesDir),
      data: () => isWritable(config.dataDir),
      sftp: () => sftp.addresses.length > 0 && serving.workers.running > 0,
      ftp: () => ftp.addresses.length > 0 && serving.workers.running > 0,
      http: () => http.addresses.length > 0,
    },
  })
  const metricsServer = new MetricsServer({
    ...{ host, port: config.metrics.port, metrics, readiness: readiness.ask, log },
  })
  // Ends with the scanner.
  void scanner.recover()
  const servers = [serving, http, metricsServer]
  for (const server of servers) stack.defer(() => server.stop(0))
  signal?.throwIfAborted()
  await settleAll(servers.map((server) => server.start()))
  scheduler.start()

  const owned = stack.move()
  return {
    addresses: {
      sftp: sftp.addresses[0] ?? '',
      ftp: ftp.addresses,
      http: http.addresses[0] ?? '',
      metrics: metricsServer.addresses[0] ?? '',
    },
    passivePorts: passivePorts.ports,
    async stop(graceMs) {
      readiness.stop()
      await Promise.all([serving.stop(graceMs), http.stop(graceMs)])
      // Until then whoever asks on its port is told that the server stops.
      await metricsServer.stop(0)
      await owned.disposeAsync()
    },
  }
}

/** Who is being replaced lets its transfers end, and is killed by an engine ten seconds after it was told to stop. */
const predecessorMs = 15_000

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
