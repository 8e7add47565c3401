import type { Config } from './config/config.ts'
import { Authenticator } from './core/auth/authenticator.ts'
import { CodeCheck } from './core/auth/code-check.ts'
import { SecretBox } from './core/auth/secret-box.ts'
import { SignIn } from './core/auth/sign-in.ts'
import { systemClock } from './core/clock.ts'
import { EventBus } from './core/events/event-bus.ts'
import type { FileServices } from './core/files/file-services.ts'
import { FreeSpaceGuard } from './core/files/free-space-guard.ts'
import { type Log, silentLog } from './core/log.ts'
import type { LiveValues } from './core/settings/setting-rules.ts'
import { openDatabase } from './database/database.ts'
import { buildFileServers } from './file-servers.ts'
import type { HostKey } from './protocols/sftp/host-keys.ts'
import { localStorages } from './local-storages.ts'
import { setLiveStagedTags, useStagedTag } from './storage/local/staged-name.ts'
import { CertificateStore, type HostCredentials } from './tls/certificate-store.ts'
import type { ChannelToPrimary, WorkerAddresses } from './workers/messages.ts'
import { RemoteConnections } from './workers/remote-connections.ts'
import { RemoteInPlaceFiles, RemoteLocks } from './workers/remote-locks.ts'
import { RemotePassivePorts, ticketOwnersOf } from './workers/remote-passive-ports.ts'
import { RemoteQuotas } from './workers/remote-quotas.ts'
import { passwordsOf } from './workers/sign-in-desk.ts'

/** What the primary process decides for a worker. It travels between processes alone: keys are in it. */
export interface WorkerSetup {
  readonly config: Config
  readonly settings: LiveValues
  readonly hostKeys: readonly HostKey[]
  readonly secretKey: Uint8Array
  readonly ticketKeys: Uint8Array
  /** The files may be gone or bad by now: it serves what its neighbours do. */
  readonly certificates: readonly HostCredentials[]
  readonly passivePorts: readonly number[]
  readonly stagedTag: string
  readonly stagedTags: readonly string[]
}

export interface WorkerApp {
  readonly addresses: WorkerAddresses
  /** Takes no new connections, lets transfers go on for `graceMs`, ends everything. */
  stop(graceMs: number): Promise<void>
}

/** Builds and starts what a worker serves: SFTP and FTP, with all that is shared asked of the primary process. */
export async function startWorker(
  { config, hostKeys, ...setup }: WorkerSetup,
  channel: ChannelToPrimary,
  log: Log,
): Promise<WorkerApp> {
  await using stack = new AsyncDisposableStack()
  const clock = systemClock
  useStagedTag(setup.stagedTag)
  setLiveStagedTags(setup.stagedTags)
  channel.answer('staging-tags', (tags) => setLiveStagedTags(tags))
  const settings = { current: setup.settings }
  channel.on('settings', (values) => (settings.current = values))
  const events = new EventBus(log)
  events.onAny((event) => channel.post('event', event))

  const database = stack.use(await openDatabase(config.database.url, { log }))
  const { users, folders } = database
  const box = new SecretBox(setup.secretKey)
  const codes = new CodeCheck({ factors: database.secondFactors, box, events, clock })
  const inPlace = new RemoteInPlaceFiles(channel)
  const files: FileServices = {
    quota: stack.use(new RemoteQuotas(channel, inPlace)),
    freeSpace: new FreeSpaceGuard(config.minFreeSpaceBytes),
    ...{ events, clock, uploadMode: config.uploadMode },
    locks: new RemoteLocks(channel, inPlace),
  }
  const signIn = new SignIn({
    authenticator: new Authenticator({ users, ...passwordsOf(channel), codes, clock }),
    ...{ users, folders, files, log },
    connections: stack.use(new RemoteConnections(channel, clock)),
    storages: localStorages(config),
  })
  const certificates = stack.use(
    new CertificateStore({
      directory: config.certificatesDir,
      dataDirectory: config.dataDir,
      defaultHost: config.platform?.host,
      ticketKeys: Buffer.from(setup.ticketKeys),
      known: setup.certificates,
      // The primary process looks at the same files, and tells what it finds.
      events: { emit() {} },
      ...{ log: silentLog, clock },
    }),
  )
  await certificates.start()
  const { sftp, ftp } = buildFileServers({
    ...{ config, settings, hostKeys, certificates, signIn, log },
    ticketOwners: ticketOwnersOf(channel),
    passivePorts: new RemotePassivePorts(channel, setup.passivePorts),
    processes: config.workers,
  })
  // One after the other: ports that are given as 0 are told apart by the order in which they are asked for.
  for (const server of [sftp, ftp]) {
    stack.defer(() => server.stop(0))
    await server.start()
  }
  const owned = stack.move()
  return {
    addresses: { sftp: sftp.addresses, ftp: ftp.addresses },
    async stop(graceMs) {
      await Promise.all([sftp.stop(graceMs), ftp.stop(graceMs)])
      await owned.disposeAsync()
    },
  }
}
