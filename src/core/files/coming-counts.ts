import type { QuotaAccount, QuotaRepository } from '../accounts/repositories.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { countedDirectories } from './counted-directories.ts'
import type { QuotaLedger } from './quota-ledger.ts'
import type { QuotaScannerParts } from './quota-scanner.ts'

export interface ComingCountsParts extends Pick<QuotaScannerParts, 'users' | 'folders' | 'storages'> {
  readonly quota: QuotaRepository
  readonly ledger: QuotaLedger
  readonly log: Log
  /** Of an account that nobody changes any more by what it was before. */
  readonly onReady: (account: QuotaAccount) => void
  /** True while it waits for another count. */
  readonly isWaiting: (key: string) => boolean
}

/** Accounts that are new or lie elsewhere now, until whoever knew them as they were before has left. */
export class ComingCounts implements AsyncDisposable {
  readonly #parts: ComingCountsParts
  /** Each account is there until it is ready. */
  readonly #coming = new Set<Map<string, QuotaAccount>>()
  readonly #running = new Set<Promise<void>>()
  /** Of those that wait for others to leave. */
  readonly #stopWaiting = new Set<() => void>()
  #isStopped = false

  constructor(parts: ComingCountsParts) {
    this.#parts = parts
  }

  has(key: string): boolean {
    return [...this.#coming].some((coming) => coming.has(key))
  }

  /** See Recounts. */
  add(accounts: readonly QuotaAccount[], isReady: Promise<unknown>): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    const coming = new Map(accounts.map((account) => [keyOf(account), account]))
    // At once: whoever writes to one right now would clear its mark at the end.
    for (const account of accounts) this.#parts.ledger.doubt(account)
    this.#coming.add(coming)
    const done = this.#prepare(coming, isReady).finally(() => {
      this.#coming.delete(coming)
      this.#running.delete(done)
    })
    this.#running.add(done)
    return done
  }

  /** What has not begun is counted after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    for (const stop of this.#stopWaiting) stop()
    await Promise.all(this.#running)
  }

  async #prepare(coming: Map<string, QuotaAccount>, isReady: Promise<unknown>): Promise<void> {
    const { quota, ledger, onReady, isWaiting } = this.#parts
    // The mark of one that nobody wrote to any more may have been cleared between the change and the doubt.
    await this.#each(coming, (account) => quota.markUnsettled(account))
    await this.#orStopped(isReady)
    await this.#each(coming, async (account, key) => {
      // Where that cannot be told, the count that follows fails as well, and is tried again.
      const holdsNothing = await this.#holdsNothing(account).catch(() => false)
      coming.delete(key)
      if (!holdsNothing) onReady(account)
      else if (!isWaiting(key) && !this.has(key)) await ledger.trust(account)
    })
  }

  /** A promise of the stop that lives as long as the server would keep a reaction for each of these. */
  async #orStopped(isReady: Promise<unknown>): Promise<void> {
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    this.#stopWaiting.add(resolve)
    try {
      if (!this.#isStopped) await Promise.race([isReady, stopped])
    } finally {
      this.#stopWaiting.delete(resolve)
    }
  }

  async #each(
    coming: ReadonlyMap<string, QuotaAccount>,
    work: (account: QuotaAccount, key: string) => Promise<void>,
  ): Promise<void> {
    for (const [key, account] of coming)
      try {
        if (this.#isStopped) return
        await work(account, key)
        // SQLite answers in the same turn of the event loop: others have theirs.
        await new Promise((resolve) => setImmediate(resolve))
      } catch (error) {
        this.#parts.log.warn({ err: error, account: key }, 'quota scan not started')
      }
  }

  /** Nothing is counted, and nothing is there to count. */
  async #holdsNothing(account: QuotaAccount): Promise<boolean> {
    const { size, files } = await this.#parts.ledger.usage(account)
    if (size > 0 || files > 0) return false
    for (const directory of await countedDirectories(account, this.#parts)) {
      const entry = this.#parts.storages.open(directory).stat([])
      const isMissing = (error: unknown) => hasCode(error, 'not-found')
      if (!(await entry.then(() => false, isMissing))) return false
    }
    return true
  }
}

function keyOf(account: QuotaAccount): string {
  return `${account.kind}:${account.name}`
}
