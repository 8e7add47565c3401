import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Target } from './clients/file-client.ts'
import { quotaIsTrue } from './disk-truth.ts'
import { type Product, type ProductOptions, startProduct } from './product.ts'
import { runProgram } from './run-program.ts'
import { connectSftp } from './ssh-session.ts'
import { waitUntil } from './wait-until.ts'

export interface SshUser {
  readonly username: string
  /** The directory of the server that is the user's `/`. */
  readonly home: string
  readonly target: Target
}

export interface UsedQuota {
  readonly size: number
  readonly files: number
}

/** A product with a directory that outlives it, and its clients' key and files. */
export class SshWorld implements AsyncDisposable {
  readonly scratch: string
  readonly directory: string
  readonly #env: Readonly<Record<string, string>>
  readonly #keyFile: string
  #product: Product
  #userCount = 0

  private constructor(scratch: string, env: Readonly<Record<string, string>>, product: Product) {
    this.scratch = scratch
    this.directory = product.directory
    this.#env = env
    this.#keyFile = join(scratch, 'id')
    this.#product = product
  }

  /** `prepare` gets the product's directory before it starts. */
  static async open(
    env: Readonly<Record<string, string>> = {},
    prepare: (directory: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<SshWorld> {
    await using stack = new AsyncDisposableStack()
    const scratch = await mkdtemp(join(tmpdir(), 'ssh-world-'))
    stack.defer(() => rm(scratch, { recursive: true, force: true }))
    const directory = join(scratch, 'product')
    await mkdir(directory)
    await prepare(directory)
    for (const name of ['id', 'other'])
      await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(scratch, name)])
    const options: ProductOptions = { env, directory }
    const world = new SshWorld(scratch, env, await startProduct(options))
    stack.move()
    return world
  }

  get product(): Product {
    return this.#product
  }

  /** A user with a key, the password `<name>-password` and a home directory. */
  async addUser(fields: Record<string, unknown> = {}): Promise<SshUser> {
    const username = `user${++this.#userCount}`
    const key = await readFile(`${this.#keyFile}.pub`, 'utf8')
    await this.product.addUser(username, { public_keys: [key.trim()], ...fields })
    const home = this.product.homeOf(username)
    await mkdir(home, { recursive: true })
    return { username, home, target: this.target(username) }
  }

  /** Where the product that runs now is reached, or what stands before it at `port`. */
  target(username: string, port = this.product.sftpPort): Target {
    const password = `${username}-password`
    const { scratch } = this
    const keyFile = this.#keyFile
    return { host: '127.0.0.1', port, username, password, keyFile, hostKeyFingerprint: '', scratch }
  }

  /** A file of the client with random bytes, or with those given. */
  async localFile(bytes: number | Buffer): Promise<string> {
    const path = this.localName()
    await writeFile(path, typeof bytes === 'number' ? randomBytes(bytes) : bytes)
    return path
  }

  localName(): string {
    return join(this.scratch, `local-${randomBytes(6).toString('hex')}`)
  }

  async usedQuota(username: string): Promise<UsedQuota> {
    const { body } = await this.product.api('GET', `/users/${username}`)
    const { used_quota_size: size, used_quota_files: files } = body as Record<string, number>
    return { size: size ?? NaN, files: files ?? NaN }
  }

  /** Waits until the counters tell what is on the disk; they are written a moment after the files. */
  quotaSettles({ username }: SshUser): Promise<void> {
    return quotaIsTrue(this.product, username)
  }

  /** Waits until the API tells `count` sessions of the user. */
  async sessionsAre(username: string, count: number): Promise<void> {
    await waitUntil(`${count} sessions of ${username}`, async () => {
      const { body } = await this.product.api('GET', '/connections')
      return (body as { username: string }[]).filter((one) => one.username === username).length === count
    })
  }

  /** Others are served before, during and after `attack`. */
  async othersGoOn(attack: () => Promise<void>): Promise<void> {
    const { target } = await this.addUser()
    using other = await connectSftp(target)
    const bytes = randomBytes(100_000)
    await other.put('/f', bytes)
    await attack()
    assert.ok((await other.get('/f')).equals(bytes))
    using another = await connectSftp(target)
    assert.deepEqual(await another.list('/'), ['f'])
  }

  /** Ends the product without warning, as a power cut does, and starts another on what it left. */
  async crashAndRestart(): Promise<void> {
    await this.product.stop('SIGKILL')
    this.#product = await startProduct({ env: this.#env, directory: this.directory })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.product[Symbol.asyncDispose]()
    await rm(this.scratch, { recursive: true, force: true })
  }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Every file below, by its relative path, with the hash of its bytes. */
export async function treeOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const pairs = await Promise.all(
    files.sort().map(async (file) => [file.slice(directory.length + 1), await hashOf(file)] as const),
  )
  return Object.fromEntries(pairs)
}

/** Staged files that an upload has or left; a user never sees them. */
export async function stagedIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  return names.filter((name) => name.endsWith('.part'))
}
