import { readFile } from 'node:fs/promises'
import { startApp } from './app.ts'
import { type Config, ConfigError, readConfig } from './config/config.ts'
import { describeEnvironment } from './config/describe-environment.ts'
import { explainDatabaseFile } from './database/damaged-file.ts'
import { openLog } from './log/open-log.ts'

/** How long running transfers may go on after a signal; the platform's engine kills after ten seconds. */
const graceMs = 8_000
const signals = ['SIGTERM', 'SIGINT'] as const
/** Of a terminal that is closed. */
const hangUp = 'SIGHUP'

async function main(): Promise<void> {
  const config = readEnvironment()
  if (!config) return
  const log = openLog({ level: config.logLevel, base: null })
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  const told = Promise.withResolvers<void>()
  const stop = new AbortController()
  const onSignal = () => {
    stop.abort()
    told.resolve()
  }
  for (const signal of signals) process.once(signal, onSignal)
  // It comes twice, from the shell and from the kernel: the second one is no order to hurry.
  process.on(hangUp, onSignal)
  try {
    const environment = describeEnvironment(config, process.env)
    const app = await startApp(config, {
      ...{ log, version: await readVersion(), environment },
      signal: stop.signal,
    })
    // The ready line tells the ports to whoever started us, whatever the log level.
    log
      .child({}, { level: 'info' })
      .info({ addresses: app.addresses, passivePorts: app.passivePorts }, 'ready')
    await told.promise
    log.info({}, 'stopping')
    await app.stop(graceMs)
    log.info({}, 'stopped')
  } catch (error) {
    // Whatever still lives ends by the next signal.
    for (const signal of [...signals, hangUp] as const) process.off(signal, onSignal)
    if (stop.signal.aborted && error === stop.signal.reason) return log.info({}, 'stopped')
    log.error({ err: explainDatabaseFile(error, config.database.url) }, 'start failed')
    process.exitCode = 1
  }
}

function readEnvironment(): Config | undefined {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const log = openLog({ base: null })
    for (const problem of error.problems) log.error({ ...problem }, 'setting refused')
    process.exitCode = 1
    return undefined
  }
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

await main()
