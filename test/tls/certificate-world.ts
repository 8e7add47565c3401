import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { EventBus } from '../../src/core/events/event-bus.ts'
import type { ServerEvent } from '../../src/core/events/events.ts'
import { silentLog, type Log, type LogFields } from '../../src/core/log.ts'
import { issueCertificate } from '../support/certificates.ts'
import { CertificateStore, type CertificateStoreOptions } from '../../src/tls/certificate-store.ts'

/** A folder for certificates and one for the server's own, the events and warnings of the stores opened on them. */
export class CertificateWorld implements AsyncDisposable {
  readonly root: string
  readonly events: ServerEvent[] = []
  readonly warnings: { readonly fields: LogFields; readonly message: string }[] = []
  readonly bus = new EventBus(silentLog)
  readonly #stack = new AsyncDisposableStack()

  constructor(root: string) {
    this.root = root
    this.#stack.defer(() => rm(root, { recursive: true, force: true }))
    this.#stack.use(this.bus.onAny((event) => void this.events.push(event)))
  }

  get directory(): string {
    return join(this.root, 'certificates')
  }

  get dataDirectory(): string {
    return join(this.root, 'state')
  }

  /** A started store that looks every few milliseconds, without hints unless told. */
  async openStore(options: Partial<CertificateStoreOptions> = {}): Promise<CertificateStore> {
    const warn: Log['warn'] = (fields, message) => void this.warnings.push({ fields, message })
    const store = new CertificateStore({
      directory: this.directory,
      dataDirectory: this.dataDirectory,
      defaultHost: 'example.test',
      events: this.bus,
      log: { ...silentLog, warn },
      pollMs: 5,
      debounceMs: 5,
      watch: false,
      ...options,
    })
    this.#stack.use(store)
    await store.start()
    return store
  }

  /** How often a certificate of this host was taken over. */
  loadedOf(host: string): number {
    return this.events.filter((event) => event.type === 'certificate-loaded' && event.host === host).length
  }

  /** Why certificates of this host were not taken over, in order. */
  rejectedOf(host: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'certificate-rejected' && event.host === host ? [event.reason] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

export async function certificateWorld(): Promise<CertificateWorld> {
  return new CertificateWorld(await mkdtemp(join(tmpdir(), 'certificates-')))
}

export function servedFingerprint(store: CertificateStore, servername?: string): string {
  return new X509Certificate(store.credentialsFor(servername).cert).fingerprint256
}

/** Resolves when the condition holds. */
export async function until(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`)
    await wait(2)
  }
}

/**
 * Resolves when everything that was in the directory before has been judged, and looked at again: a host that is
 * put there later has been taken over twice.
 */
export async function whenJudged(world: CertificateWorld): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const before = world.loadedOf('marker.test')
    await issueCertificate(world.directory, 'marker.test', { mode: 'rename' })
    await until('the marker is loaded', () => world.loadedOf('marker.test') > before)
  }
}
