import type {
  FolderRepository,
  QuotaAccount,
  QuotaRepository,
  UserRepository,
} from '../accounts/repositories.ts'
import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError, hasCode } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { Log } from '../log.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { QuotaLedger } from './quota-ledger.ts'
import type { Entry, StorageProvider } from './storage.ts'
import { measureTree } from './tree-size.ts'

/** A count that files kept changing under is taken again, this many times. */
const maxRounds = 3
/** If they changed under all of those, the account is counted again after so long, twice as long each time. */
const firstRestMs = 1_000
const maxRestMs = 60_000
/** So many times longer than a count takes is waited at least before the next one. */
const restShare = 4

export interface QuotaScannerParts {
  readonly users: UserRepository
  readonly folders: FolderRepository
  readonly quota: QuotaRepository
  readonly ledger: QuotaLedger
  readonly storages: StorageProvider
  /** Of names: what is on the disk is charged by its ticket before its lock is free. */
  readonly locks: Pick<KeyedLock, 'idle'>
  readonly events: EventBus
  readonly log: Log
  readonly clock?: Clock
}

interface Count {
  readonly usage: QuotaUsage
  /** False when files came or went while it was taken: it is as good as can be had meanwhile, and taken again later. */
  readonly isExact: boolean
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
  /** Accounts that did not rest while they were counted. */
  readonly #resting = new Map<string, NodeJS.Timeout>()
  readonly #stop = new AbortController()

  constructor(parts: QuotaScannerParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
  }

  /**
   * Starts a count and answers once it runs.
   * @throws 'not-found'; 'busy' while one runs for the same account
   */
  start(account: QuotaAccount): Promise<void> {
    return this.#start(account, 0)
  }

  async #start(account: QuotaAccount, rests: number): Promise<void> {
    const directories = await this.#directoriesOf(account)
    const key = keyOf(account)
    if (this.#running.has(key)) throw new FileServerError('busy', 'A scan of this quota is already running')
    clearTimeout(this.#resting.get(key))
    this.#resting.delete(key)
    const done = this.#scan(account, directories, rests)
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
    await this.recoverAccounts(await this.#parts.quota.listUnsettled())
  }

  /** The same for accounts that a process was writing to which has ended. */
  async recoverAccounts(accounts: readonly QuotaAccount[]): Promise<void> {
    const { quota, ledger, log } = this.#parts
    // All at once: an account may be written to, and closed in good order, before its count has its turn.
    for (const account of accounts) ledger.doubt(account)
    for (const account of accounts) {
      const key = keyOf(account)
      try {
        // One that began before has passed by what was left since.
        await this.#running.get(key)?.done
        if (this.#stop.signal.aborted) return
        await this.start(account)
        await this.#running.get(key)?.done
      } catch (error) {
        log.warn({ err: error, account: key }, 'recovery of an interrupted account failed')
        if (hasCode(error, 'not-found')) await quota.clearUnsettled(account)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    for (const timer of this.#resting.values()) clearTimeout(timer)
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #scan(account: QuotaAccount, directories: readonly string[], rests: number): Promise<void> {
    const { ledger, storages, events } = this.#parts
    const startedAt = performance.now()
    let staged = 0
    for (const directory of directories) staged += await storages.open(directory).removeStagedUploads()
    // Held open all the while, or a change that was made and closed meanwhile would not be noticed.
    const ticket = await ledger.open(account, { size: 0, files: 0 })
    try {
      const { usage, isExact } = await this.#settleCount(account, directories)
      if (!isExact) this.#countAgain(account, rests, performance.now() - startedAt)
      if (!isExact && rests > 0) return
      const { kind, name } = account
      events.emit({
        type: 'quota-scanned',
        subject: kind,
        name,
        bytes: usage.size,
        files: usage.files,
        staged,
      })
    } finally {
      ticket.release()
    }
  }

  async #settleCount(account: QuotaAccount, directories: readonly string[]): Promise<Count> {
    const { ledger, locks } = this.#parts
    for (let round = 1; ; round++) {
      const generation = await ledger.generation(account)
      const usage = await this.#measure(directories)
      // A file may have been seen that is not charged yet: it would be counted twice.
      await locks.idle()
      if (await ledger.set(account, usage, generation)) return { usage, isExact: true }
      if (round < maxRounds) continue
      // A count of an account that never rests is better than none.
      await ledger.set(account, usage)
      ledger.doubt(account)
      return { usage, isExact: false }
    }
  }

  #countAgain(account: QuotaAccount, rests: number, tookMs: number): void {
    if (this.#stop.signal.aborted) return
    const key = keyOf(account)
    const restMs = Math.max(Math.min(firstRestMs * 2 ** rests, maxRestMs), restShare * tookMs)
    const timer = setTimeout(() => {
      this.#resting.delete(key)
      this.#start(account, rests + 1).catch((error: unknown) => {
        // A count that somebody asked for meanwhile is as good; an account that was removed needs none.
        if (!hasCode(error, 'busy') && !hasCode(error, 'not-found'))
          this.#parts.log.warn({ err: error, account: key }, 'quota scan failed')
      })
    }, restMs).unref()
    this.#resting.set(key, timer)
  }

  /** As the counters know it: what runs and is charged at its end is not counted yet. */
  async #measure(directories: readonly string[]): Promise<QuotaUsage> {
    const { ledger, storages } = this.#parts
    const { signal } = this.#stop
    const sizeOf = (file: Entry) => ledger.inPlace.countedSizeOf(file)
    let size = 0
    let files = 0
    for (const directory of directories) {
      const part = await measureTree(storages.open(directory), [], { signal, sizeOf })
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
    const home = isHomeCovered ? [] : [user.homeDir]
    return withoutNested([...home, ...folders.map((folder) => folder.mappedPath)])
  }
}

/** A directory inside another one is counted with that one. */
function withoutNested(directories: readonly string[]): string[] {
  const distinct = [...new Set(directories)]
  return distinct.filter(
    (directory) => !distinct.some((other) => other !== directory && directory.startsWith(`${other}/`)),
  )
}

function keyOf(account: QuotaAccount): string {
  return `${account.kind}:${account.name}`
}
