import { destination, type Logger, type LoggerOptions, pino } from 'pino'
import { BurstOutput } from './burst-output.ts'
import { oneLineEach } from './one-line-each.ts'

/** The log of this process, on its standard output; nothing of it is lost when the process ends by itself. */
export function openLog(options: LoggerOptions): Logger {
  const standardOutput = destination({ dest: 1, sync: true })
  standardOutput.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that was closed: the stop that follows from it goes on, told to nobody.
    if (error.code !== 'EIO') throw error
    standardOutput.write = () => true
  })
  const output = new BurstOutput(oneLineEach(standardOutput))
  process.on('exit', () => output.flush())
  return pino(options, output)
}
