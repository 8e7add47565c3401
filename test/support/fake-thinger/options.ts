/** What `POST /oauth/token` answers for a right password of an account with a second factor. */
export type MfaVariant = 'none' | 'error401' | 'body200' | 'error403'

export interface FakeUser {
  readonly user: string
  readonly password: string
  readonly role?: 'user' | 'admin' | 'member' | 'domain_admin'
  readonly email?: string
  readonly enabled?: boolean
  readonly verified?: boolean
  readonly mfa?: MfaVariant
}

export interface FakePlugin {
  readonly user: string
  readonly plugin: string
  /** Where the reverse proxy sends requests, e.g. 'http://127.0.0.1:8080'; without it the plugin is down. */
  readonly target?: string
  readonly rewriteBasePath?: boolean
  readonly public?: boolean
  readonly version?: string
}

/** Entity, then resource id or '*', then actions with '*' as a wildcard at the end. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, '*' | readonly string[]>>>>

export interface FakeToken {
  readonly user: string
  readonly token: string
  readonly allow: Permissions
}

export interface FakeStorage {
  readonly user: string
  readonly storage: string
  readonly name?: string
  readonly description?: string
  readonly public?: boolean
}

export interface FakeProxy {
  readonly proxy: string
  readonly name: string
  readonly description?: string
  readonly enabled?: boolean
  readonly config: object
}

/** Ways in which a real server may differ; all of them can be changed while the fake runs. */
export interface Quirks {
  /** Errors come as HTML pages instead of JSON. */
  htmlErrors?: boolean
  /** Every request is answered with this status. */
  status?: number
  /** Every answer waits this long. */
  latencyMs?: number
  /** `/oauth/token` refuses JSON bodies with 415. */
  formOnly?: boolean
  /** The reverse proxy refuses request bodies without Content-Length. */
  noChunkedRequests?: boolean
  /** The reverse proxy collects answers and refuses those over 8 MiB. */
  bufferedResponses?: boolean
  /** The reverse proxy keeps the Authorization header to itself; on unless set to false. */
  stripAuthorization?: boolean
  /** The reverse proxy removes `authorization` from the query. */
  stripQueryAuthorization?: boolean
  /** Status for a storage that exists already. */
  duplicateStatus?: 400 | 409
  /** Somebody else creates each storage just before we do. */
  raceOnCreate?: boolean
  /** Lists come whole, whatever count and index say. */
  ignorePaging?: boolean
  /** Every request is redirected there. */
  redirectTo?: string
}

export interface FakeThingerOptions {
  readonly users?: readonly FakeUser[]
  readonly plugin?: FakePlugin
  readonly tokens?: readonly FakeToken[]
  readonly storages?: readonly FakeStorage[]
  readonly proxies?: readonly FakeProxy[]
  /** Directories of created storages are made in here. */
  readonly storagesDir?: string
  readonly quirks?: Quirks
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Silent connections are closed after this time; 120 s as on the real server. */
  readonly idleTimeoutMs?: number
}

/** One request as the platform saw it. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly authorization: string | undefined
  readonly body: string
}

export const defaultPermissions: Permissions = {
  Storage: { '*': ['ListStorages', 'ReadStorageConfig', 'CreateStorage'] },
  User: { '*': ['ReadUserProfile', 'SubscribeUserEvents'] },
  Plugin: { sftpgo: '*' },
}
