import { join } from 'node:path'
import type { Log } from '../core/log.ts'
import { prepareDirectory, type DirectoryReport, type Mount } from './directories.ts'
import { dataStorage, PlatformLink, type PlatformLinkOptions } from './platform-link.ts'
import type { ThingerClient } from './thinger-client.ts'

export interface BootstrapOptions {
  /** Undefined: standalone. */
  readonly client: ThingerClient | undefined
  readonly storagesDir: string
  readonly usersBaseDir: string
  readonly backupsDir: string
  readonly dataDir: string
  readonly log: Log
  /** Gives up what runs in the background. */
  readonly signal?: AbortSignal
  /** For advice that fits the host. */
  readonly mounts?: readonly Mount[]
  readonly retryMs?: PlatformLinkOptions['retryMs']
}

export interface Bootstrap {
  /** In the order in which they are needed; an unusable one stops nothing here. */
  readonly directories: readonly DirectoryReport[]
  /** Started; the caller disposes of it. */
  readonly link: PlatformLink
}

/** Prepares the directories, then lets the platform part run in the background: serving must not wait for it. */
export async function bootstrap(options: BootstrapOptions): Promise<Bootstrap> {
  const directories = await prepareDirectories(options)
  const { client, storagesDir, log, signal, retryMs } = options
  const link = new PlatformLink({
    client,
    storagesDir,
    log,
    signal,
    ...(retryMs !== undefined && { retryMs }),
  })
  link.start()
  return { directories, link }
}

async function prepareDirectories(options: BootstrapOptions): Promise<readonly DirectoryReport[]> {
  const { storagesDir, usersBaseDir, backupsDir, dataDir, log, mounts } = options
  // Storages are shared with the platform and other plugins; what lies in dataDir is ours alone.
  const needs = [
    { purpose: 'storages', path: storagesDir, mode: 0o755 },
    { purpose: 'own storage', path: join(storagesDir, dataStorage.id), mode: 0o755 },
    { purpose: 'home directories', path: usersBaseDir, mode: 0o755 },
    { purpose: 'backups', path: backupsDir, mode: 0o755 },
    { purpose: 'state', path: dataDir, mode: 0o700 },
  ]
  const reports: DirectoryReport[] = []
  for (const need of needs) reports.push(await prepareDirectory(need, mounts))
  for (const { isUsable, ...report } of reports) if (!isUsable) log.error(report, 'directory is not usable')
  return reports
}
