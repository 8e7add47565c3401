import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../core/log.ts'
import type { AskReadiness } from '../../core/readiness.ts'
import { failListening } from '../listen-error.ts'
import type { ProtocolServer } from '../protocol-server.ts'
import { pathOf } from './base-path.ts'
import { readinessAnswer } from './health-check.ts'
import { addressText } from './listen-address.ts'
import type { Metrics } from './metrics.ts'

const headersTimeoutMs = 10_000
const requestTimeoutMs = 20_000
const maxSockets = 100

export interface MetricsServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly metrics: Metrics
  readonly readiness: AskReadiness
  readonly log: Log
}

/** Numbers for Prometheus and a health check, on a port of its own that is not published. */
export class MetricsServer implements ProtocolServer {
  readonly protocol = 'metrics'
  readonly #options: MetricsServerOptions
  readonly #server: Server
  #addresses: readonly string[] = []
  #stopping: Promise<void> | undefined

  constructor(options: MetricsServerOptions) {
    this.#options = options
    this.#server = createServer(
      { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxConnections = maxSockets
  }

  get addresses(): readonly string[] {
    return this.#addresses
  }

  async start(): Promise<void> {
    const { host, port } = this.#options
    this.#server.listen({ host, port })
    await once(this.#server, 'listening').catch(failListening({ setting: 'METRICS_PORT', host, port }))
    const address = this.#server.address()
    if (address !== null) this.#addresses = [addressText(address)]
  }

  stop(graceMs = 0): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs))
  }

  async #stop(graceMs: number): Promise<void> {
    if (!this.#server.listening) return
    const timer = new AbortController()
    const closed = once(this.#server, 'close').finally(() => timer.abort())
    this.#server.close()
    this.#server.closeIdleConnections()
    const cut = delay(graceMs, undefined, { signal: timer.signal, ref: false }).then(
      () => this.#server.closeAllConnections(),
      () => undefined,
    )
    await Promise.all([closed, cut])
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store').setHeader('X-Content-Type-Options', 'nosniff')
    request.resume()
    try {
      const isReading = request.method === 'GET' || request.method === 'HEAD'
      const path = pathOf(request.url ?? '')
      if (isReading && path === '/healthz') end(response, 200, 'text/plain; charset=utf-8', 'ok')
      else if (isReading && path === '/readyz') {
        const { status, body } = readinessAnswer(await this.#options.readiness())
        end(response, status, 'application/json; charset=utf-8', JSON.stringify(body))
      } else if (isReading && path === '/metrics') {
        const { metrics } = this.#options
        end(response, 200, metrics.contentType, await metrics.text())
      } else end(response, 404, 'text/plain; charset=utf-8', 'not found')
    } catch (error) {
      this.#options.log.error({ err: error }, 'metrics not answered')
      end(response, 500, 'text/plain; charset=utf-8', 'the metrics could not be read')
    }
  }
}

function end(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
