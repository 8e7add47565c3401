import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import manifest from '../../package.json' with { type: 'json' }

export interface Addresses {
  readonly sftp: string
  readonly ftp: readonly string[]
  readonly http: string
  readonly metrics: string
}

interface ReadyLine {
  readonly addresses: Addresses
  /** Ports of FTP's data connections. */
  readonly passivePorts: readonly number[]
}

export interface ProductOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A directory that outlives the product, to start another one on it. */
  readonly directory?: string
  /** `false` throws away what it writes once it is ready: reading lines costs CPU that a measurement would show. */
  readonly keepsLog?: false
  /** What Node is given to start. Default: what PRODUCT_MAIN names, or else the sources. */
  readonly main?: string
}

export const adminName = 'admin'
export const adminPassword = 'test-admin-password'

/** The product as its operator runs it: its own process, started by its start command, on free ports. */
export class Product implements AsyncDisposable {
  readonly directory: string
  readonly addresses: Addresses
  readonly passivePorts: readonly number[]
  /** Every line it wrote. */
  readonly log: readonly string[]
  readonly #child: ChildProcess
  readonly #keepsDirectory: boolean
  #token: { readonly value: string; readonly expiresAt: number } | undefined

  constructor(
    child: ChildProcess,
    ready: ReadyLine,
    log: readonly string[],
    place: { readonly directory: string; readonly keeps: boolean },
  ) {
    this.#child = child
    this.addresses = ready.addresses
    this.passivePorts = ready.passivePorts
    this.log = log
    this.directory = place.directory
    this.#keepsDirectory = place.keeps
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get storagesDirectory(): string {
    return join(this.directory, 'storages')
  }

  /** Of its embedded database. */
  get databaseFile(): string {
    return join(this.directory, 'state', 'sftpgo-plugin.db')
  }

  get sftpPort(): number {
    return portOf(this.addresses.sftp)
  }

  get ftpPort(): number {
    return portOf(this.addresses.ftp[0] ?? '')
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${portOf(this.addresses.http)}`
  }

  homeOf(username: string): string {
    return join(this.storagesDirectory, 'sftpgo_data', 'data', username)
  }

  /** A call of the REST API as the local admin. */
  async api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    if (!this.#token || this.#token.expiresAt < Date.now() + tokenMarginMs) this.#token = await this.#signIn()
    const response = await fetch(`${this.httpUrl}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token.value}`,
        'content-type': 'application/json',
        connection: 'close',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  /** Makes a user with all permissions, or what `fields` say. @throws unless the API answers 201 */
  async addUser(username: string, fields: Record<string, unknown> = {}): Promise<void> {
    const user = {
      username,
      password: `${username}-password`,
      status: 1,
      permissions: { '/': ['*'] },
      ...fields,
    }
    const { status, body } = await this.api('POST', '/users', user)
    if (status !== 201) throw new Error(`user not made: ${status} ${JSON.stringify(body)}`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /**
   * Ends it with a signal and tells its exit code; null when the signal itself ended it.
   * @throws when it does not end by itself
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit')
      this.#child.kill(signal)
      let isStuck = false
      const timer = setTimeout(() => {
        isStuck = true
        this.#child.kill('SIGKILL')
      }, stopTimeoutMs)
      await exit
      clearTimeout(timer)
      if (isStuck) throw new Error(`the product did not end on ${signal}\n${this.log.slice(-20).join('\n')}`)
    }
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop()
    } finally {
      if (!this.#keepsDirectory) await rm(this.directory, { recursive: true, force: true })
    }
  }

  async #signIn(): Promise<{ value: string; expiresAt: number }> {
    const basic = Buffer.from(`${adminName}:${adminPassword}`).toString('base64')
    const response = await fetch(`${this.httpUrl}/api/v2/token`, {
      headers: { authorization: `Basic ${basic}` },
    })
    const body = (await response.json()) as { access_token?: string; expires_at: string }
    if (body.access_token === undefined) throw new Error(`no admin token: ${response.status}`)
    return { value: body.access_token, expiresAt: Date.parse(body.expires_at) }
  }
}

/** A token is not used for a call that may outlive it. */
const tokenMarginMs = 60_000
const startTimeoutMs = 30_000
const stopTimeoutMs = 20_000
export const sourceMain = join(import.meta.dirname, '../../src/main.ts')
/** What `npm start` tells Node about itself. */
export const nodeOptions = manifest.scripts.start.split(' ').slice(1, -1)

/** Its process alone, with whatever comes of it. `isLeader`: of a process group, with its workers. */
export function spawnProduct(
  directory: string,
  options: Pick<ProductOptions, 'env' | 'main'> & { readonly isLeader?: boolean },
): ChildProcessByStdio<null, Readable, Readable> {
  const main = options.main ?? process.env['PRODUCT_MAIN'] ?? sourceMain
  return spawn(process.execPath, [...nodeOptions, main], {
    env: { ...inherited(), ...defaultSettings(directory), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.isLeader ?? false,
  })
}

/** @throws with the log when it is not ready in time or ends before */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'product-')))
  await mkdir(directory, { recursive: true })
  const child = spawnProduct(directory, options)
  const log: string[] = []
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the product ${why}\n${log.join('\n')}`))
    const timer = setTimeout(() => fail('is not ready in time'), startTimeoutMs)
    child.on('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
    for (const stream of [child.stdout, child.stderr]) {
      const lines = createInterface(stream)
      lines.on('line', (line) => {
        log.push(line)
        if (!line.includes('"msg":"ready"')) return
        clearTimeout(timer)
        resolve(JSON.parse(line) as ReadyLine)
        if (options.keepsLog === false) {
          lines.close()
          stream.resume()
        }
      })
    }
  })
  try {
    return new Product(child, await ready, log, { directory, keeps: options.directory !== undefined })
  } catch (error) {
    child.kill('SIGKILL')
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Nothing that decides what the product does. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) }
}

export function defaultSettings(directory: string): Record<string, string> {
  return {
    STORAGES_DIR: join(directory, 'storages'),
    DATA_DIR: join(directory, 'state'),
    CERTIFICATES_DIR: join(directory, 'certificates'),
    LISTEN_HOST: '127.0.0.1',
    SFTP_PORT: '0',
    FTP_PORT: '0',
    FTP_PASSIVE_PORTS: '0',
    HTTP_PORT: '0',
    METRICS_PORT: '0',
    MIN_FREE_SPACE: '0',
    ADMIN_USERNAME: adminName,
    ADMIN_PASSWORD: adminPassword,
  }
}

function portOf(address: string): number {
  const port = Number(/:(\d+)$/.exec(address)?.[1])
  if (!Number.isInteger(port)) throw new Error(`no port in '${address}'`)
  return port
}
