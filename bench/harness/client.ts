import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'

export interface ClientOptions {
  readonly input?: string
  /** Gets what the client prints; it goes nowhere otherwise. */
  readonly stdoutFile?: string
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  /** Kills the client. */
  readonly signal?: AbortSignal
}

export interface ClientCall {
  readonly program: string
  readonly args: readonly string[]
  readonly options?: ClientOptions
}

/** The same client with what the server leaves of the processors, as if it ran on a machine of its own. */
export function atLowestPriority({ program, args, options }: ClientCall): ClientCall {
  return { program: 'nice', args: ['-n', '19', program, ...args], ...(options && { options }) }
}

const defaultTimeoutMs = 300_000
const running = new Set<ChildProcess>()

/** Runs a client to its end. @returns seconds from its start to its exit @throws with its words when it fails */
export async function timeClient(
  program: string,
  args: readonly string[],
  options: ClientOptions = {},
): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const output = options.stdoutFile === undefined ? undefined : await open(options.stdoutFile, 'w')
  if (output) stack.defer(() => output.close())
  const startedAt = performance.now()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
    stdio: ['pipe', output?.fd ?? 'ignore', 'pipe'],
    ...(options.signal && { signal: options.signal, killSignal: 'SIGKILL' }),
  })
  running.add(child)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-2000)))
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? defaultTimeoutMs)
  try {
    const endedAt = new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('exit', () => resolve(performance.now()))
    })
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const seconds = ((await endedAt) - startedAt) / 1000
    await closed
    if (child.exitCode !== 0)
      throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}: ${words.trim()}`)
    return seconds
  } finally {
    clearTimeout(timer)
    running.delete(child)
  }
}

/** Runs clients at the same time. @returns seconds until the last of them has ended */
export async function timeClients(calls: readonly ClientCall[]): Promise<number> {
  const outcomes = await Promise.allSettled(
    calls.map(({ program, args, options }) => timeClient(program, args, options)),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error
  return Math.max(...outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 0)))
}

/** When the command is interrupted. */
export function killClients(): void {
  for (const child of running) child.kill('SIGKILL')
}
