import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserSettings } from '../../src/core/accounts/user.ts'
import { Authenticator } from '../../src/core/auth/authenticator.ts'
import { CodeCheck } from '../../src/core/auth/code-check.ts'
import { LoginThrottle } from '../../src/core/auth/login-throttle.ts'
import { PasswordHasher } from '../../src/core/auth/password-hash.ts'
import { SecretBox } from '../../src/core/auth/secret-box.ts'
import { SignIn } from '../../src/core/auth/sign-in.ts'
import { systemClock } from '../../src/core/clock.ts'
import { ConnectionRegistry } from '../../src/core/connections/connection-registry.ts'
import { EventBus } from '../../src/core/events/event-bus.ts'
import type { ServerEvent } from '../../src/core/events/events.ts'
import { FreeSpaceGuard } from '../../src/core/files/free-space-guard.ts'
import { KeyedLock } from '../../src/core/files/keyed-lock.ts'
import { QuotaLedger } from '../../src/core/files/quota-ledger.ts'
import { type Log, silentLog } from '../../src/core/log.ts'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { MemoryAccounts } from './memory-accounts.ts'
import { unlimitedUser } from './user-settings.ts'

export interface CoreWorldOptions {
  readonly log?: Log
  readonly uploadMode?: 'resumable' | 'atomic'
  /** Over all users; 0 = no limit. */
  readonly maxConnections?: number
  /** Where the temporary directory is made. */
  readonly base?: string
}

/** Everything behind the one door, over a temporary directory and without a database. */
export class CoreWorld implements AsyncDisposable {
  readonly directory: string
  readonly log: Log
  readonly accounts = new MemoryAccounts()
  readonly hasher = new PasswordHasher({ concurrency: 1 })
  readonly throttle = new LoginThrottle({ wait: () => Promise.resolve() })
  readonly connections: ConnectionRegistry
  readonly events: EventBus
  readonly box = new SecretBox(randomBytes(32))
  /** Everything that happened so far. */
  readonly seen: ServerEvent[] = []
  readonly ledger: QuotaLedger
  readonly signIn: SignIn

  constructor(directory: string, options: CoreWorldOptions) {
    this.directory = directory
    this.log = options.log ?? silentLog
    this.connections = new ConnectionRegistry({ maxConnections: options.maxConnections ?? 0 })
    this.events = new EventBus(this.log)
    this.events.onAny((event) => void this.seen.push(event))
    const { users, folders, quota, secondFactors: factors } = this.accounts
    const codes = new CodeCheck({ factors, box: this.box, events: this.events })
    this.ledger = new QuotaLedger(quota, { log: this.log })
    this.signIn = new SignIn({
      authenticator: new Authenticator({ users, hasher: this.hasher, throttle: this.throttle, codes }),
      ...{ users, folders, connections: this.connections, log: this.log },
      storages: new LocalStorageProvider(),
      files: {
        quota: this.ledger,
        freeSpace: new FreeSpaceGuard(0),
        events: this.events,
        clock: systemClock,
        locks: new KeyedLock(),
        uploadMode: options.uploadMode ?? 'resumable',
      },
    })
  }

  homeOf(username: string): string {
    return join(this.directory, username)
  }

  /** Makes a user who may do everything, unless `settings` say otherwise. The password is `<name>-password`. */
  async addUser(username: string, settings: Partial<UserSettings> = {}): Promise<void> {
    await mkdir(this.homeOf(username), { recursive: true })
    const passwordHash = await this.hasher.hash(`${username}-password`)
    await this.accounts.users.add(
      { ...unlimitedUser({ username, homeDir: this.homeOf(username), passwordHash }), ...settings },
      Date.now(),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ledger[Symbol.asyncDispose]()
    await rm(this.directory, { recursive: true, force: true })
  }
}

export async function openCoreWorld(options: CoreWorldOptions = {}): Promise<CoreWorld> {
  return new CoreWorld(await mkdtemp(join(options.base ?? tmpdir(), 'core-world-')), options)
}
