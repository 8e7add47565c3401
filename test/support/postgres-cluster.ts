import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, chown, constants, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'

const startTimeoutMs = 30_000
const startAttempts = 3

/** A throw-away PostgreSQL server of its own, on a free port of the loopback. */
export interface PostgresCluster extends AsyncDisposable {
  /** Of the database `postgres`; see createDatabase() for one of one's own. */
  readonly url: string
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>
  /** Ends all connections, as an administrator's restart does. */
  stop(): Promise<void>
  /** On the same port as before. */
  start(): Promise<void>
}

/** @throws when PostgreSQL is not installed: a database that is not tested must not look tested. */
export async function startPostgresCluster(): Promise<PostgresCluster> {
  const cluster = await DisposableCluster.create()
  try {
    await cluster.start()
    return cluster
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

class DisposableCluster implements PostgresCluster {
  readonly #binaries: string
  readonly #directory: string
  readonly #account: Account
  #port = 0
  #server: ChildProcess | undefined
  #databases = 0
  #log = ''

  private constructor(binaries: string, directory: string, account: Account) {
    this.#binaries = binaries
    this.#directory = directory
    this.#account = account
  }

  static async create(): Promise<DisposableCluster> {
    const binaries = await findBinaries()
    const account = await unprivilegedAccount()
    const directory = await mkdtemp(join(tmpdir(), 'postgres-'))
    const cluster = new DisposableCluster(binaries, directory, account)
    try {
      await chown(directory, account.uid, account.gid)
      await cluster.#initialise()
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  get url(): string {
    return this.#urlOf('postgres')
  }

  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`
    await this.#execute(`create database ${name}`)
    return this.#urlOf(name)
  }

  async start(): Promise<void> {
    const isRestart = this.#port !== 0
    for (let attempt = 1; ; attempt++) {
      if (!isRestart) this.#port = await freePort()
      try {
        return await this.#startServer()
      } catch (error) {
        // Between finding the port and listening on it, anybody may take it.
        if (isRestart || attempt === startAttempts) throw error
      }
    }
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGINT') // "fast shutdown": does not wait for clients
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** A locale that does not sort by bytes, so that a missing COLLATE "C" shows. */
  async #initialise(): Promise<void> {
    const locale = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US']
    const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync', ...locale]
    const initdb = this.#spawn('initdb', ['-D', this.#dataDirectory, ...options])
    const [code] = (await once(initdb, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`initdb failed:\n${this.#log}`)
  }

  async #startServer(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#directory}`,
      'fsync=off',
      'full_page_writes=off',
      'synchronous_commit=off',
      'shared_buffers=16MB',
      'max_connections=60',
    ]
    const options = settings.flatMap((setting) => ['-c', setting])
    const server = this.#spawn('postgres', ['-D', this.#dataDirectory, '-p', String(this.#port), ...options])
    this.#server = server
    const giveUpAt = performance.now() + startTimeoutMs
    while (!(await this.#answers())) {
      const hasEnded = server.exitCode !== null || server.signalCode !== null
      if (hasEnded || performance.now() > giveUpAt)
        throw new Error(`PostgreSQL does not start:\n${this.#log}`)
      await delay(20)
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#execute('select 1')
      return true
    } catch {
      return false
    }
  }

  async #execute(statement: string): Promise<void> {
    const client = new Client({ connectionString: this.url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(statement)
    } finally {
      await client.end()
    }
  }

  /** setpriv changes to the account and has the server end when this process is killed. */
  #spawn(program: string, args: readonly string[]): ChildProcess {
    const { uid, gid, isOther } = this.#account
    const change = isOther ? [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : []
    const command = ['--pdeathsig', 'INT', ...change, join(this.#binaries, program), ...args]
    const child = spawn('setpriv', command, {
      cwd: this.#directory,
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.on('error', (error) => (this.#log += String(error)))
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-4_000)))
    return child
  }

  get #dataDirectory(): string {
    return join(this.#directory, 'data')
  }

  #urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`
  }
}

interface Account {
  readonly uid: number
  readonly gid: number
  readonly isOther: boolean
}

/** PostgreSQL refuses to run as root, and initdb wants an account with a name. */
async function unprivilegedAccount(): Promise<Account> {
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? 0, isOther: false }
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const account = ['postgres', 'nobody'].flatMap(
    (name) => accounts.find((fields) => fields[0] === name) ?? [],
  )
  const [, , accountUid, accountGid] = account
  if (!accountUid || !accountGid)
    throw new Error('root needs the account "postgres" or "nobody" for PostgreSQL')
  return { uid: Number(accountUid), gid: Number(accountGid), isOther: true }
}

async function findBinaries(): Promise<string> {
  const debian = '/usr/lib/postgresql'
  const versions = await readdir(debian).catch(() => [])
  const newestFirst = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, 'bin'))
  const candidates = [...newestFirst, ...(process.env.PATH ?? '').split(delimiter)]
  for (const candidate of candidates) if (await hasServer(candidate)) return candidate
  throw new Error('PostgreSQL is not installed: apt-get install postgresql (initdb and postgres are needed)')
}

async function hasServer(directory: string): Promise<boolean> {
  try {
    for (const program of ['initdb', 'postgres']) await access(join(directory, program), constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
