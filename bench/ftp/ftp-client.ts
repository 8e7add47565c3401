import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import { type FtpUnderTest, password, username } from './servers.ts'

const script = join(import.meta.dirname, 'ftp-client.py')

/** Runs one task of `ftp-client.py` and answers its JSON line. @throws when the task fails or takes too long */
export async function runClient<T>(
  server: FtpUnderTest,
  task: string,
  given: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<T> {
  const { port, pid } = server
  const argument = JSON.stringify({ port, pid, username, password, ...given })
  const outcome = await runProgram('/usr/bin/python3', [script, task, argument], { timeoutMs })
  if (outcome.exitCode === null) throw new Error(`not done in ${timeoutMs / 1000} s`)
  if (!outcome.isOk) throw new Error(lastLine(outcome.stderr))
  return JSON.parse(outcome.stdout) as T
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
