import type { Folder, FolderSettings } from '../../src/core/accounts/folder.ts'
import type {
  FolderRepository,
  Page,
  QuotaAccount,
  QuotaRepository,
  UserRepository,
} from '../../src/core/accounts/repositories.ts'
import type {
  FactorOwner,
  SecondFactor,
  SecondFactorRepository,
} from '../../src/core/accounts/second-factor.ts'
import type { QuotaUsage, User, UserSettings } from '../../src/core/accounts/user.ts'
import { FileServerError } from '../../src/core/errors.ts'

/** Accounts without a database, for tests of what stands above one. */
export class MemoryAccounts {
  readonly #users = new Map<string, User>()
  readonly #folders = new Map<string, Folder>()
  readonly #usage = new Map<string, QuotaUsage>()
  readonly #unsettled = new Map<string, QuotaAccount>()
  readonly #guesses = new Map<string, { count: number; since: number }>()
  #lastId = 0

  readonly users: UserRepository = {
    find: (username) => Promise.resolve(this.#user(username)),
    list: (page) =>
      Promise.resolve(pageOf([...this.#users.keys()], page).flatMap((name) => this.#user(name) ?? [])),
    count: () => Promise.resolve(this.#users.size),
    add: async (settings, now) => {
      refuse(this.#users.has(settings.username), 'already-exists')
      return this.#put(settings, ++this.#lastId, now, now)
    },
    replace: async (change, now, lastUpdate) => {
      const before = this.#users.get(change.username)
      if (!before) throw missing()
      if (lastUpdate !== undefined && lastUpdate !== before.updatedAt)
        throw new FileServerError('busy', 'The user was changed meanwhile')
      const { status = before.status, passwordHash = before.passwordHash } = change
      const { secondFactor } = before
      const user = this.#put({ ...change, status, passwordHash }, before.id, before.createdAt, now)
      if (secondFactor) this.#putFactor({ kind: 'user', name: change.username }, secondFactor)
      return { before, after: this.#users.get(change.username) ?? user }
    },
    changePassword: async (username, from, to, now) => {
      const known = this.#users.get(username)
      if (!known) throw missing()
      if (known.passwordHash !== from) throw new FileServerError('busy', 'Another password was set')
      this.#users.set(username, { ...known, passwordHash: to, lastPasswordChange: now, updatedAt: now })
    },
    changePublicKeys: async (username, publicKeys, now, expected) => {
      const known = this.#users.get(username)
      if (!known) throw missing()
      if (expected && JSON.stringify(expected) !== JSON.stringify(known.publicKeys))
        throw new FileServerError('busy', 'Other keys were set')
      this.#users.set(username, { ...known, publicKeys, updatedAt: now })
    },
    remove: async (username) => {
      refuse(!this.#users.delete(username), 'not-found')
      this.#usage.delete(`user:${username}`)
    },
    recordLogin: async (username, now) => {
      const known = this.#users.get(username)
      if (!known) throw missing()
      this.#users.set(username, { ...known, lastLogin: now })
    },
  }

  readonly folders: FolderRepository = {
    find: (name) => Promise.resolve(this.#folder(name)),
    findAll: (names) => Promise.resolve(names.flatMap((name) => this.#folder(name) ?? [])),
    list: (page) =>
      Promise.resolve(pageOf([...this.#folders.keys()], page).flatMap((name) => this.#folder(name) ?? [])),
    add: async (settings) => {
      refuse(this.#folders.has(settings.name), 'already-exists')
      return this.#putFolder(settings, ++this.#lastId)
    },
    replace: async (settings) => {
      const known = this.#folders.get(settings.name)
      if (!known) throw missing()
      return this.#putFolder({ ...settings, mappedPath: settings.mappedPath ?? known.mappedPath }, known.id)
    },
    remove: async (name) => {
      refuse(!this.#folders.delete(name), 'not-found')
      this.#usage.delete(`folder:${name}`)
      for (const [username, user] of this.#users)
        this.#users.set(username, {
          ...user,
          folders: user.folders.filter(({ folderName }) => folderName !== name),
        })
    },
  }

  readonly secondFactors: SecondFactorRepository = {
    turnOn: async (owner, factor, now) => {
      refuse(this.#factorOf(owner) !== undefined, 'already-exists')
      this.#putFactor(owner, factor, now)
    },
    turnOff: async (owner, now) => {
      const wasOn = this.#factorOf(owner) !== undefined
      this.#putFactor(owner, undefined, now)
      return wasOn
    },
    changeProtocols: async (owner, protocols, now) => this.#changeFactor(owner, { protocols }, now),
    changeRecoveryCodes: async (owner, recoveryCodes, now) =>
      this.#changeFactor(owner, { recoveryCodes }, now),
    admitGuess: async (owner, { most, windowMs }, now) => {
      const known = this.#guesses.get(owner.name)
      const current = known && known.since > now - windowMs ? known : { count: 0, since: now }
      if (current.count >= most) return false
      this.#guesses.set(owner.name, { ...current, count: current.count + 1 })
      return true
    },
    takeStep: async (owner, secret, step) => {
      const factor = this.#factorOf(owner)
      if (!factor || factor.secret !== secret || factor.lastStep >= step) return false
      this.#changeFactor(owner, { lastStep: step })
      this.#guesses.delete(owner.name)
      return true
    },
    takeRecoveryCode: async (owner, hash) => {
      const codes = this.#factorOf(owner)?.recoveryCodes ?? []
      if (!codes.includes(hash)) return false
      this.#changeFactor(owner, { recoveryCodes: codes.filter((code) => code !== hash) })
      return true
    },
  }

  readonly quota: QuotaRepository = {
    usage: async (account) => {
      this.#require(account)
      return this.#usage.get(keyOf(account)) ?? { size: 0, files: 0 }
    },
    add: async (account, change) => {
      this.#require(account)
      const { size, files } = this.#usage.get(keyOf(account)) ?? { size: 0, files: 0 }
      this.#usage.set(keyOf(account), {
        size: Math.max(0, size + change.size),
        files: Math.max(0, files + change.files),
      })
    },
    set: async (account, usage) => {
      this.#require(account)
      this.#usage.set(keyOf(account), usage)
    },
    markUnsettled: async (account) => {
      this.#require(account)
      this.#unsettled.set(keyOf(account), account)
    },
    clearUnsettled: async (account) => void this.#unsettled.delete(keyOf(account)),
    listUnsettled: () => Promise.resolve([...this.#unsettled.values()]),
  }

  /** Of users alone: admins have no place here. */
  #factorOf({ name }: FactorOwner): SecondFactor | undefined {
    const known = this.#users.get(name)
    if (!known) throw missing()
    return known.secondFactor
  }

  #changeFactor(owner: FactorOwner, changes: Partial<SecondFactor>, now?: number): void {
    const factor = this.#factorOf(owner)
    if (!factor) throw missing()
    this.#putFactor(owner, { ...factor, ...changes }, now)
  }

  #putFactor({ name }: FactorOwner, factor: SecondFactor | undefined, now?: number): void {
    const known = this.#users.get(name)
    if (!known) throw missing()
    const { secondFactor: _before, ...user } = known
    const updatedAt = now ?? known.updatedAt
    this.#users.set(name, { ...user, updatedAt, ...(factor && { secondFactor: factor }) })
  }

  #user(username: string): User | undefined {
    const user = this.#users.get(username)
    const usage = this.#usage.get(`user:${username}`)
    return user && { ...user, usedQuotaSize: usage?.size ?? 0, usedQuotaFiles: usage?.files ?? 0 }
  }

  #folder(name: string): Folder | undefined {
    const folder = this.#folders.get(name)
    const usage = this.#usage.get(`folder:${name}`)
    const users = [...this.#users.values()]
      .filter((user) => user.folders.some(({ folderName }) => folderName === name))
      .map(({ username }) => username)
    return folder && { ...folder, users, usedQuotaSize: usage?.size ?? 0, usedQuotaFiles: usage?.files ?? 0 }
  }

  #put(settings: UserSettings, id: number, createdAt: number, updatedAt: number): User {
    for (const { folderName } of settings.folders) refuse(!this.#folders.has(folderName), 'not-found')
    const kept = {
      usedQuotaSize: 0,
      usedQuotaFiles: 0,
      lastQuotaUpdate: 0,
      lastLogin: 0,
      lastPasswordChange: 0,
    }
    const user = { ...kept, ...settings, id, createdAt, updatedAt }
    this.#users.set(settings.username, user)
    return user
  }

  #putFolder(settings: FolderSettings, id: number): Folder {
    const kept = { usedQuotaSize: 0, usedQuotaFiles: 0, lastQuotaUpdate: 0, users: [] }
    const folder = { ...kept, ...settings, id }
    this.#folders.set(settings.name, folder)
    return folder
  }

  #require({ kind, name }: QuotaAccount): void {
    if (!(kind === 'user' ? this.#users : this.#folders).has(name)) throw missing()
  }
}

function keyOf({ kind, name }: QuotaAccount): string {
  return `${kind}:${name}`
}

function pageOf(names: readonly string[], { offset, limit, order, search }: Page): string[] {
  const sorted = names.filter((name) => name.toLowerCase().includes((search ?? '').toLowerCase())).sort()
  return (order === 'ASC' ? sorted : sorted.reverse()).slice(offset, offset + limit)
}

function missing(): FileServerError {
  return new FileServerError('not-found', 'There is no such account')
}

function refuse(isWrong: boolean, code: 'already-exists' | 'not-found'): void {
  if (isWrong) throw new FileServerError(code, `The account is ${code}`)
}
