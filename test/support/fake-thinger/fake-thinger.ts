import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { isForConsole, serveConsole } from './console.ts'
import { EventStream, isForEvents } from './events.ts'
import { notFound, readBody, Refusal, sendError, sendHtml, sendJson, type Route } from './http.ts'
import { oauthRoutes } from './oauth.ts'
import type { FakeThingerOptions, SeenRequest } from './options.ts'
import { pluginRoutes } from './plugins.ts'
import { proxyRoutes } from './proxies.ts'
import { forward, forwardUpgrade, isForPlugin } from './reverse-proxy.ts'
import { storageRoutes } from './storages.ts'
import { userRoutes } from './users.ts'
import { World } from './world.ts'

const routes: readonly Route[] = [
  ...oauthRoutes,
  ...userRoutes,
  ...pluginRoutes,
  ...storageRoutes,
  ...proxyRoutes,
]
const defaultIdleTimeoutMs = 120_000

/** Starts a Thinger.io platform in memory on a free port of 127.0.0.1. */
export async function startFakeThinger(options: FakeThingerOptions = {}): Promise<FakeThinger> {
  const fake = new FakeThinger(options)
  await fake.listen()
  return fake
}

/** What a plugin sees of the platform: API, reverse proxy and console on one port. */
export class FakeThinger implements AsyncDisposable {
  readonly world: World
  readonly events = new EventStream()
  /** Every request to API and reverse proxy, in order. */
  readonly requests: SeenRequest[] = []
  /** The token that the platform would put into the plugin's environment. */
  readonly pluginToken: string
  readonly #server: Server
  readonly #scheme: 'http' | 'https'
  readonly #sockets = new Set<Socket>()
  #isDown = false

  constructor(options: FakeThingerOptions) {
    this.world = new World(options)
    const { user, plugin } = this.world.plugin
    const first = options.tokens?.[0] ?? { user, token: `${plugin}_plugin` }
    this.pluginToken = this.world.issueNamedToken(first.user, first.token)
    this.#scheme = options.tls === undefined ? 'http' : 'https'
    this.#server = options.tls === undefined ? createServer() : createTlsServer(options.tls)
    const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
    this.#server.setTimeout(idleTimeoutMs)
    // Node's own 5 s would now and then close a connection in the moment in which a browser uses it again.
    this.#server.keepAliveTimeout = idleTimeoutMs
    this.#server.on('connection', (socket: Socket) => this.#welcome(socket))
    this.#server.on('request', (request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get quirks(): World['quirks'] {
    return this.world.quirks
  }

  issueAccessToken(user: string): string {
    return this.world.issueAccessToken(user)
  }

  /** Where the reverse proxy sends requests for the plugin from now on, e.g. 'http://127.0.0.1:8080'. */
  showPlugin(target: string): void {
    this.world.plugin = { ...this.world.plugin, target }
  }

  /** While down, every connection is cut before it gets an answer. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown
    if (isDown) this.#cutAll()
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve)
    })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#cutAll()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #welcome(socket: Socket): void {
    if (this.#isDown) return void socket.resetAndDestroy()
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { latencyMs = 0 } = this.quirks
    if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false })
    if (response.destroyed) return
    const { status, redirectTo } = this.quirks
    if (status !== undefined) return this.#fail(request, response, new Refusal(status, 'Service Unavailable'))
    if (redirectTo !== undefined) return void response.writeHead(307, { location: redirectTo }).end()
    const target = request.url ?? '/'
    if (isForPlugin(target)) {
      this.#record(request, '')
      return forward(this.world, request, response)
    }
    if (isForConsole(target)) return serveConsole(this.world, request, response)
    await this.#answerApi(request, response)
  }

  async #answerApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'http://fake')
      const body = await readBody(request)
      this.#record(request, body.toString())
      const { route, groups } = findRoute(request.method ?? 'GET', url.pathname)
      const answer = await route.handle({ world: this.world, request, response, url, body }, ...groups)
      sendJson(response, answer.status, answer.body)
    } catch (error) {
      if (!response.destroyed) this.#fail(request, response, error)
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    request.resume()
    if (error instanceof Refusal) return sendError(this.world, response, error)
    sendHtml(response, 500, 'Internal Server Error')
  }

  #record(request: IncomingMessage, body: string): void {
    const { method = '', url = '', headers } = request
    this.requests.push({ method, target: url, authorization: headers.authorization, body })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = request.url ?? '/'
    if (isForEvents(target)) return this.events.accept(this.world, request, socket)
    if (isForPlugin(target)) return forwardUpgrade(this.world, request, socket, head)
    socket.destroy()
  }
}

function findRoute(method: string, pathname: string): { route: Route; groups: string[] } {
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(pathname) : null
    if (match !== null) return { route, groups: match.slice(1).map(decodeURIComponent) }
  }
  throw notFound()
}
