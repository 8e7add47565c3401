import { destination, type Logger, type LoggerOptions, pino } from 'pino'
import { BurstOutput } from './burst-output.ts'
import { oneLineEach } from './one-line-each.ts'

/** The log of this process, on its standard output; nothing of it is lost when the process ends by itself. */
export function openLog(options: LoggerOptions): Logger {
  const output = new BurstOutput(oneLineEach(destination({ dest: 1, sync: true })))
  process.on('exit', () => output.flush())
  return pino(options, output)
}
