import assert from 'node:assert/strict'
import type { BrowserContext, ConsoleMessage, Request, Response } from 'playwright-core'
import { waitUntil } from '../wait-until.ts'

/** An HTTP status, or 'network' for a request that never got its whole answer. */
export type Failure = number | 'network'

interface Allowance {
  readonly failure: Failure
  seen: number
}

/** Failures of requests are told by their own events, which know the request; these lines would double them. */
const failedLoad = /^Failed to load resource: /
/** A page that goes elsewhere, or ends a stream, gives up its requests. */
const givenUp = 'net::ERR_ABORTED'

/** Notes what a page should never do: log an error, fail a request, ask for anything outside the plugin. */
export class PageWatch {
  /** Errors in consoles and pages, and requests that failed without being expected to. */
  readonly consoleErrors: string[] = []
  /** Requests to anything but the plugin's own address. */
  readonly foreignRequests: string[] = []
  readonly #isOwn: (url: string) => boolean
  readonly #allowed = new Set<Allowance>()
  readonly #allowedAtStart = new WeakMap<Request, readonly Allowance[]>()

  constructor(context: BrowserContext, isOwn: (url: string) => boolean) {
    this.#isOwn = isOwn
    context.on('console', (message) => this.#hear(message))
    context.on('weberror', (error) => this.consoleErrors.push(String(error.error())))
    context.on('request', (request) => this.#start(request))
    context.on('response', (response) => this.#answered(response))
    context.on('requestfailed', (request) => this.#failed(request))
  }

  /** While `action` runs, requests may fail so, and one of them has to. */
  async allow<T>(failure: Failure, action: () => Promise<T>, patienceMs = 5000): Promise<T> {
    const allowance: Allowance = { failure, seen: 0 }
    this.#allowed.add(allowance)
    try {
      const result = await action()
      await waitUntil(`a request that fails with ${failure}`, () => allowance.seen > 0, patienceMs)
      return result
    } finally {
      this.#allowed.delete(allowance)
    }
  }

  assertClean(): void {
    const { consoleErrors, foreignRequests } = this
    assert.deepEqual({ consoleErrors, foreignRequests }, { consoleErrors: [], foreignRequests: [] })
  }

  #hear(message: ConsoleMessage): void {
    const isError = message.type() === 'error' || message.type() === 'assert'
    if (isError && !failedLoad.test(message.text()))
      this.consoleErrors.push(`${message.text()} (${message.location().url})`)
  }

  #start(request: Request): void {
    this.#allowedAtStart.set(request, [...this.#allowed])
    const url = request.url()
    const isOfMemory = url.startsWith('blob:') || url.startsWith('data:')
    if (!isOfMemory && !this.#isOwn(url)) this.foreignRequests.push(`${request.method()} ${url}`)
  }

  #answered(response: Response): void {
    if (response.status() >= 400) this.#refuse(response.request(), response.status())
  }

  #failed(request: Request): void {
    const reason = request.failure()?.errorText ?? ''
    if (reason !== givenUp) this.#refuse(request, 'network', reason)
  }

  #refuse(request: Request, failure: Failure, reason = ''): void {
    const allowed = [...(this.#allowedAtStart.get(request) ?? []), ...this.#allowed]
    const fitting = allowed.find((allowance) => allowance.failure === failure)
    if (fitting) fitting.seen++
    else this.consoleErrors.push(`${failure} ${request.method()} ${request.url()} ${reason}`.trimEnd())
  }
}
