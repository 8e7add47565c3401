import { extname, join } from 'node:path'
import { buildFileServers, type FileServerParts } from './file-servers.ts'
import type { WorkerCounts } from './core/process-sample.ts'
import { settleAll } from './core/settle-all.ts'
import type { PassiveHold } from './protocols/ftp/passive-ports.ts'
import { newStagedTag, setLiveStagedTags, stagedTag } from './storage/local/staged-name.ts'
import type { WorkerSetup } from './worker-app.ts'
import type { PoolParts } from './workers/worker-pool.ts'

/** SFTP and FTP as the rest of the server sees them, in however many processes they are served. */
export interface FileServing {
  readonly sftp: { readonly addresses: readonly string[] }
  readonly ftp: {
    readonly addresses: readonly string[]
    readonly passivePorts: readonly number[]
    holdPassivePort(port: number): PassiveHold | undefined
  }
  readonly workers: WorkerCounts
  start(): Promise<void>
  stop(graceMs: number): Promise<void>
}

/** `WORKERS=1`: one process does everything. */
export function serveFilesHere(parts: Omit<FileServerParts, 'processes'>): FileServing {
  const { sftp, ftp } = buildFileServers({ ...parts, processes: 1 })
  return {
    ...{ sftp, ftp },
    workers: { running: 1, restarts: 0, hangs: 0, reports: [] },
    async start() {
      await settleAll([sftp.start(), ftp.start()])
    },
    async stop(graceMs) {
      await Promise.all([sftp.stop(graceMs), ftp.stop(graceMs)])
    },
  }
}

export interface WorkerServingParts
  extends
    Pick<FileServerParts, 'config' | 'hostKeys' | 'certificates' | 'passivePorts'>,
    Omit<PoolParts, 'count' | 'program' | 'setup' | 'staging' | 'passivePorts'> {
  /** What secrets in the database are sealed with. */
  readonly secretKey: Uint8Array
}

/** `WORKERS` above 1: so many other processes serve, each the same; see src/workers. */
export async function serveFilesInWorkers(parts: WorkerServingParts): Promise<FileServing> {
  const { config, hostKeys, secretKey, certificates, passivePorts, settings } = parts
  const { WorkerPool } = await import('./workers/worker-pool.ts')
  const pool = new WorkerPool({
    ...parts,
    count: config.workers,
    program: join(import.meta.dirname, `worker-main${extname(import.meta.filename)}`),
    staging: { own: stagedTag(), make: newStagedTag, setLive: setLiveStagedTags },
    setup: ({ tag, tags }): WorkerSetup => ({
      ...{ config, hostKeys, secretKey, ticketKeys: certificates.ticketKeys },
      certificates: certificates.pairs,
      settings: settings.current,
      passivePorts: passivePorts.ports,
      stagedTag: tag,
      stagedTags: tags,
    }),
  })
  return {
    sftp: {
      get addresses() {
        return pool.addresses.sftp
      },
    },
    ftp: {
      get addresses() {
        return pool.addresses.ftp
      },
      get passivePorts() {
        return passivePorts.ports
      },
      holdPassivePort: (port) => passivePorts.hold(port),
    },
    workers: pool,
    async start() {
      await passivePorts.start()
      try {
        await pool.start()
      } catch (error) {
        await passivePorts.stop()
        throw error
      }
    },
    async stop(graceMs) {
      await pool.stop(graceMs)
      await passivePorts.stop()
    },
  }
}
