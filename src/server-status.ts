import type { Config } from './config/config.ts'
import { toFileServerError } from './core/errors.ts'
import type { StorageProvider } from './core/files/storage.ts'
import type { Binding, CertificateStatus, FtpStatus, ServerStatus, StorageStatus } from './core/status.ts'
import type { Database } from './database/database.ts'
import type { PlatformLink, StorageView } from './platform/platform-link.ts'
import type { ProtocolServer } from './protocols/protocol-server.ts'
import type { HostKey } from './protocols/sftp/host-keys.ts'
import { sshCommandNames } from './protocols/sftp/ssh-commands.ts'
import type { CertificateStore } from './tls/certificate-store.ts'
import { join } from 'node:path'

export interface StatusSources {
  readonly config: Config
  readonly sftp: ProtocolServer
  readonly ftp: ProtocolServer & { readonly passivePorts: readonly number[] }
  readonly http: ProtocolServer
  readonly hostKeys: readonly HostKey[]
  readonly database: Database
  readonly link: PlatformLink
  readonly certificates: CertificateStore
  readonly storages: StorageProvider
}

/** What GET /status shows, asked of every part at once. */
export async function readStatus(sources: StatusSources): Promise<ServerStatus> {
  const { config, sftp, ftp, http, hostKeys, link, certificates } = sources
  const [database, storages] = await Promise.all([readDatabase(sources.database), readStorages(sources)])
  return {
    ssh: {
      isActive: sftp.addresses.length > 0,
      bindings: sftp.addresses.map(bindingOf),
      hostKeys: hostKeys.map(({ path, fingerprint, algorithms }) => ({ path, fingerprint, algorithms })),
      commands: sshCommandNames,
    },
    ftp: readFtp(config, ftp),
    http: {
      isActive: http.addresses.length > 0,
      bindings: http.addresses.map(bindingOf),
      basePath: config.http.basePath,
    },
    database,
    platform: {
      state: link.status.state,
      since: link.status.since,
      error: link.status.lastError?.message ?? '',
    },
    storages,
    certificates: certificates.status().map((status): CertificateStatus => ({
      host: status.host,
      expiresAt: status.source === 'none' ? 0 : status.notAfter,
      isSelfSigned: status.source === 'self-signed',
      error: status.problem ?? '',
    })),
  }
}

function readFtp(config: Config, ftp: StatusSources['ftp']): FtpStatus {
  const { implicitTlsPort, tls, passiveHost } = config.ftp
  const kindOf = ({ port }: Binding) =>
    port === implicitTlsPort ? 'implicit' : tls === 'allowed' ? 'allowed' : 'required'
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

async function readStorages({ config, link, storages }: StatusSources): Promise<StorageStatus[]> {
  const views = await link.storages()
  return Promise.all(views.map((view) => readStorage(join(config.storagesDir, view.id), view, storages)))
}

async function readStorage(
  directory: string,
  view: StorageView,
  storages: StorageProvider,
): Promise<StorageStatus> {
  const known = { name: view.name, directory, isWritable: view.writable }
  if (!view.onDisk)
    return { ...known, freeBytes: 0, totalBytes: 0, error: 'The directory does not exist yet' }
  try {
    const { availableBytes, totalBytes } = await storages.open(directory).space()
    const error = view.writable ? '' : 'The directory is not writable for this process'
    return { ...known, freeBytes: availableBytes, totalBytes, error }
  } catch (error) {
    return { ...known, freeBytes: 0, totalBytes: 0, error: toFileServerError(error).message }
  }
}

function bindingOf(address: string): Binding {
  const colon = address.lastIndexOf(':')
  return { address: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
