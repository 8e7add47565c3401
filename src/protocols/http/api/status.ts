import { servicesStatus, type ServicesStatus } from '../../../contract/server-status.ts'
import { versionInfo } from '../../../contract/version.ts'
import type { Binding, FtpStatus, HostKeyStatus, ProcessStatus, ServerStatus } from '../../../core/status.ts'
import type { HttpApp } from '../http-app.ts'

const tags = ['maintenance']
const tlsMode = { allowed: 0, required: 1, implicit: 2 } as const satisfies Record<
  FtpStatus['bindings'][number]['tls'],
  number
>

/** What is running, and which version of it. */
export function serveStatus(app: HttpApp, status: () => Promise<ServerStatus>, version: string): void {
  app.get(
    '/status',
    {
      config: { access: ['view_status'] },
      schema: {
        tags,
        operationId: 'get_status',
        summary: 'State of the services, the database, the platform, storages and certificates',
        response: { 200: servicesStatus },
      },
    },
    async () => fromStatus(await status()),
  )

  app.get(
    '/version',
    {
      config: { access: 'any-admin' },
      schema: {
        tags,
        operationId: 'get_version',
        summary: 'Version of the server',
        response: { 200: versionInfo },
      },
    },
    async () => ({ version, build_date: '', commit_hash: '', features: [] }),
  )
}

function fromStatus({
  process,
  ssh,
  ftp,
  http,
  workers,
  auditLog,
  database,
  platform,
  storages,
  certificates,
}: ServerStatus): ServicesStatus {
  return {
    process: fromProcess(process),
    ssh: {
      is_active: ssh.isActive,
      bindings: ssh.bindings.map(fromBinding),
      host_keys: ssh.hostKeys.map(({ next, ...key }) => ({
        ...fromHostKey(key),
        ...(next && { next: fromHostKey(next) }),
      })),
      ssh_commands: [...ssh.commands],
      authentications: [
        'publickey',
        'password',
        'keyboard-interactive',
        'publickey+password',
        'publickey+keyboard-interactive',
      ],
    },
    ftp: {
      is_active: ftp.isActive,
      bindings: ftp.bindings.map((binding) => ({ ...fromBinding(binding), tls_mode: tlsMode[binding.tls] })),
      passive_port_range: {
        start: ftp.passivePorts.length === 0 ? 0 : Math.min(...ftp.passivePorts),
        end: ftp.passivePorts.length === 0 ? 0 : Math.max(...ftp.passivePorts),
      },
      passive_ports: [...ftp.passivePorts],
      passive_host: ftp.passiveHost,
    },
    webdav: { is_active: false, bindings: [] },
    http: { is_active: http.isActive, bindings: http.bindings.map(fromBinding), base_path: http.basePath },
    workers: { ...workers },
    audit_log: { ...auditLog },
    data_provider: { is_active: database.isActive, driver: database.driver, error: database.error },
    defender: { is_active: false },
    // Whoever wants one can have one.
    mfa: { is_active: true },
    allow_list: { is_active: false },
    rate_limiters: { is_active: false },
    platform: { state: platform.state, since: platform.since, error: platform.error },
    storages: storages.map((storage) => ({
      name: storage.name,
      directory: storage.directory,
      is_writable: storage.isWritable,
      free_bytes: storage.freeBytes,
      total_bytes: storage.totalBytes,
      error: storage.error,
    })),
    certificates: certificates.map(({ host, expiresAt, isSelfSigned, error, reason }) => ({
      host,
      expires_at: expiresAt,
      is_self_signed: isSelfSigned,
      error,
      ...(reason && { reason }),
    })),
  }
}

function fromProcess({ version, startedAt, now, memoryBytes, minFreeBytes, dataDirectory }: ProcessStatus) {
  return {
    version,
    started_at: startedAt,
    now,
    memory_bytes: memoryBytes,
    min_free_bytes: minFreeBytes,
    data_directory: {
      directory: dataDirectory.directory,
      free_bytes: dataDirectory.freeBytes,
      total_bytes: dataDirectory.totalBytes,
      error: dataDirectory.error,
    },
  }
}

function fromHostKey({ path, fingerprint, algorithms }: HostKeyStatus) {
  return { path, fingerprint, algorithms: [...algorithms] }
}

function fromBinding({ address, port }: Binding): { address: string; port: number } {
  return { address, port }
}
