import { type Logger, type LoggerOptions, pino } from 'pino'
import { BurstOutput } from './burst-output.ts'
import { oneLineEach } from './one-line-each.ts'
import { openUnblocked, PatientOutput } from './patient-output.ts'

const standardOutput = 1

/**
 * The log of this process, on its standard output. Nothing of it is lost when the process ends by itself, and nobody
 * waits for its reader.
 */
export function openLog(options: LoggerOptions): Logger {
  const patient = new PatientOutput(openUnblocked(standardOutput), {
    onLost: (lines) => log.warn({ lines }, 'log lines lost'),
  })
  const output = new BurstOutput(oneLineEach(patient))
  process.on('exit', () => {
    output.flush()
    patient.flush()
  })
  const log = pino(options, output)
  return log
}
