import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A Node script of this command that runs beside it, in a process of its own. */
export interface StartedScript<Told> extends AsyncDisposable {
  readonly pid: number
  /** Its first line, when it is ready. */
  readonly told: Told
}

/** Starts a script with `given` as JSON in its argument and waits for its first line. @throws when it ends before */
export async function startScript<Told>(
  script: string,
  given: Readonly<Record<string, unknown>>,
): Promise<StartedScript<Told>> {
  const child = spawn(process.execPath, [script, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const told = await new Promise<Told>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Told))
  })
  return {
    pid: child.pid ?? 0,
    told,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
