import { randomBytes } from 'node:crypto'
import {
  defaultPermissions,
  type FakePlugin,
  type FakeProxy,
  type FakeThingerOptions,
  type FakeUser,
  type Permissions,
  type Quirks,
} from './options.ts'
import { signToken, verifyToken } from './tokens.ts'

export interface StorageRecord {
  storage: string
  name: string
  description: string
  index: string
  public: boolean
  readonly created: number
  modified: number
}

export interface PropertyRecord {
  property: string
  value: unknown
  name?: string
  description?: string
  readonly created: number
  modified: number
}

/** Who a bearer stands for; `allow` is set for tokens of limited power. */
export interface Caller {
  readonly user: FakeUser
  readonly allow: Permissions | undefined
}

/** Everything the fake platform knows. */
export class World {
  readonly quirks: Quirks
  plugin: FakePlugin
  readonly storagesDir: string | undefined
  readonly proxies: readonly FakeProxy[]
  readonly properties = new Map<string, PropertyRecord>()
  readonly refreshTokens = new Map<string, string>()
  readonly loginFailures = new Map<string, number[]>()
  readonly #users = new Map<string, FakeUser>()
  readonly #tokens = new Map<string, Permissions>()
  readonly #storages = new Map<string, Map<string, StorageRecord>>()
  readonly #secret = randomBytes(32)

  constructor(options: FakeThingerOptions) {
    this.quirks = { ...options.quirks }
    this.plugin = options.plugin ?? { user: 'alice', plugin: 'sftpgo' }
    this.storagesDir = options.storagesDir
    this.proxies = options.proxies ?? []
    for (const user of options.users ?? [{ user: 'alice', password: 'S3cret!', role: 'admin' }]) {
      this.#users.set(user.user, user)
    }
    for (const token of options.tokens ?? [this.#defaultToken()]) {
      this.#tokens.set(`${token.user}/${token.token}`, token.allow)
    }
    for (const { user, ...storage } of options.storages ?? []) this.addStorage(user, storage)
  }

  findUser(name: string): FakeUser | undefined {
    return this.#users.get(name)
  }

  storagesOf(user: string): Map<string, StorageRecord> {
    const known = this.#storages.get(user) ?? new Map<string, StorageRecord>()
    this.#storages.set(user, known)
    return known
  }

  addStorage(user: string, settings: Partial<StorageRecord> & { storage: string }): StorageRecord {
    const now = Date.now()
    const record = {
      name: settings.storage,
      description: '',
      index: '',
      public: false,
      created: now,
      modified: now,
      ...settings,
    }
    this.storagesOf(user).set(record.storage, record)
    return record
  }

  issueAccessToken(user: string, lifetimeSeconds = 7200): string {
    const iat = nowSeconds()
    return signToken({ usr: user, iat, exp: iat + lifetimeSeconds }, this.#secret)
  }

  /** A refresh token; its predecessor of the same family is dead from now on. */
  issueRefreshToken(user: string, family = randomBytes(12).toString('hex')): string {
    const iat = nowSeconds()
    const token = signToken(
      { jti: family, iat, exp: iat + 61 * 86_400, svr: randomBytes(4).toString('hex') },
      this.#secret,
    )
    this.refreshTokens.set(token, user)
    return token
  }

  /** A token without end, as made in the console or for a plugin; gives it permissions when told to. */
  issueNamedToken(user: string, token: string, allow?: Permissions): string {
    if (allow !== undefined) this.#tokens.set(`${user}/${token}`, allow)
    return signToken({ jti: token, svr: '127.0.0.1', usr: user, iat: nowSeconds() }, this.#secret)
  }

  readToken(token: string): ReturnType<typeof verifyToken> {
    try {
      return verifyToken(token, this.#secret, nowSeconds())
    } catch {
      return undefined
    }
  }

  identify(token: string): Caller | undefined {
    const payload = this.readToken(token)
    const user = payload?.usr === undefined ? undefined : this.#users.get(payload.usr)
    if (payload === undefined || user === undefined || user.enabled === false) return undefined
    if (payload.jti === undefined) return { user, allow: undefined }
    const allow = this.#tokens.get(`${user.user}/${payload.jti}`)
    return allow === undefined ? undefined : { user, allow }
  }

  #defaultToken() {
    return { user: this.plugin.user, token: `${this.plugin.plugin}_plugin`, allow: defaultPermissions }
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
