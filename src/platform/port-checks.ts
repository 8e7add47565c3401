import { addAbortListener, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import type { PortReport, PortStatus } from '../core/status.ts'
import type { PlatformProxy } from './thinger-client.ts'

/** A port that clients use, and how to know that it is ours which answers there. */
export type PortTarget =
  | {
      readonly service: 'SFTP' | 'FTP'
      readonly port: number
      /** How the first thing that our server says begins. */
      readonly greeting: string
      /** It says so only after a TLS handshake. */
      readonly isTls: boolean
    }
  | {
      readonly service: 'FTP data'
      readonly port: number
      /** Keeps clients away from the port meanwhile; undefined while one waits for its own connection there. */
      readonly hold: () => PortHold | undefined
    }

export interface PortHold extends Disposable {
  /** Resolves when a connection has come to our end of the port. */
  readonly arrival: Promise<void>
}

export interface PortChecksOptions {
  /** Undefined: standalone, nobody knows how the server is reached. */
  readonly host: string | undefined
  readonly targets: () => readonly PortTarget[]
  /** Asks the platform for its proxies. */
  readonly proxies?: ((signal: AbortSignal) => Promise<readonly PlatformProxy[]>) | undefined
  readonly clock: Clock
  /** How long one port may take, in milliseconds. */
  readonly limitMs?: number
  /** How long a report is good for, in milliseconds. */
  readonly cacheMs?: number
}

type PortState = PortStatus['state']

/** So many ports are tried at a time. */
const batchSize = 16

/** Tries from outside, through the public host name, whether clients can reach the ports. */
export class PortChecks implements Disposable {
  readonly #options: PortChecksOptions
  readonly #limitMs: number
  readonly #cacheMs: number
  readonly #stopping = new AbortController()
  #running: Promise<PortReport> | undefined
  #last: PortReport | undefined

  constructor(options: PortChecksOptions) {
    this.#options = options
    this.#limitMs = options.limitMs ?? 3000
    this.#cacheMs = options.cacheMs ?? 30_000
  }

  /** One run at a time, and not too often: every run opens connections to the platform. */
  check(): Promise<PortReport> {
    const last = this.#last
    if (last !== undefined && this.#options.clock() - last.checkedAt < this.#cacheMs)
      return Promise.resolve(last)
    return (this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    }))
  }

  [Symbol.dispose](): void {
    this.#stopping.abort()
  }

  async #run(): Promise<PortReport> {
    const { host = '', targets, clock } = this.#options
    const all = targets()
    const [proxies, states] = await Promise.all([this.#readProxies(), this.#tryAll(host, all)])
    const ports = all.map(({ port, service }, index): PortStatus => ({
      ...{ port, service },
      proxy: proxyState(proxies, port),
      state: states[index] ?? 'untested',
    }))
    return (this.#last = { host, checkedAt: clock(), ports })
  }

  /** Undefined when the platform cannot be asked, or does not tell this plugin. */
  async #readProxies(): Promise<readonly PlatformProxy[] | undefined> {
    try {
      return await this.#options.proxies?.(this.#stopping.signal)
    } catch {
      return undefined
    }
  }

  async #tryAll(host: string, targets: readonly PortTarget[]): Promise<PortState[]> {
    const states: PortState[] = []
    for (let index = 0; index < targets.length; index += batchSize) {
      const batch = targets.slice(index, index + batchSize)
      states.push(...(await Promise.all(batch.map((target) => this.#try(host, target)))))
    }
    return states
  }

  #try(host: string, target: PortTarget): Promise<PortState> {
    if (host === '') return Promise.resolve('untested')
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#limitMs)])
    return target.service === 'FTP data'
      ? touchDataPort(host, target, signal)
      : readGreeting(host, target, signal)
  }
}

async function readGreeting(
  host: string,
  { port, greeting, isTls }: Extract<PortTarget, { greeting: string }>,
  signal: AbortSignal,
): Promise<PortState> {
  // Whose certificate it is does not matter here: nothing is sent.
  const socket = isTls ? connectTls({ host, port, rejectUnauthorized: false }) : connect({ host, port })
  const { promise, resolve } = Promise.withResolvers<PortState>()
  let received = ''
  const giveUp = (): void => resolve(received === '' ? 'silent' : 'other')
  using _limit = addAbortListener(signal, giveUp)
  socket.on('error', (error) => resolve(stateOf(error)))
  socket.on('close', giveUp)
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    if (received.startsWith(greeting)) resolve('reachable')
    else if (!greeting.startsWith(received)) resolve('other')
  })
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

/** Nothing speaks first on a data port: that the connection arrives at our end is the proof. */
async function touchDataPort(
  host: string,
  target: Extract<PortTarget, { hold: unknown }>,
  signal: AbortSignal,
): Promise<PortState> {
  using hold = target.hold()
  if (hold === undefined) return 'untested'
  const socket = connect({ host, port: target.port })
  try {
    const failure = await connected(socket, signal)
    if (failure !== undefined) return failure
    // Whatever it is, it may close or reset the connection.
    const ended = Promise.race([once(socket.resume(), 'close'), aborted(signal)]).catch(() => {})
    return await Promise.race([
      hold.arrival.then(() => 'reachable' as const),
      ended.then(() => 'other' as const),
    ])
  } finally {
    socket.on('error', () => {}).destroy()
  }
}

async function connected(socket: Socket, signal: AbortSignal): Promise<PortState | undefined> {
  try {
    await once(socket, 'connect', { signal })
    return undefined
  } catch (error) {
    return stateOf(error)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function stateOf(error: unknown): PortState {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNREFUSED') return 'refused'
  // The name of the host is not known here, which says nothing of the port.
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'untested'
  return /SSL|TLS|EPROTO/.test(code) ? 'other' : 'silent'
}

function proxyState(proxies: readonly PlatformProxy[] | undefined, port: number): PortStatus['proxy'] {
  if (proxies === undefined) return 'unknown'
  const found = proxies.filter(({ sourcePort }) => sourcePort === port)
  if (found.length === 0) return 'missing'
  return found.some(({ isEnabled }) => isEnabled) ? 'enabled' : 'disabled'
}
