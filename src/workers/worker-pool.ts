import { setTimeout as delay } from 'node:timers/promises'
import type { QuotaAccount } from '../core/accounts/repositories.ts'
import type { LoginThrottle } from '../core/auth/login-throttle.ts'
import type { PasswordVerifier } from '../core/auth/password-hash.ts'
import type { Clock } from '../core/clock.ts'
import type { ConnectionRegistry } from '../core/connections/connection-registry.ts'
import type { EventBus } from '../core/events/event-bus.ts'
import type { KeyedLock } from '../core/files/keyed-lock.ts'
import type { QuotaLedger } from '../core/files/quota-ledger.ts'
import type { QuotaScanner } from '../core/files/quota-scanner.ts'
import type { Log } from '../core/log.ts'
import type { ProcessSample, WorkerReport } from '../core/process-sample.ts'
import type { LiveSettings } from '../core/settings/live-settings.ts'
import type { PassivePortSource } from '../protocols/ftp/passive-ports.ts'
import type { TlsOwners } from '../protocols/ftp/tls-owners.ts'
import { ConnectionDesk } from './connection-desk.ts'
import { LockDesk } from './lock-desk.ts'
import type { WorkerAddresses } from './messages.ts'
import { PassiveDesk } from './passive-desk.ts'
import { QuotaDesk } from './quota-desk.ts'
import { checkPasswordsFor } from './sign-in-desk.ts'
import { WorkerProcess } from './worker-process.ts'
import { lookMs, type WorkerState, WorkerWatch } from './worker-watch.ts'

/** A worker that ends before it is so old may do so again: the next one waits, twice as long each time. */
const settledMs = 10_000
const firstDelayMs = 250
const maxDelayMs = 15_000

/** Staged files carry the tag of the process that writes them; those of others that live are left alone. */
export interface StagingTags {
  /** Of this process. */
  readonly own: string
  make(): string
  setLive(tags: Iterable<string>): void
}

export interface PoolParts {
  readonly count: number
  /** The file that a worker runs. */
  readonly program: string
  /** All that a worker needs to start; `tags` are those of all processes that live. */
  readonly setup: (staging: { readonly tag: string; readonly tags: readonly string[] }) => unknown
  readonly staging: StagingTags
  readonly ledger: QuotaLedger
  readonly locks: KeyedLock
  readonly scanner: Pick<QuotaScanner, 'recoverAccounts'>
  readonly hasher: PasswordVerifier
  readonly throttle: LoginThrottle
  readonly connections: ConnectionRegistry
  readonly events: EventBus
  readonly settings: LiveSettings
  readonly passivePorts: PassivePortSource
  readonly owners: TlsOwners
  /** Told how each worker fares, each second. */
  readonly onSample: (worker: number, sample: ProcessSample) => void
  readonly clock: Clock
  readonly log: Log
}

interface LiveWorker {
  readonly process: WorkerProcess
  readonly tag: string
  /** From 1; whoever takes its place has the same. */
  readonly number: number
  readonly connections: ConnectionDesk
  readonly watch: WorkerWatch
  state: WorkerState
  sample: ProcessSample | undefined
  /** Frees what it had; answers the accounts it was writing to. */
  readonly end: () => readonly QuotaAccount[]
}

/**
 * The processes that serve SFTP and FTP. What must be the same for all is kept here, in the primary process: each
 * worker asks for it. One that dies takes its own sessions along, and another one takes its place.
 */
export class WorkerPool {
  readonly #parts: PoolParts
  readonly #quotas: QuotaDesk
  readonly #workers = new Set<LiveWorker>()
  readonly #tags: Set<string>
  readonly #stopping = new AbortController()
  /** Replacements under way. None fails. */
  readonly #background = new Set<Promise<void>>()
  #addresses: WorkerAddresses = { sftp: [], ftp: [] }
  #isServing = false
  #restarts = 0
  #hangs = 0
  #looking: NodeJS.Timeout | undefined
  #shortLives = 0

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#tags = new Set([parts.staging.own])
    this.#quotas = new QuotaDesk(parts.ledger)
    parts.connections.refreshWith(() => this.#refresh())
    parts.settings.tell((values) => {
      for (const { process } of this.#workers) process.channel.post('settings', values)
    })
  }

  /** Where all of them listen. */
  get addresses(): WorkerAddresses {
    return this.#addresses
  }

  get running(): number {
    return this.#workers.size
  }

  /** Workers that took the place of one that died. */
  get restarts(): number {
    return this.#restarts
  }

  /** Workers that were ended because they did not answer any more. */
  get hangs(): number {
    return this.#hangs
  }

  get reports(): readonly WorkerReport[] {
    const now = performance.now()
    return [...this.#workers].map(({ number, connections, watch, sample }) => ({
      ...{ number, sessions: connections.size, sample },
      silentSeconds: watch.silentMs(now) / 1000,
    }))
  }

  /** Resolves when all listen. @throws when one cannot */
  async start(): Promise<void> {
    const tags = Array.from({ length: this.#parts.count }, () => this.#addTag())
    this.#parts.staging.setLive(this.#tags)
    this.#looking = setInterval(() => this.#look(), lookMs).unref()
    try {
      await Promise.all(tags.map((tag, index) => this.#startOne(tag, index + 1)))
      this.#isServing = true
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /** Running transfers go on for `graceMs`. Idempotent. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#looking)
    await Promise.all([...this.#workers].map(({ process }) => process.stop(graceMs)))
    await Promise.all(this.#background)
    this.#addresses = { sftp: [], ftp: [] }
  }

  async #startOne(tag: string, number: number): Promise<void> {
    const { program, setup, log } = this.#parts
    const worker = this.#open(new WorkerProcess(program, log), tag, number)
    this.#workers.add(worker)
    this.#keep(worker.process.ended.then(() => this.#ended(worker)))
    try {
      this.#addresses = await worker.process.channel.call('start', setup({ tag, tags: [...this.#tags] }))
      worker.watch.heard(performance.now())
    } catch (error) {
      worker.process.kill()
      throw error
    }
  }

  #open(process: WorkerProcess, tag: string, number: number): LiveWorker {
    const { ledger, locks, hasher, throttle, events, clock, passivePorts, owners, onSample } = this.#parts
    const { channel } = process
    const borrower = this.#quotas.serve(channel)
    const locksOfWorker = new LockDesk(channel, locks, ledger.inPlace)
    const claims = new PassiveDesk({ channel, ports: passivePorts, owners })
    const connections = new ConnectionDesk({
      ...{ channel, events, clock },
      connections: this.#parts.connections,
    })
    checkPasswordsFor(channel, { hasher, throttle })
    const worker: LiveWorker = {
      ...{ process, tag, number, connections, state: 'answers', sample: undefined },
      watch: new WorkerWatch(performance.now()),
      end: () => {
        locksOfWorker[Symbol.dispose]()
        claims[Symbol.dispose]()
        connections.end('the server process of this connection ended')
        return this.#quotas.end(borrower)
      },
    }
    channel.on('sample', (sample) => {
      worker.sample = sample
      worker.watch.heard(performance.now())
      onSample(number, sample)
    })
    return worker
  }

  /** Tells of a worker that does not answer, and ends it when it serves nobody any more: another one starts then. */
  #look(): void {
    const now = performance.now()
    const { log } = this.#parts
    for (const worker of this.#workers) {
      const before = worker.state
      worker.state = worker.watch.look(now)
      if (worker.state === before) continue
      const fields = { pid: worker.process.pid, silentMs: Math.round(worker.watch.silentMs(now)) }
      if (worker.state === 'answers') log.info(fields, 'worker process answers again')
      else if (worker.state === 'silent') log.warn(fields, 'worker process does not answer')
      else {
        log.error(fields, 'worker process hangs and is ended')
        this.#hangs++
        worker.process.kill()
      }
    }
  }

  /** What it had is free, what it left is cleared away, and another one starts. */
  #ended(worker: LiveWorker): void {
    this.#workers.delete(worker)
    const accounts = worker.end()
    if (this.#stopping.signal.aborted) return
    const { pid, age, outcome } = worker.process
    this.#parts.log.error({ pid, ...outcome, accounts: accounts.length }, 'worker process ended')
    this.#tags.delete(worker.tag)
    // Whoever still takes its tag for a live one leaves its files to the count below.
    void this.#tellTags()
    this.#parts.scanner.recoverAccounts(accounts)
    if (this.#isServing) this.#keep(this.#replace(age, worker.number))
  }

  async #replace(age: number, number: number): Promise<void> {
    const { log } = this.#parts
    const { signal } = this.#stopping
    this.#shortLives = age < settledMs ? this.#shortLives + 1 : 0
    const delayMs =
      this.#shortLives <= 1 ? 0 : Math.min(firstDelayMs * 2 ** (this.#shortLives - 2), maxDelayMs)
    try {
      await delay(delayMs, undefined, { signal, ref: false })
      const tag = this.#addTag()
      await this.#tellTags()
      signal.throwIfAborted()
      this.#restarts++
      await this.#startOne(tag, number)
      log.info({ running: this.running }, 'worker process replaced')
    } catch (error) {
      // One that cannot start ends, and its end brings the next attempt.
      if (!signal.aborted) log.error({ err: error }, 'worker process not started')
    }
  }

  #addTag(): string {
    const tag = this.#parts.staging.make()
    this.#tags.add(tag)
    return tag
  }

  /** All know the tag of a new process before it serves: none takes what it stages for something that was left. */
  async #tellTags(): Promise<void> {
    const tags = [...this.#tags]
    this.#parts.staging.setLive(tags)
    const told = [...this.#workers].map(({ process }) => process.channel.call('staging-tags', tags))
    await Promise.allSettled(told)
  }

  async #refresh(): Promise<void> {
    await Promise.all([...this.#workers].map(({ connections }) => connections.refresh()))
  }

  #keep(work: Promise<void>): void {
    const kept: Promise<void> = work
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'care for a worker process failed'))
      .finally(() => this.#background.delete(kept))
    this.#background.add(kept)
  }
}
