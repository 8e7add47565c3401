import type {
  FolderRepository,
  QuotaAccount,
  QuotaRepository,
  UserRepository,
} from '../accounts/repositories.ts'
import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { Log } from '../log.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { QuotaLedger } from './quota-ledger.ts'
import type { StorageProvider } from './storage.ts'
import { measureTree } from './tree-size.ts'

/** A count that files kept changing under is taken again, this many times. */
const maxRounds = 3

export interface QuotaScannerParts {
  readonly users: UserRepository
  readonly folders: FolderRepository
  readonly quota: QuotaRepository
  readonly ledger: QuotaLedger
  readonly storages: StorageProvider
  readonly events: EventBus
  readonly log: Log
  readonly clock?: Clock
}

export interface RunningScan {
  readonly account: QuotaAccount
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** Counts what an account really holds: when an admin asks, and after a crash, when it clears leftovers as well. */
export class QuotaScanner implements AsyncDisposable {
  readonly #parts: QuotaScannerParts
  readonly #clock: Clock
  readonly #running = new Map<string, RunningScan & { done: Promise<unknown> }>()
  readonly #stop = new AbortController()

  constructor(parts: QuotaScannerParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /**
   * Starts a count and answers once it runs.
   * @throws 'not-found'; 'busy' while one runs for the same account
   */
  async start(account: QuotaAccount): Promise<void> {
    const directories = await this.#directoriesOf(account)
    const key = `${account.kind}:${account.name}`
    if (this.#running.has(key)) throw new FileServerError('busy', 'A scan of this quota is already running')
    const done = this.#scan(account, directories)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#parts.log.warn({ err: error, account: key }, 'quota scan failed')
      })
      .finally(() => this.#running.delete(key))
    this.#running.set(key, { account, startedAt: this.#clock(), done })
  }

  list(kind: QuotaAccount['kind']): RunningScan[] {
    return [...this.#running.values()]
      .filter(({ account }) => account.kind === kind)
      .map(({ account, startedAt }) => ({ account, startedAt }))
  }

  /** After a crash: accounts that were being written to are cleaned of staged uploads and counted, one by one. */
  async recover(): Promise<void> {
    const { quota, log } = this.#parts
    for (const account of await quota.listUnsettled()) {
      if (this.#stop.signal.aborted) return
      try {
        await this.start(account)
        await this.#running.get(`${account.kind}:${account.name}`)?.done
        if ((await this.#parts.ledger.generation(account)) === 0) await quota.clearUnsettled(account)
      } catch (error) {
        log.warn({ err: error, account: account.name }, 'recovery of an interrupted account failed')
        if (error instanceof FileServerError && error.code === 'not-found')
          await quota.clearUnsettled(account)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #scan(account: QuotaAccount, directories: readonly string[]): Promise<void> {
    const { ledger, storages, events } = this.#parts
    let staged = 0
    for (const directory of directories) staged += await storages.open(directory).removeStagedUploads()
    for (let round = 1; ; round++) {
      const before = await ledger.generation(account)
      const usage = await this.#measure(directories)
      if ((await ledger.generation(account)) !== before && round < maxRounds) continue
      await ledger.set(account, usage)
      const { kind, name } = account
      events.emit({
        type: 'quota-scanned',
        subject: kind,
        name,
        bytes: usage.size,
        files: usage.files,
        staged,
      })
      return
    }
  }

  async #measure(directories: readonly string[]): Promise<QuotaUsage> {
    let size = 0
    let files = 0
    for (const directory of directories) {
      const part = await measureTree(this.#parts.storages.open(directory), [], this.#stop.signal)
      size += part.size
      files += part.files
    }
    return { size, files }
  }

  /** A user's own space is the home and the folders that are counted in it. */
  async #directoriesOf({ kind, name }: QuotaAccount): Promise<string[]> {
    if (kind === 'folder') {
      const folder = await this.#parts.folders.find(name)
      if (!folder) throw new FileServerError('not-found', 'No such folder')
      return [folder.mappedPath]
    }
    const user = await this.#parts.users.find(name)
    if (!user) throw new FileServerError('not-found', 'No such user')
    const included = user.folders.filter((mount) => mount.quotaSize === -1 && mount.quotaFiles === -1)
    const folders = await this.#parts.folders.findAll(included.map((mount) => mount.folderName))
    const isHomeCovered = user.folders.some((mount) => mount.virtualPath === '/')
    return [...(isHomeCovered ? [] : [user.homeDir]), ...folders.map((folder) => folder.mappedPath)]
  }
}
