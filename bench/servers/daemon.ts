import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { endProcessTree } from './end-process-tree.ts'
import { waitForPort } from './free-port.ts'

export interface DaemonOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Beside the environment of this process. */
  readonly env?: NodeJS.ProcessEnv
  /** Of 127.0.0.1; it is up when something listens there. */
  readonly port: number
}

export interface Daemon extends AsyncDisposable {
  readonly pid: number
}

/** Starts a server in the foreground. @throws when it ends or does not listen in time */
export async function startDaemon({ program, args, env, port }: DaemonOptions): Promise<Daemon> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${code}`)
  })
  // Ending it later is no failure.
  ended.catch(() => undefined)
  try {
    await Promise.race([waitForPort(port), ended])
  } catch (error) {
    await endProcessTree(pid)
    throw error
  }
  return { pid, [Symbol.asyncDispose]: () => endProcessTree(pid) }
}
