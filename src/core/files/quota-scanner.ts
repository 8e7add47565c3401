import type { Recounts } from '../accounts/counted-places.ts'
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
import { ComingCounts } from './coming-counts.ts'
import { CountRetries, type RetryPauses } from './count-retries.ts'
import { countedDirectories } from './counted-directories.ts'
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
/** Of the list of accounts in doubt; no account's key is like it. */
const listKey = 'unsettled'

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
  readonly retryMs?: RetryPauses
}

interface Count {
  readonly usage: QuotaUsage
  /** False when files came or went while it was taken: it is as good as can be had meanwhile, and taken again later. */
  readonly isExact: boolean
}

interface WaitingCount {
  readonly account: QuotaAccount
  /** It is new or lies elsewhere now: directories that are not there yet are made at the next sign-in, and hold nothing. */
  readonly isMoved: boolean
}

interface HowToScan {
  readonly isMoved: boolean
  /** How often the account did not rest. */
  readonly rests: number
}

export interface RunningScan {
  readonly account: QuotaAccount
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/**
 * Counts what an account really holds: when an admin asks, when it is new or lies elsewhere now, and after a crash, when
 * it clears leftovers as well.
 */
export class QuotaScanner implements Recounts, AsyncDisposable {
  readonly #parts: QuotaScannerParts
  readonly #clock: Clock
  readonly #running = new Map<string, RunningScan & { done: Promise<unknown> }>()
  /** Accounts that did not rest while they were counted. */
  readonly #resting = new Map<string, NodeJS.Timeout>()
  /** Accounts that nobody asked to count are counted one after the other. */
  readonly #waiting = new Map<string, WaitingCount>()
  #counting: Promise<void> | undefined
  readonly #coming: ComingCounts
  /** Of accounts in doubt, and undefined for the list of them. */
  readonly #retries: CountRetries<WaitingCount | undefined>
  readonly #stop = new AbortController()

  constructor(parts: QuotaScannerParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.#coming = new ComingCounts({
      ...parts,
      onReady: (account) => this.#enqueue([account], { isMoved: true }),
      isWaiting: (key) => this.#waiting.has(key),
    })
    this.#retries = new CountRetries({
      ...{ log: parts.log, pauses: parts.retryMs },
      onDue: (count) => void (count ? this.#enqueue([count.account], count) : this.recover()),
    })
  }

  /**
   * Starts a count and answers once it runs.
   * @throws 'not-found'; 'busy' while one runs for the same account
   */
  start(account: QuotaAccount): Promise<void> {
    return this.#start(account, { isMoved: false, rests: 0 })
  }

  async #start(account: QuotaAccount, how: HowToScan): Promise<void> {
    const directories = await countedDirectories(account, this.#parts)
    const key = keyOf(account)
    if (this.#running.has(key)) throw new FileServerError('busy', 'A scan of this quota is already running')
    clearTimeout(this.#resting.get(key))
    this.#resting.delete(key)
    const beganAt = performance.now()
    const done = this.#scan(account, directories, how)
      .then(() => this.#retries.done(key))
      .catch((error: unknown) => {
        const { log, ledger } = this.#parts
        if (this.#stop.signal.aborted) return
        // Of one that is not in doubt the counters are as right as before.
        if (!ledger.isDoubted(account)) log.warn({ err: error, account: key }, 'quota scan failed')
        else this.#retries.later(key, error, { account, ...how }, performance.now() - beganAt)
      })
      .finally(() => this.#running.delete(key))
    this.#running.set(key, { account, startedAt: this.#clock(), done })
  }

  list(kind: QuotaAccount['kind']): RunningScan[] {
    return [...this.#running.values()]
      .filter(({ account }) => account.kind === kind)
      .map(({ account, startedAt }) => ({ account, startedAt }))
  }

  /**
   * After a crash: accounts that were being written to are cleaned of staged uploads and counted, one by one. Settles
   * when nothing waits to be counted; never fails. What cannot be counted yet is tried again later.
   */
  async recover(): Promise<void> {
    try {
      this.recoverAccounts(await this.#parts.quota.listUnsettled())
      this.#retries.done(listKey)
    } catch (error) {
      this.#retries.later(listKey, error, undefined)
    }
    await this.#counting
  }

  /** The same for accounts that a process was writing to which has ended. */
  recoverAccounts(accounts: readonly QuotaAccount[]): void {
    this.#enqueue(accounts, { isMoved: false })
  }

  countSoon(accounts: readonly QuotaAccount[], isReady: Promise<unknown>): Promise<void> {
    return this.#coming.add(accounts, isReady)
  }

  #enqueue(accounts: readonly QuotaAccount[], { isMoved }: Pick<WaitingCount, 'isMoved'>): void {
    if (this.#stop.signal.aborted || accounts.length === 0) return
    for (const account of accounts) {
      this.#parts.ledger.doubt(account)
      const key = keyOf(account)
      const known = [this.#waiting.get(key), this.#retries.get(key)]
      this.#waiting.set(key, { account, isMoved: isMoved || known.some((count) => count?.isMoved) })
    }
    this.#counting ??= this.#countWaiting()
  }

  /** Also those that come meanwhile. Never fails. */
  async #countWaiting(): Promise<void> {
    for (const key of this.#waiting.keys()) {
      // One that began before has passed by what was left or moved since.
      await this.#running.get(key)?.done
      if (this.#stop.signal.aborted) break
      const waiting = this.#waiting.get(key)
      this.#waiting.delete(key)
      if (waiting) await this.#countOne(key, waiting)
    }
    this.#counting = undefined
  }

  async #countOne(key: string, waiting: WaitingCount): Promise<void> {
    try {
      await this.#start(waiting.account, { ...waiting, rests: 0 })
    } catch (error) {
      if (hasCode(error, 'not-found')) await this.#parts.quota.clearUnsettled(waiting.account).catch(noop)
      this.#notStarted(key, error, waiting)
    }
    await this.#running.get(key)?.done
  }

  #notStarted(key: string, error: unknown, waiting: WaitingCount): void {
    // What somebody else began in this moment is as good.
    if (hasCode(error, 'busy')) return
    if (!hasCode(error, 'not-found')) return this.#retries.later(key, error, waiting)
    // An account that was removed needs none.
    this.#retries.done(key)
    this.#parts.log.warn({ err: error, account: key }, 'quota scan not started')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#retries[Symbol.dispose]()
    await this.#coming[Symbol.asyncDispose]()
    for (const timer of this.#resting.values()) clearTimeout(timer)
    await this.#counting
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  async #scan(account: QuotaAccount, directories: readonly string[], how: HowToScan): Promise<void> {
    const { ledger, storages, events } = this.#parts
    const startedAt = performance.now()
    const { size, files } = await ledger.usage(account)
    const isUncounted = size === 0 && files === 0
    const isInDoubt = ledger.isDoubted(account)
    let staged = 0
    let missing: unknown
    for (const directory of directories)
      try {
        staged += await storages.open(directory).removeStagedUploads()
      } catch (error) {
        // One that was there, and may be again: what was counted in it is not forgotten.
        if (!(how.isMoved || isUncounted) || !hasCode(error, 'not-found')) throw error
        missing = error
      }
    // Held open all the while, or a change that was made and closed meanwhile would not be noticed.
    const ticket = await ledger.open(account, { size: 0, files: 0 })
    try {
      const { usage, isExact } = await this.#settleCount(account, directories)
      // Another one was asked for meanwhile, which may be of other directories.
      const key = keyOf(account)
      if (this.#waiting.has(key) || this.#coming.has(key)) ledger.doubt(account)
      // It was not asked for by who knows that nothing is there yet: it is counted again, at the next start at the latest.
      if (missing && !how.isMoved) ledger.doubt(account)
      if (!isExact) this.#countAgain(account, how, performance.now() - startedAt)
      const isAwaited = missing !== undefined && !how.isMoved && isInDoubt
      if ((isExact || how.rests === 0) && !(isAwaited && usage.files === 0)) {
        const { kind: subject, name } = account
        events.emit({ type: 'quota-scanned', subject, name, bytes: usage.size, files: usage.files, staged })
      }
      // A mount that is late, or a home that nobody has signed in to yet: both can come at any time.
      if (isAwaited) throw missing
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

  #countAgain(account: QuotaAccount, how: HowToScan, tookMs: number): void {
    if (this.#stop.signal.aborted) return
    const key = keyOf(account)
    const restMs = Math.max(Math.min(firstRestMs * 2 ** how.rests, maxRestMs), restShare * tookMs)
    const timer = setTimeout(() => {
      this.#resting.delete(key)
      this.#start(account, { ...how, rests: how.rests + 1 }).catch((error: unknown) =>
        this.#notStarted(key, error, { account, ...how }),
      )
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
}

function noop(): void {}

function keyOf(account: QuotaAccount): string {
  return `${account.kind}:${account.name}`
}
