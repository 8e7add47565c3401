import axios, { isAxiosError } from 'axios'
import { setTimeout as delay } from 'node:timers/promises'
import { FileServerError } from '../core/errors.ts'
import { PlatformTrust } from './platform-trust.ts'
import { redact } from './redact.ts'

export interface PlatformHttpOptions {
  /** E.g. 'https://thinger.example'; a path in it is kept. */
  readonly baseUrl: string
  /** PEM file of the platform's own certificate, trusted besides the usual authorities. */
  readonly certificateFile?: string | undefined
  /** For one call, from connecting to the last byte. */
  readonly timeoutMs?: number
  /** First pause before a repeated GET; it doubles each time. */
  readonly retryDelayMs?: number
}

export interface PlatformRequest {
  readonly method: 'GET' | 'POST'
  /** With its segments encoded already. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  readonly bearer?: string
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly signal?: AbortSignal | undefined
}

/** What the platform said. Errors may come as JSON, HTML or plain text: `message` is the best reading of them. */
export interface PlatformAnswer {
  readonly status: number
  /** Parsed JSON; undefined for anything else. */
  readonly body: unknown
  /** Free of the request's secrets, at most 200 characters, possibly ''. */
  readonly message: string
}

const maxGetAttempts = 3
const maxResponseBytes = 2 * 1024 * 1024

/**
 * One request, one answer. Never follows a redirect, since that would hand credentials to wherever it points, and
 * never lets an axios error out, since that carries the request's headers and body.
 */
export class PlatformHttp {
  readonly #baseUrl: string
  readonly #timeoutMs: number
  readonly #retryDelayMs: number
  readonly #trust: PlatformTrust
  readonly #axios = axios.create({
    adapter: 'http',
    maxRedirects: 0,
    maxContentLength: maxResponseBytes,
    proxy: false,
    responseType: 'text',
    transformResponse: [(text: string) => text],
    validateStatus: () => true,
  })

  constructor(options: PlatformHttpOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '')
    this.#timeoutMs = options.timeoutMs ?? 5000
    this.#retryDelayMs = options.retryDelayMs ?? 200
    this.#trust = new PlatformTrust(options.certificateFile)
  }

  /**
   * A GET is repeated after a broken connection or a 5xx, not after a time-out: more requests do not help a slow
   * server. @throws 'unavailable' when no answer came, 'aborted' by the signal
   */
  async send(request: PlatformRequest): Promise<PlatformAnswer> {
    const attempts = request.method === 'GET' ? maxGetAttempts : 1
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#sendOnce(request)
      const mayRepeat = attempt < attempts && (outcome.kind === 'broken' || isServerError(outcome))
      if (!mayRepeat) {
        if (outcome.kind === 'answered') return outcome.answer
        throw outcome.error
      }
      await this.#pause(this.#retryDelayMs * 2 ** (attempt - 1), request.signal)
    }
  }

  async #sendOnce(request: PlatformRequest): Promise<Outcome> {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout])
    const secrets = secretsOf(request)
    try {
      const response = await this.#axios.request<string>({
        url: this.#baseUrl + request.path,
        method: request.method,
        headers: headersOf(request),
        params: request.query,
        data: bodyOf(request),
        httpsAgent: await this.#trust.agent(),
        signal,
      })
      return { kind: 'answered', answer: readAnswer(response.status, response.data, secrets) }
    } catch (error) {
      if (request.signal?.aborted === true) return { kind: 'ended', error: abortedError() }
      if (timeout.aborted)
        return { kind: 'ended', error: unavailable(`no answer within ${this.#timeoutMs} ms`) }
      return { kind: 'broken', error: unavailable(describe(error, secrets)) }
    }
  }

  async #pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await delay(durationMs, undefined, signal === undefined ? {} : { signal })
    } catch {
      throw abortedError()
    }
  }
}

type Outcome =
  | { readonly kind: 'answered'; readonly answer: PlatformAnswer }
  | { readonly kind: 'broken' | 'ended'; readonly error: FileServerError }

function isServerError(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.answer.status >= 500
}

function headersOf(request: PlatformRequest): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'sftpgo-plugin',
    ...(request.bearer !== undefined && { authorization: `Bearer ${request.bearer}` }),
    ...(request.form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(request.json !== undefined && { 'content-type': 'application/json' }),
  }
}

function bodyOf(request: PlatformRequest): string | undefined {
  if (request.form !== undefined) return new URLSearchParams(request.form).toString()
  return request.json === undefined ? undefined : JSON.stringify(request.json)
}

function secretsOf(request: PlatformRequest): string[] {
  return [request.bearer, request.form?.password].filter((secret) => secret !== undefined)
}

function readAnswer(status: number, text: string, secrets: readonly string[]): PlatformAnswer {
  const body = parseJson(text)
  return { status, body, message: redact(messageIn(body) ?? titleIn(text), secrets) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The API's errors are `{"error":{"message":…}}`. */
function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const { error } = body
  if (typeof error === 'string') return error
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined
  return typeof error.message === 'string' ? error.message : undefined
}

function titleIn(text: string): string {
  return /<title>([^<]{0,200})<\/title>/i.exec(text)?.[1]?.trim() ?? ''
}

function describe(error: unknown, secrets: readonly string[]): string {
  if (!isAxiosError(error)) return error instanceof Error ? redact(error.message, secrets) : 'request failed'
  return redact(`${error.code ?? 'ERROR'}: ${error.message}`, secrets)
}

function unavailable(reason: string): FileServerError {
  return new FileServerError('unavailable', 'The Thinger.io platform does not answer', {
    cause: new Error(reason),
  })
}

function abortedError(): FileServerError {
  return new FileServerError('aborted', 'The request to the Thinger.io platform was given up')
}
