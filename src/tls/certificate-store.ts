import { randomBytes } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { systemClock, type Clock } from '../core/clock.ts'
import { FileServerError } from '../core/errors.ts'
import type { EventBus } from '../core/events/event-bus.ts'
import type { Log } from '../core/log.ts'
import { readCertificateDirectory, type PairReading } from './certificate-directory.ts'
import { certificateProblems } from './certificate-problems.ts'
import { statusOf, type CertificateStatus } from './certificate-status.ts'
import { DirectoryHint } from './directory-hint.ts'
import { ExpiryReminder } from './expiry-reminder.ts'
import { goneReading, HostCertificate, type Look } from './host-certificate.ts'
import { checkPair, isCurrent, type Credentials, type KeyPair } from './key-pair.ts'
import { SelfSigned } from './self-signed.ts'
import { tlsPolicy } from './tls-policy.ts'

/** The pair that is served for a host. Its key is secret. */
export interface HostCredentials extends Credentials {
  readonly host: string
}

export interface CertificateStoreOptions {
  /** Holds `<host>/{fullchain.pem,privkey.pem}`; need not exist, and may appear at any time. */
  readonly directory: string
  /** Private directory for the self-signed pair. */
  readonly dataDirectory: string
  /** Whose certificate those get who name no host, or one that is not known here. */
  readonly defaultHost?: string | undefined
  readonly events: Pick<EventBus, 'emit'>
  readonly log: Log
  /** 48 bytes that all processes of one server share; random ones unless told. Secret. */
  readonly ticketKeys?: Buffer
  /** What another process of the server serves now: as good as if it had been found here before. */
  readonly known?: readonly HostCredentials[]
  /** Longest time between two looks at the files; at most 60 s. */
  readonly pollMs?: number
  /** How long new files must have been the same before they are judged. */
  readonly debounceMs?: number
  /** `false`: no hints from the file system, the poll alone. */
  readonly watch?: boolean
  readonly clock?: Clock
}

const maxPollMs = 60_000

/**
 * Hands out the newest good certificate of each host while the files behind it change. A pair that is broken,
 * half written or expired never replaces a valid one; connections that exist are not touched.
 */
export class CertificateStore implements AsyncDisposable {
  /** Keys of session tickets: the same for all hosts and over swaps, so that sessions can be resumed. */
  readonly ticketKeys: Buffer
  readonly #options: CertificateStoreOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #pollMs: number
  readonly #debounceMs: number
  readonly #hosts = new Map<string, HostCertificate>()
  readonly #selfSigned: SelfSigned
  readonly #reminder: ExpiryReminder
  readonly #hint: DirectoryHint | undefined
  #timer: { readonly handle: NodeJS.Timeout; readonly dueAt: number } | undefined
  #looking: Promise<void> = Promise.resolve()
  #isDirectoryUnreadable = false
  #isStopped = false

  constructor(options: CertificateStoreOptions) {
    this.#options = options
    this.ticketKeys = options.ticketKeys ?? randomBytes(48)
    this.#clock = options.clock ?? systemClock
    this.#log = options.log
    this.#pollMs = Math.min(options.pollMs ?? 30_000, maxPollMs)
    this.#debounceMs = options.debounceMs ?? 2_000
    this.#selfSigned = new SelfSigned({
      dataDirectory: options.dataDirectory,
      host: options.defaultHost?.toLowerCase() || 'localhost',
      contextOptions: this.#contextOptions,
      log: this.#log,
    })
    for (const { host, key, cert } of options.known ?? []) {
      const pair = checkPair({ key, cert }, this.#contextOptions)
      this.#hosts.set(host, new HostCertificate(host, this.#contextOptions, pair))
    }
    this.#reminder = new ExpiryReminder(this.#log)
    if (options.watch !== false) {
      this.#hint = new DirectoryHint(options.directory, () => this.#lookWithin(this.#debounceMs), this.#log)
    }
  }

  /** Reads what is there, so that a certificate can be served, and goes on looking until disposed. */
  async start(): Promise<void> {
    this.#looking = this.#look(0)
    await this.#looking
  }

  /**
   * The context for a connection whose client named `servername` by SNI: its own certificate, a wildcard one level
   * up, the default host's, or the self-signed one. Ask at each handshake, also when no name was given.
   * @throws unavailable before `start`
   */
  secureContextFor(servername?: string): SecureContext {
    return this.#pairFor(servername).context
  }

  /** The same choice as PEM, for servers that build their context themselves: use `tlsPolicy` beside it. */
  credentialsFor(servername?: string): Credentials {
    const { key, cert } = this.#pairFor(servername)
    return { key, cert }
  }

  /** The newest good pair of every host, for another process to begin with. */
  get pairs(): readonly HostCredentials[] {
    return [...this.#hosts.values()].flatMap(({ host, pair }) =>
      pair === undefined ? [] : { host, key: pair.key, cert: pair.cert },
    )
  }

  /** Every host that has files, and the self-signed certificate while it stands in for the default. */
  status(): readonly CertificateStatus[] {
    const now = this.#clock()
    const files = [...this.#hosts.values()].map((host) =>
      statusOf(host.host, 'file', host.pair, host.problemAt(now)),
    )
    if (this.#defaultPair() !== undefined) return files
    const problem = certificateProblems['self-signed']
    return [...files, statusOf(this.#selfSigned.host, 'self-signed', this.#selfSigned.pair, problem)]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer?.handle)
    await this.#looking
    await this.#hint?.[Symbol.asyncDispose]()
  }

  get #contextOptions() {
    return { ...tlsPolicy, ticketKeys: this.ticketKeys }
  }

  #pairFor(servername: string | undefined): KeyPair {
    const named = servername ? this.#pairNaming(servername) : undefined
    const pair = named ?? this.#defaultPair() ?? this.#selfSigned.pair
    if (pair === undefined) throw new FileServerError('unavailable', 'No certificate has been loaded yet')
    return pair
  }

  /** A wildcard stands for exactly one label (RFC 9525 §6.3). */
  #pairNaming(servername: string): KeyPair | undefined {
    const host = servername.toLowerCase().replace(/\.$/, '')
    return this.#newestOf([host, host.replace(/^[^.]+/, '*')])
  }

  /** Without a default host any certificate of the directory is nearer to what was meant than a self-signed one. */
  #defaultPair(): KeyPair | undefined {
    const { defaultHost } = this.#options
    return defaultHost ? this.#pairNaming(defaultHost) : this.#newestOf([...this.#hosts.keys()].sort())
  }

  /** The first that is valid today, or else the first there is. */
  #newestOf(hosts: readonly string[]): KeyPair | undefined {
    const pairs = hosts.flatMap((host) => this.#hosts.get(host)?.pair ?? [])
    const now = this.#clock()
    return pairs.find((pair) => isCurrent(pair, now)) ?? pairs[0]
  }

  #lookWithin(delayMs: number): void {
    const dueAt = performance.now() + delayMs
    if (this.#isStopped || (this.#timer !== undefined && this.#timer.dueAt <= dueAt)) return
    clearTimeout(this.#timer?.handle)
    const handle = setTimeout(() => {
      this.#timer = undefined
      this.#looking = this.#looking.then(() => this.#look(this.#debounceMs))
    }, delayMs).unref()
    this.#timer = { handle, dueAt }
  }

  async #look(settleMs: number): Promise<void> {
    if (this.#isStopped) return
    let isUnsettled = false
    try {
      isUnsettled = await this.#considerFiles(settleMs)
      if (this.#defaultPair() === undefined) await this.#useSelfSigned()
      this.#reminder.remind([...this.#hosts.values()], this.#clock())
    } catch (err) {
      this.#log.error({ err }, 'certificates cannot be checked')
    } finally {
      this.#lookWithin(isUnsettled ? Math.min(this.#debounceMs, this.#pollMs) : this.#pollMs)
    }
  }

  /** @returns whether something changed too recently to be judged */
  async #considerFiles(settleMs: number): Promise<boolean> {
    const readings = await this.#readDirectory()
    if (readings === undefined) return false
    const look: Look = { now: this.#clock(), elapsedMs: performance.now(), settleMs }
    let isUnsettled = false
    for (const host of new Set([...this.#hosts.keys(), ...readings.keys()])) {
      const outcome = this.#considerHost(host, readings.get(host) ?? goneReading, look)
      isUnsettled ||= outcome === 'unsettled'
    }
    return isUnsettled
  }

  /** @returns undefined when the directory cannot be listed: nothing is known then, so nothing changes */
  async #readDirectory(): Promise<ReadonlyMap<string, PairReading> | undefined> {
    const { directory } = this.#options
    try {
      const readings = await readCertificateDirectory(directory)
      await this.#hint?.follow(readings !== undefined)
      this.#isDirectoryUnreadable = false
      return readings ?? new Map()
    } catch (err) {
      if (!this.#isDirectoryUnreadable)
        this.#log.warn({ err, path: directory }, 'certificates cannot be listed')
      this.#isDirectoryUnreadable = true
      return undefined
    }
  }

  #considerHost(name: string, reading: PairReading, look: Look) {
    const host = this.#hosts.get(name) ?? new HostCertificate(name, this.#contextOptions)
    this.#hosts.set(name, host)
    if (reading === goneReading && host.pair === undefined) return void this.#hosts.delete(name)
    const outcome = host.consider(reading, look)
    if (outcome === 'loaded' && host.pair !== undefined)
      this.#tellLoaded(name, host.pair, host.problemAt(look.now))
    if (outcome === 'rejected') this.#tellRejected(name, host.problemAt(look.now) ?? '')
    return outcome
  }

  async #useSelfSigned(): Promise<void> {
    const { host } = this.#selfSigned
    const outcome = await this.#selfSigned.ensure(this.#clock())
    if (outcome === 'unchanged' || this.#selfSigned.pair === undefined) return
    this.#tellLoaded(host, this.#selfSigned.pair, 'It is self-signed: no other was found for this host')
  }

  #tellLoaded(host: string, pair: KeyPair, problem: string | undefined): void {
    const { subject } = pair.certificate
    if (problem !== undefined) this.#log.warn({ host, subject, problem }, 'certificate has a problem')
    this.#options.events.emit({ type: 'certificate-loaded', host, expiresAt: pair.notAfter })
  }

  #tellRejected(host: string, reason: string): void {
    this.#options.events.emit({ type: 'certificate-rejected', host, reason })
  }
}
