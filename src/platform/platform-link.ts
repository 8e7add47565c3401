import { setTimeout as delay } from 'node:timers/promises'
import { steadyClock } from '../core/clock.ts'
import { hasCode, toFileServerError, type ErrorCode, type FileServerError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { listStorageDirectories, type StorageDirectory } from './directories.ts'
import type { PlatformStorage, ThingerClient } from './thinger-client.ts'

/** 'connected' means that the platform answers; `lastError` then says what it refused. */
export type LinkState = 'standalone' | 'connecting' | 'connected' | 'unreachable'

export interface LinkStatus {
  readonly state: LinkState
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly lastError: { readonly code: ErrorCode; readonly message: string } | undefined
}

export interface PlatformOwner {
  readonly username: string
  /** For people; the username where the platform tells no name. */
  readonly name: string
}

/** A storage of the account: what the platform knows of it, joined with what is on the disk. */
export interface StorageView {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Readable by anybody on the web; undefined when the platform could not be asked. */
  readonly public: boolean | undefined
  /** Known to the platform; undefined when it could not be asked. */
  readonly registered: boolean | undefined
  readonly onDisk: boolean
  readonly writable: boolean
}

export interface PlatformLinkOptions {
  /** Undefined: standalone, there are directories alone. */
  readonly client: ThingerClient | undefined
  readonly storagesDir: string
  readonly log: Log
  readonly signal?: AbortSignal | undefined
  /** How long an answer of storages() is good for. */
  readonly cacheMs?: number
  /** First and longest pause between attempts to reach the platform. */
  readonly retryMs?: { readonly first: number; readonly longest: number }
}

/** The storage that the plugin's manifest declares. */
export const dataStorage: PlatformStorage = {
  id: 'sftpgo_data',
  name: 'SFTPGo Data',
  description: 'Storage to persist SFTPGo data and backups',
  public: false,
}

/**
 * The plugin's tie to its Thinger.io account. Nothing waits for it: while the platform is silent the product serves
 * what is on the disk, and the link comes up by itself later.
 */
export class PlatformLink implements AsyncDisposable {
  readonly #client: ThingerClient | undefined
  readonly #storagesDir: string
  readonly #log: Log
  readonly #cacheMs: number
  readonly #retryMs: { readonly first: number; readonly longest: number }
  readonly #stopping = new AbortController()
  readonly #signal: AbortSignal
  #status: LinkStatus
  #owner: PlatformOwner | undefined
  #connecting: Promise<void> | undefined
  #views: { readonly promise: Promise<readonly StorageView[]>; readonly madeAt: number } | undefined

  constructor(options: PlatformLinkOptions) {
    this.#client = options.client
    this.#storagesDir = options.storagesDir
    this.#log = options.log
    this.#cacheMs = options.cacheMs ?? 5000
    this.#retryMs = options.retryMs ?? { first: 1000, longest: 60_000 }
    this.#signal =
      options.signal === undefined
        ? this.#stopping.signal
        : AbortSignal.any([options.signal, this.#stopping.signal])
    const state = options.client === undefined ? 'standalone' : 'connecting'
    this.#status = { state, since: Date.now(), lastError: undefined }
  }

  get status(): LinkStatus {
    return this.#status
  }

  /** Whose storages these are; undefined when standalone or not known yet. */
  get owner(): PlatformOwner | undefined {
    return this.#owner
  }

  /** Begins to reach for the platform, in the background and until it has all it wants. */
  start(): void {
    if (this.#client === undefined || this.#connecting !== undefined || this.#signal.aborted) return
    this.#connecting = this.#connect(this.#client).finally(() => {
      this.#connecting = undefined
    })
  }

  /** By id. Never fails for want of the platform: then it shows what is on the disk. */
  storages(options: { readonly refresh?: boolean } = {}): Promise<readonly StorageView[]> {
    const known = this.#views
    if (known !== undefined && options.refresh !== true && steadyClock() - known.madeAt < this.#cacheMs) {
      return known.promise
    }
    const promise = this.#readStorages()
    this.#views = { promise, madeAt: steadyClock() }
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#connecting, this.#views?.promise])
  }

  async #connect(client: ThingerClient): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted; attempt++) {
      try {
        const problem = await this.#setUp(client)
        this.#become('connected', problem)
        this.#views = undefined
        if (problem === undefined) return
      } catch (error) {
        if (this.#signal.aborted) return
        this.#become('unreachable', toFileServerError(error))
      }
      await this.#pause(attempt)
    }
  }

  /** Answers the first thing that the platform refused. @throws when the platform does not answer */
  async #setUp(client: ThingerClient): Promise<FileServerError | undefined> {
    const problems = [
      await this.#attempt(() => this.#ensureDataStorage(client)),
      await this.#attempt(() => this.#findOwner(client)),
      await this.#attempt(() => client.listStorages(this.#signal)),
    ]
    return problems.find((problem) => problem !== undefined)
  }

  async #attempt(step: () => Promise<unknown>): Promise<FileServerError | undefined> {
    try {
      await step()
      return undefined
    } catch (error) {
      const failure = toFileServerError(error)
      if (meansSilence(failure)) throw failure
      return failure
    }
  }

  async #ensureDataStorage(client: ThingerClient): Promise<void> {
    try {
      await client.getStorage(dataStorage.id, this.#signal)
      return
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error
    }
    try {
      await client.createStorage(dataStorage, this.#signal)
      this.#log.info({ storage: dataStorage.id }, 'storage created on the platform')
    } catch (error) {
      if (meansSilence(error)) throw error
      // Somebody may have been faster; which status says so is not documented.
      await client.getStorage(dataStorage.id, this.#signal).catch(() => {
        throw error
      })
    }
  }

  async #findOwner(client: ThingerClient): Promise<void> {
    this.#owner ??= { username: client.user, name: client.user }
    const name = await client.readOwnerName(this.#signal)
    if (name !== '') this.#owner = { username: client.user, name }
  }

  async #readStorages(): Promise<readonly StorageView[]> {
    const [listed, directories] = await Promise.all([this.#askPlatform(), this.#readDisk()])
    return joinStorages(listed, directories)
  }

  /** Undefined when the platform cannot be asked, or is being tried in the background anyway. */
  async #askPlatform(): Promise<readonly PlatformStorage[] | undefined> {
    if (this.#client === undefined) return undefined
    if (this.#connecting !== undefined && this.#status.state !== 'connected') return undefined
    try {
      return await this.#client.listStorages(this.#signal)
    } catch (error) {
      if (this.#signal.aborted) return undefined
      const failure = toFileServerError(error)
      this.#become(meansSilence(failure) ? 'unreachable' : 'connected', failure)
      this.start()
      return undefined
    }
  }

  async #readDisk(): Promise<readonly StorageDirectory[]> {
    try {
      return await listStorageDirectories(this.#storagesDir)
    } catch (error) {
      this.#log.error({ path: this.#storagesDir, err: error }, 'storages directory cannot be read')
      return []
    }
  }

  /** Tells the log of changes alone, not of every attempt. */
  #become(state: LinkState, error: FileServerError | undefined): void {
    const before = this.#status
    const isNews = before.state !== state || before.lastError?.code !== error?.code
    const lastError = error === undefined ? undefined : { code: error.code, message: error.message }
    this.#status = { state, since: before.state === state ? before.since : Date.now(), lastError }
    if (!isNews) return
    if (error === undefined) this.#log.info({ owner: this.#owner?.username }, 'platform connected')
    else if (state === 'connected')
      this.#log.warn({ code: error.code, err: error }, 'platform refuses requests')
    else this.#log.warn({ code: error.code, err: error }, 'platform not reachable')
  }

  /** Doubles up to the longest, and spreads, so that many plugins do not knock at once after a restart. */
  async #pause(attempt: number): Promise<void> {
    const { first, longest } = this.#retryMs
    const isRefused = this.#status.state === 'connected'
    const backOff = isRefused ? longest : Math.min(longest, first * 2 ** Math.min(attempt, 20))
    const durationMs = backOff * (0.5 + Math.random() / 2)
    await delay(durationMs, undefined, { signal: this.#signal, ref: false }).catch(() => {})
  }
}

/** Worth trying again soon, unlike a refusal. */
function meansSilence(error: unknown): boolean {
  return hasCode(error, 'unavailable') || hasCode(error, 'too-many-attempts') || hasCode(error, 'aborted')
}

function joinStorages(
  listed: readonly PlatformStorage[] | undefined,
  directories: readonly StorageDirectory[],
): readonly StorageView[] {
  const known = new Map((listed ?? []).map((storage) => [storage.id, storage]))
  const onDisk = new Map(directories.map((directory) => [directory.id, directory]))
  const ids = [...new Set([...known.keys(), ...onDisk.keys()])].sort()
  return ids.map((id) => {
    const storage = known.get(id)
    const isAsked = listed !== undefined
    return {
      id,
      name: storage?.name ?? id,
      description: storage?.description ?? '',
      public: isAsked ? (storage?.public ?? false) : undefined,
      registered: isAsked ? storage !== undefined : undefined,
      onDisk: onDisk.has(id),
      writable: onDisk.get(id)?.isWritable ?? false,
    }
  })
}
