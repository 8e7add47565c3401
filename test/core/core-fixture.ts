import assert from 'node:assert/strict'
import { argon2Sync, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import type { QuotaUsage, User, UserSettings } from '../../src/core/accounts/user.ts'
import { Authenticator } from '../../src/core/auth/authenticator.ts'
import { CodeCheck } from '../../src/core/auth/code-check.ts'
import type { SignInAttempt } from '../../src/core/auth/credentials.ts'
import { LoginThrottle } from '../../src/core/auth/login-throttle.ts'
import { PasswordHasher } from '../../src/core/auth/password-hash.ts'
import { SecretBox } from '../../src/core/auth/secret-box.ts'
import { type Session, SignIn } from '../../src/core/auth/sign-in.ts'
import { ConnectionRegistry } from '../../src/core/connections/connection-registry.ts'
import { type ErrorCode, hasCode } from '../../src/core/errors.ts'
import { EventBus } from '../../src/core/events/event-bus.ts'
import type { EventOf, EventType, ServerEvent } from '../../src/core/events/events.ts'
import type { FileServices } from '../../src/core/files/file-services.ts'
import { FreeSpaceGuard } from '../../src/core/files/free-space-guard.ts'
import { KeyedLock } from '../../src/core/files/keyed-lock.ts'
import { QuotaLedger } from '../../src/core/files/quota-ledger.ts'
import { QuotaScanner, type QuotaScannerParts } from '../../src/core/files/quota-scanner.ts'
import { measureTree } from '../../src/core/files/tree-size.ts'
import type { OpenForWriting } from '../../src/core/files/transfer-opener.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import { parseVirtualPath, type VirtualPath } from '../../src/core/files/virtual-path.ts'
import { silentLog } from '../../src/core/log.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { Faults, FaultyStorageProvider, withFaults } from './faults.ts'
import { unlimitedUser } from '../support/user-settings.ts'

export const overwriting: OpenForWriting = { existing: 'replace', missing: 'create' }
export const modifying: OpenForWriting = { existing: 'modify', missing: 'create' }
export const exclusive: OpenForWriting = { existing: 'fail', missing: 'create' }

export interface CoreOptions {
  readonly uploadMode?: 'resumable' | 'atomic'
  readonly maxConnections?: number
  readonly minFreeBytes?: number
}

/** The whole core over a real directory and a real database, with a clock to turn and faults to inject. */
export class CoreWorld implements AsyncDisposable {
  readonly faults = new Faults()
  readonly events: ServerEvent[] = []
  readonly throttleWaits: number[] = []
  readonly directory: string
  readonly database: Database
  readonly bus = new EventBus(silentLog)
  readonly storages = new FaultyStorageProvider(new LocalStorageProvider(), this.faults)
  readonly hasher = new PasswordHasher({ concurrency: 2 })
  readonly locks = new KeyedLock()
  readonly ledger: QuotaLedger
  readonly services: FileServices
  readonly connections: ConnectionRegistry
  readonly throttle: LoginThrottle
  readonly box = new SecretBox(randomBytes(32))
  readonly codes: CodeCheck
  readonly authenticator: Authenticator
  readonly signIn: SignIn
  readonly #sessions: Session[] = []
  #turned = 0

  static async open(options: CoreOptions = {}): Promise<CoreWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'core-'))
    await mkdir(join(directory, 'storages'))
    const database = await openDatabase(join(directory, 'state.db'), { log: silentLog })
    return new CoreWorld(directory, database, options)
  }

  private constructor(directory: string, database: Database, options: CoreOptions) {
    this.directory = directory
    const { users, folders, quota } = withRepositoryFaults(database, this.faults)
    this.database = { ...database, users, folders, quota }
    this.bus.onAny((event) => void this.events.push(event))
    this.ledger = new QuotaLedger(quota, { log: silentLog, clock: this.clock })
    this.services = {
      quota: this.ledger,
      freeSpace: new FreeSpaceGuard(options.minFreeBytes ?? 0, this.clock),
      events: this.bus,
      clock: this.clock,
      locks: this.locks,
      uploadMode: options.uploadMode ?? 'resumable',
    }
    this.connections = new ConnectionRegistry({
      maxConnections: options.maxConnections ?? 0,
      clock: this.clock,
    })
    const wait = (ms: number) => {
      this.throttleWaits.push(ms)
      return Promise.resolve()
    }
    this.throttle = new LoginThrottle({ clock: this.clock, wait })
    const { hasher, throttle, clock } = this
    this.codes = new CodeCheck({ factors: database.secondFactors, box: this.box, events: this.bus, clock })
    this.authenticator = new Authenticator({ users, hasher, throttle, codes: this.codes, clock })
    this.signIn = new SignIn({
      authenticator: this.authenticator,
      users,
      folders,
      connections: this.connections,
      storages: this.storages,
      files: this.services,
      log: silentLog,
    })
  }

  readonly clock = (): number => Date.now() + this.#turned

  turnClock(ms: number): void {
    this.#turned += ms
  }

  get storageRoot(): string {
    return join(this.directory, 'storages')
  }

  /** A directory of the server, made here. */
  async makeDirectory(name: string): Promise<string> {
    const path = join(this.storageRoot, name)
    await mkdir(path, { recursive: true })
    return path
  }

  homeOf(username: string): string {
    return join(this.storageRoot, username)
  }

  /** A user with every right and the password '<name>-password', unless told otherwise. */
  async addUser(username: string, settings: Partial<UserSettings> = {}): Promise<User> {
    await mkdir(this.homeOf(username), { recursive: true })
    return this.database.users.add({ ...userSettings(this, username), ...settings }, this.clock())
  }

  async addFolder(name: string): Promise<string> {
    const mappedPath = await this.makeDirectory(name)
    await this.database.folders.add({ name, mappedPath, description: '' })
    return mappedPath
  }

  async openSession(username: string, changes: Partial<SignInAttempt> = {}): Promise<Session> {
    const result = await this.signIn.signIn(attempt(username, changes))
    assert.ok(result.outcome === 'accepted')
    this.#sessions.push(result.session)
    return result.session
  }

  /** A user, signed in. */
  async filesOf(username: string, settings: Partial<UserSettings> = {}): Promise<UserFilesystem> {
    await this.addUser(username, settings)
    return (await this.openSession(username)).files
  }

  eventsOf<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type)
  }

  /** Counters in memory, in the database and on disk are the same, and nothing is held for anybody. */
  async assertQuota(account: QuotaAccount, expected: QuotaUsage, ...directories: string[]): Promise<void> {
    assert.deepEqual(await this.ledger.usage(account), expected, 'in memory')
    await this.ledger.flush()
    assert.deepEqual(await this.database.quota.usage(account), expected, 'in the database')
    const limits = { size: expected.size + 1, files: expected.files + 1 }
    const ticket = await this.ledger.open(account, limits)
    await ticket.holdBytes(1)
    ticket.holdFile()
    ticket.release()
    const real = { size: 0, files: 0 }
    for (const directory of directories) {
      const part = await measureTree(new LocalStorageProvider().open(directory), [])
      real.size += part.size
      real.files += part.files
    }
    if (directories.length > 0) assert.deepEqual(real, expected, 'on disk')
  }

  async assertHomeQuota(username: string, expected: QuotaUsage): Promise<void> {
    await this.assertQuota({ kind: 'user', name: username }, expected, this.homeOf(username))
  }

  /** What this process holds open below the storages. */
  async openDescriptors(): Promise<string[]> {
    const open: string[] = []
    for (const descriptor of await readdir('/proc/self/fd')) {
      const path = await readlink(`/proc/self/fd/${descriptor}`).catch(() => '')
      if (path.startsWith(this.storageRoot)) open.push(path)
    }
    return open
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear()
    for (const session of this.#sessions) await session.close('the test ended')
    await this.ledger[Symbol.asyncDispose]()
    assert.deepEqual(await this.openDescriptors(), [], 'descriptors left open')
    assert.deepEqual(this.connections.list(), [], 'connections left open')
    await this.database[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true })
  }
}

function withRepositoryFaults(database: Database, faults: Faults) {
  return {
    users: withFaults('users', database.users, faults),
    folders: withFaults('folders', database.folders, faults),
    quota: withFaults('quota', database.quota, faults),
  }
}

export function scannerOf(world: CoreWorld, changes: Partial<QuotaScannerParts> = {}): QuotaScanner {
  const { users, folders, quota } = world.database
  const { ledger, storages, locks, bus: events, clock } = world
  const parts = { users, folders, quota, ledger, storages, locks, events, log: silentLog, clock }
  return new QuotaScanner({ ...parts, ...changes })
}

export function userSettings(world: CoreWorld, username: string): UserSettings {
  const passwordHash = quickHash(`${username}-password`)
  return unlimitedUser({ username, homeDir: world.homeOf(username), passwordHash })
}

/** A hash that costs next to nothing to check. */
export function quickHash(password: string): string {
  const nonce = randomBytes(16)
  const tag = argon2Sync('argon2id', {
    message: password,
    nonce,
    memory: 8,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  })
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=8,t=1,p=1$${encode(nonce)}$${encode(tag)}`
}

export function attempt(username: string, changes: Partial<SignInAttempt> = {}): SignInAttempt {
  return {
    protocol: 'SFTP',
    username,
    remoteAddress: '127.0.0.1',
    clientVersion: 'test',
    encrypted: true,
    credential: { method: 'password', password: `${username}-password` },
    ...changes,
  }
}

export function at(path: string): VirtualPath {
  return parseVirtualPath(path)
}

export async function put(
  files: UserFilesystem,
  path: string,
  bytes: string | Uint8Array,
  how: OpenForWriting = overwriting,
): Promise<void> {
  const upload = await files.openUpload(at(path), how)
  try {
    await upload.write(0, [Buffer.from(bytes)])
  } catch (error) {
    await upload.finish().catch(() => undefined)
    throw error
  }
  await upload.finish()
}

export async function get(
  files: UserFilesystem,
  path: string,
  how: { seesOwn?: boolean } = {},
): Promise<string> {
  const download = await files.openDownload(at(path), how)
  try {
    const target = Buffer.alloc(Math.max(1, download.entry.size))
    return target.subarray(0, await download.read(0, target)).toString()
  } finally {
    await download.close()
  }
}

export async function namesIn(files: UserFilesystem, path: string): Promise<string[]> {
  const names: string[] = []
  for await (const batch of files.list(at(path))) names.push(...batch.map((entry) => entry.name))
  return names.sort()
}

export async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(hasCode(error, code), `${code} expected, not ${String(error)} ${(error as Error).stack}`)
    return true
  })
}

/** Waits for what happens soon without being asked. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000
  while (!(await check())) {
    assert.ok(Date.now() < end, 'did not happen')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
