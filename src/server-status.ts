import type { Config } from './config/config.ts'
import type { Clock } from './core/clock.ts'
import { toFileServerError } from './core/errors.ts'
import type { AuditLog } from './core/events/audit-log.ts'
import type { StorageProvider } from './core/files/storage.ts'
import type {
  Binding,
  CertificateStatus,
  FtpStatus,
  HostKeyStatus,
  ProcessStatus,
  ServerStatus,
  StorageSummary,
} from './core/status.ts'
import type { Database } from './database/database.ts'
import type { FileServing } from './file-serving.ts'
import type { PlatformLink, StorageView } from './platform/platform-link.ts'
import type { ProtocolServer } from './protocols/protocol-server.ts'
import type { HostKey } from './protocols/sftp/host-keys.ts'
import { sshCommandNames } from './protocols/sftp/ssh-commands.ts'
import { certificateProblemOf } from './tls/certificate-problems.ts'
import type { CertificateStore } from './tls/certificate-store.ts'
import { join } from 'node:path'

export interface StorageSources {
  readonly config: Config
  readonly link: PlatformLink
  readonly storages: StorageProvider
}

export interface StatusSources extends StorageSources {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly clock: Clock
  readonly serving: Pick<FileServing, 'sftp' | 'ftp' | 'workers'>
  /** In force: it can be changed while the server runs. */
  readonly ftpTls: Config['ftp']['tls']
  readonly http: ProtocolServer
  readonly hostKeys: readonly HostKey[]
  readonly database: Database
  readonly auditLog: Pick<AuditLog, 'state'>
  readonly certificates: CertificateStore
}

/** What GET /status shows, asked of every part at once. */
export async function readStatus(sources: StatusSources): Promise<ServerStatus> {
  const { config, http, hostKeys, link, certificates } = sources
  const { sftp } = sources.serving
  const [process, database, storages] = await Promise.all([
    readProcess(sources),
    readDatabase(sources.database),
    readStorages(sources),
  ])
  return {
    process,
    ssh: {
      isActive: sftp.addresses.length > 0,
      bindings: sftp.addresses.map(bindingOf),
      hostKeys: hostKeys.map(({ next, ...key }) => ({
        ...shownKey(key),
        ...(next && { next: shownKey(next) }),
      })),
      commands: sshCommandNames,
    },
    ftp: readFtp(sources),
    http: {
      isActive: http.addresses.length > 0,
      bindings: http.addresses.map(bindingOf),
      basePath: config.http.basePath,
    },
    workers: readWorkers(sources),
    auditLog: { queued: sources.auditLog.state.queued, lost: sources.auditLog.state.dropped },
    database,
    platform: {
      state: link.status.state,
      since: link.status.since,
      error: link.status.lastError?.message ?? '',
    },
    storages,
    certificates: certificatesOf(certificates),
  }
}

export function certificatesOf(certificates: Pick<CertificateStore, 'status'>): readonly CertificateStatus[] {
  return certificates.status().map((status) => ({
    host: status.host,
    expiresAt: status.source === 'none' ? 0 : status.notAfter,
    isSelfSigned: status.source === 'self-signed',
    error: status.problem ?? '',
    reason: certificateProblemOf(status.problem),
  }))
}

function readWorkers({ config, serving }: StatusSources): ServerStatus['workers'] {
  const { running, restarts, hangs } = serving.workers
  return { configured: config.workers, running, restarts, hangs }
}

function readFtp({ config, serving: { ftp }, ftpTls }: StatusSources): FtpStatus {
  const { implicitTlsPort, passiveHost } = config.ftp
  const kindOf = ({ port }: Binding) =>
    port === implicitTlsPort ? 'implicit' : ftpTls === 'allowed' ? 'allowed' : 'required'
  return {
    isActive: ftp.addresses.length > 0,
    bindings: ftp.addresses.map(bindingOf).map((binding) => ({ ...binding, tls: kindOf(binding) })),
    passivePorts: ftp.passivePorts,
    passiveHost: passiveHost ?? '',
  }
}

async function readDatabase(database: Database): Promise<ServerStatus['database']> {
  const driver = database.engine === 'sqlite' ? 'sqlite' : 'postgresql'
  try {
    await database.ping()
    return { isActive: true, driver, error: '' }
  } catch (error) {
    return { isActive: false, driver, error: toFileServerError(error).message }
  }
}

async function readProcess({ config, serving, storages, ...known }: StatusSources): Promise<ProcessStatus> {
  // As each worker told last: to ask one that hangs would hold up the page that shows that it does.
  const workersBytes = serving.workers.reports.map(({ sample }) => sample?.memoryBytes ?? 0)
  return {
    version: known.version,
    startedAt: known.startedAt,
    now: known.clock(),
    memoryBytes: workersBytes.reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss()),
    minFreeBytes: config.minFreeSpaceBytes,
    dataDirectory: { directory: config.dataDir, ...(await readSpace(config.dataDir, storages)) },
  }
}

/** The storages of the account, with the room on their disks. */
export async function readStorages({ config, link, storages }: StorageSources): Promise<StorageSummary[]> {
  const views = await link.storages()
  return Promise.all(
    views.map(async (view) => ({
      ...(await readStorage(join(config.storagesDir, view.id), view, storages)),
      // Without a platform nobody publishes it.
      isPublic: config.platform ? view.public : false,
    })),
  )
}

async function readStorage(
  directory: string,
  view: StorageView,
  storages: StorageProvider,
): Promise<Omit<StorageSummary, 'isPublic'>> {
  const known = {
    ...{ id: view.id, name: view.name, description: view.description, directory },
    isRegistered: view.registered ?? true,
    isWritable: view.writable,
  }
  if (!view.onDisk)
    return { ...known, freeBytes: 0, totalBytes: 0, error: 'The directory does not exist yet' }
  const space = await readSpace(directory, storages)
  if (space.error !== '' || view.writable) return { ...known, ...space }
  return { ...known, ...space, error: 'The directory is not writable for this process' }
}

async function readSpace(directory: string, storages: StorageProvider) {
  try {
    const { availableBytes, totalBytes } = await storages.open(directory).space()
    return { freeBytes: availableBytes, totalBytes, error: '' }
  } catch (error) {
    return { freeBytes: 0, totalBytes: 0, error: toFileServerError(error).message }
  }
}

function shownKey({ path, fingerprint, algorithms }: Omit<HostKey, 'next'>): HostKeyStatus {
  return { path, fingerprint, algorithms }
}

export function bindingOf(address: string): Binding {
  const colon = address.lastIndexOf(':')
  return { address: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
