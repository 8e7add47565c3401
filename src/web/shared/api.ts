import type { ApiError, RefusalReasonName } from '../../contract/api-answer.ts'

/** The header that proves that a change comes from this page. A copy: the contract's values stay on the server. */
const csrfHeader = 'X-CSRF-TOKEN'

/** Pages lie at <base>web/<area>/<page>. */
const baseUrl = new URL('../../', location.href)

/** What the server refused, in its words and as a code. `status` 0: it could not be reached. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  readonly reason: RefusalReasonName | undefined

  constructor(status: number, { message, error, field, reason }: ApiError) {
    super(message)
    this.status = status
    this.code = error
    this.field = field
    this.reason = reason
  }
}

let csrfToken = ''
let onSignedOut: (() => Promise<void>) | undefined
let readSessionAnew: (() => Promise<unknown>) | undefined

/** Told by whoever signs in. */
export function useCsrfToken(token: string): void {
  csrfToken = token
}

export function currentCsrfToken(): string {
  return csrfToken
}

/** `ask` lets the user sign in again over the page as it stands; the request that was refused is then sent again. */
export function whenSignedOut(ask: () => Promise<void>): void {
  onSignedOut = ask
}

/** `read` asks the server for the session, which tells its token: somebody may have signed in anew in another tab. */
export function whenRefused(read: () => Promise<unknown>): void {
  readSessionAnew = read
}

/** Lets the user sign in again, for libraries that send requests themselves. */
export function signInAgain(): Promise<void> {
  return onSignedOut?.() ?? Promise.resolve()
}

/** Absolute address of something below the base path of the plugin. */
export function urlOf(path: string): string {
  return new URL(path, baseUrl).href
}

export interface RequestOptions {
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** False for requests that are answered 401 without meaning that the session is over. */
  readonly asksAgain?: boolean
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** One call of the API; `path` begins after `api/v2/`. @throws ApiFailure */
export async function callApi<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await request(method, path, options)
  return (await response.json()) as T
}

/** The same for an answer that is no JSON. @throws ApiFailure */
export async function readBytes(path: string, options: RequestOptions): Promise<ArrayBuffer> {
  return (await readPiece(path, options)).bytes
}

/** The same with the mark of the file that the bytes are of. @throws ApiFailure */
export async function readPiece(
  path: string,
  options: RequestOptions,
): Promise<{ readonly bytes: ArrayBuffer; readonly etag: string | null }> {
  const response = await request('POST', path, options)
  return { bytes: await response.arrayBuffer(), etag: response.headers.get('ETag') }
}

async function request(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const token = csrfToken
  const response = await send(method, path, options)
  if (response.ok) return response
  const failure = await failureOf(response)
  const isOnce = options.asksAgain !== false
  if (failure.status === 403 && isOnce && (await hasNewToken(token)))
    return request(method, path, { ...options, asksAgain: false })
  if (failure.status !== 401 || !isOnce || !onSignedOut) throw failure
  await onSignedOut()
  return request(method, path, { ...options, asksAgain: false })
}

/** After a 403: whether there is another token by now than the one that was sent, so that it is worth another try. */
export async function hasNewToken(sent: string): Promise<boolean> {
  if (csrfToken === sent) await readSessionAnew?.().catch(() => undefined)
  return csrfToken !== sent
}

async function send(method: Method, path: string, { body, signal }: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers[csrfHeader] = csrfToken
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    return await fetch(urlOf(`api/v2/${path}`), {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiFailure(0, { message: 'The server cannot be reached', error: 'unreachable' })
  }
}

/** Proxies on the way answer in HTML. */
async function failureOf(response: Response): Promise<ApiFailure> {
  try {
    return new ApiFailure(response.status, (await response.json()) as ApiError)
  } catch {
    return new ApiFailure(response.status, { message: response.statusText, error: `http-${response.status}` })
  }
}

/** For libraries that send requests themselves. */
export function csrfHeaders(): Record<string, string> {
  return { [csrfHeader]: csrfToken }
}
