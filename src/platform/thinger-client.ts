import { FileServerError, type ErrorCode } from '../core/errors.ts'
import { readPasswordGrant, type PasswordGrant } from './password-grant.ts'
import {
  PlatformHttp,
  type PlatformAnswer,
  type PlatformHttpOptions,
  type PlatformRequest,
} from './platform-http.ts'

export interface ThingerClientOptions extends PlatformHttpOptions {
  /** Owner of the plugin. */
  readonly user: string
  readonly plugin: string
  /** The plugin's own token; asked for at each call that needs it. */
  readonly pluginToken: () => string | undefined
}

/** A file storage of the account as the API lists it. */
export interface PlatformStorage {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Readable by anybody on the web. */
  readonly public: boolean
}

/** A port of the platform's host that leads somewhere. */
export interface PlatformProxy {
  readonly id: string
  /** Undefined when the platform does not tell. */
  readonly sourcePort: number | undefined
  readonly isEnabled: boolean
}

/** What a storage may be called, on the platform and as a directory. */
export const storageIdPattern = /^[A-Za-z0-9_-]{1,32}$/
const proxyIdPattern = storageIdPattern

const pageSize = 50
const maxPages = 200

/**
 * The few calls of the Thinger.io API that this plugin needs. All throw FileServerError: 'unavailable' when the
 * platform does not answer as an API would, 'access-denied' (401), 'permission-denied' (403), 'not-found' (404),
 * 'already-exists' (409), 'too-many-attempts' (429), 'invalid-argument' (other 4xx), 'aborted' by the signal.
 */
export class ThingerClient {
  readonly user: string
  readonly plugin: string
  readonly #http: PlatformHttp
  readonly #pluginToken: () => string | undefined

  constructor(options: ThingerClientOptions) {
    this.user = options.user
    this.plugin = options.plugin
    this.#http = new PlatformHttp(options)
    this.#pluginToken = options.pluginToken
  }

  /** OAuth 2.0 password grant, without a client id. Never repeated: each attempt counts against the account. */
  async passwordGrant(username: string, password: string, signal?: AbortSignal): Promise<PasswordGrant> {
    const form = { grant_type: 'password', username, password }
    return readPasswordGrant(await this.#http.send({ method: 'POST', path: '/oauth/token', form, signal }))
  }

  /** Resolves when the bearer may read this plugin, which the platform decides. */
  async readPluginInfo(bearer: string, signal?: AbortSignal): Promise<void> {
    const path = `${this.#userPath()}/plugins/${encodeURIComponent(this.plugin)}`
    const info = readObject(await this.#http.send({ method: 'GET', path, bearer, signal }))
    // Some other plugin, or a web page that answers everything, is no proof.
    if (typeof info.plugin === 'string' && info.plugin !== this.plugin) throw notAnApi()
  }

  /** The owner's name for people; '' when there is none. */
  async readOwnerName(signal?: AbortSignal): Promise<string> {
    return textOf(await this.#call({ method: 'GET', path: `${this.#userPath()}/profile`, signal }), 'name')
  }

  async getStorage(id: string, signal?: AbortSignal): Promise<PlatformStorage> {
    const path = `${this.#userPath()}/storages/${encodeURIComponent(id)}`
    const storage = readStorage(await this.#call({ method: 'GET', path, signal }))
    if (storage === undefined) throw notAnApi()
    return storage
  }

  async createStorage(storage: PlatformStorage, signal?: AbortSignal): Promise<void> {
    const { id, ...settings } = storage
    const json = { storage: id, ...settings }
    await this.#call({ method: 'POST', path: `${this.#userPath()}/storages`, json, signal })
  }

  /** All storages of the owner, page by page. */
  async listStorages(signal?: AbortSignal): Promise<readonly PlatformStorage[]> {
    return this.#listAll(`${this.#userPath()}/storages`, readStorage, signal)
  }

  /** All proxies of the instance; a list may leave their settings out, which are then read one by one. */
  async listProxies(signal?: AbortSignal): Promise<readonly PlatformProxy[]> {
    const listed = await this.#listAll('/v1/proxies', readProxy, signal)
    const proxies: PlatformProxy[] = []
    for (const proxy of listed) {
      const path = `/v1/proxies/${encodeURIComponent(proxy.id)}`
      const isWhole = proxy.sourcePort !== undefined
      const read = isWhole ? proxy : readProxy(await this.#call({ method: 'GET', path, signal }))
      proxies.push({ ...proxy, ...read })
    }
    return proxies
  }

  async #listAll<T extends { readonly id: string }>(
    path: string,
    read: (item: unknown) => T | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> {
    const found = new Map<string, T>()
    for (let page = 0, index = 0; page < maxPages; page++) {
      const items = await this.#listPage(path, index, signal)
      const before = found.size
      for (const item of items.map(read)) if (item !== undefined) found.set(item.id, item)
      index += items.length
      // A server that ignores paging sends the same again.
      if (items.length < pageSize || found.size === before) break
    }
    return [...found.values()]
  }

  async #listPage(path: string, index: number, signal: AbortSignal | undefined): Promise<readonly unknown[]> {
    const query = { count: pageSize, index }
    const answer = await this.#send({ method: 'GET', path, query, signal })
    if (!Array.isArray(answer.body)) throw notAnApi()
    return answer.body
  }

  async #call(request: PlatformRequest): Promise<Record<string, unknown>> {
    return readObject(await this.#send(request))
  }

  async #send(request: PlatformRequest): Promise<PlatformAnswer> {
    const bearer = this.#pluginToken()
    if (bearer === undefined || bearer === '') {
      throw new FileServerError('access-denied', 'The plugin has no access token for the Thinger.io platform')
    }
    const answer = await this.#http.send({ ...request, bearer })
    refuseFailure(answer)
    return answer
  }

  #userPath(): string {
    return `/v1/users/${encodeURIComponent(this.user)}`
  }
}

function readObject(answer: PlatformAnswer): Record<string, unknown> {
  refuseFailure(answer)
  const { body } = answer
  if (typeof body !== 'object' || body === null || Array.isArray(body) || 'error' in body) throw notAnApi()
  return body as Record<string, unknown>
}

function readStorage(item: unknown): PlatformStorage | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const fields = item as Record<string, unknown>
  const id = textOf(fields, 'storage')
  if (!storageIdPattern.test(id)) return undefined
  const name = textOf(fields, 'name') || id
  return { id, name, description: textOf(fields, 'description'), public: fields.public === true }
}

function readProxy(item: unknown): PlatformProxy | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const fields = item as Record<string, unknown>
  const id = textOf(fields, 'proxy')
  if (!proxyIdPattern.test(id)) return undefined
  const port = memberOf(memberOf(fields.config, 'source'), 'port')
  const sourcePort = typeof port === 'number' ? port : undefined
  return { id, sourcePort, isEnabled: fields.enabled !== false }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

function textOf(fields: Record<string, unknown>, key: string): string {
  const value = fields[key]
  return typeof value === 'string' ? value : ''
}

/** @throws FileServerError for every status but 2xx */
function refuseFailure({ status, message }: PlatformAnswer): void {
  if (status >= 200 && status < 300) return
  throw new FileServerError(codeOf(status), 'The Thinger.io platform refused the request', {
    cause: new Error(`HTTP ${status}: ${message}`),
  })
}

function codeOf(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'access-denied'
    case 403:
      return 'permission-denied'
    case 404:
      return 'not-found'
    case 409:
      return 'already-exists'
    case 429:
      return 'too-many-attempts'
    default:
      return status >= 400 && status < 500 ? 'invalid-argument' : 'unavailable'
  }
}

function notAnApi(): FileServerError {
  return new FileServerError(
    'unavailable',
    'What answers at the address of the Thinger.io platform is not its API',
  )
}
