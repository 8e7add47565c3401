import { FileServerError } from './core/errors.ts'
import { openLog } from './log/open-log.ts'
import { ProcessMeter } from './process-meter.ts'
import { startWorker, type WorkerApp, type WorkerSetup } from './worker-app.ts'
import { Channel } from './workers/channel.ts'
import type { ChannelToPrimary } from './workers/messages.ts'

/**
 * The program of a worker process. It ends when the primary process says so or is gone; signals are that one's business,
 * and a terminal sends them to all.
 */
function main(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const log = openLog({ base: { worker: process.pid } })
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  const channel: ChannelToPrimary = new Channel(
    {
      send: (message, handle, onSent) => void process.send?.(message, handle, {}, onSent),
      receive: (listener) => void process.on('message', listener),
    },
    log,
  )
  const meter = new ProcessMeter((sample) => channel.post('sample', sample))
  let app: Promise<WorkerApp> | undefined
  channel.answer('start', async (setup) => {
    const { config } = setup as WorkerSetup
    log.level = config.logLevel
    app = startWorker(setup as WorkerSetup, channel, log)
    return (await app.catch(toTellable)).addresses
  })
  channel.answer('stop', async (graceMs) => {
    await (await app)?.stop(graceMs)
    meter[Symbol.dispose]()
  })
}

/** What went wrong at the start is told whole: it goes to the log and to nobody else. */
function toTellable(error: unknown): never {
  throw new FileServerError('unavailable', error instanceof Error ? error.message : String(error))
}

main()
