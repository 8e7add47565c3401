import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bearerOf, isAllowed, maxBodyBytes, readBody, Refusal, sendHtml, sendJson } from './http.ts'
import type { FakePlugin } from './options.ts'
import type { World } from './world.ts'

const route = /^\/users\/([A-Za-z0-9_-]{1,32})\/plugins\/([A-Za-z0-9_:-]{1,32})(\/.*|\?.*|)$/
const maxHeaderBytes = 8 * 1024
/** About one connection alone. RFC 9110 §7.6.1 */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding']

export const consoleCookie = 'fake_console'

/** Where a request to a plugin goes. */
interface Destination {
  readonly target: URL
  readonly path: string
}

export function isForPlugin(target: string): boolean {
  return target.startsWith('/users/')
}

/** The way from the platform's web port into a plugin. */
export async function forward(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const destination = admit(world, request)
    const body = await collectBody(world, request)
    await exchange(world, request, response, destination, body)
  } catch (error) {
    if (response.headersSent) return void response.destroy()
    refuse(response, error)
  }
}

/** The same for a WebSocket. */
export function forwardUpgrade(world: World, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  let destination: Destination
  try {
    destination = admit(world, request)
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 502
    socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    return
  }
  const { target, path } = destination
  const upstream = connect(Number(target.port), target.hostname, () => {
    const lines = Object.entries(forwardedHeaders(world, request)).map(
      ([name, value]) => `${name}: ${String(value)}`,
    )
    upstream.write(`${request.method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    upstream.write(head)
    pipeline(socket, upstream, socket).catch(() => {})
  })
  upstream.on('error', () => socket.destroy())
  socket.on('error', () => upstream.destroy())
}

/** @throws Refusal when the request may not reach the plugin */
function admit(world: World, request: IncomingMessage): Destination {
  const raw = request.url ?? ''
  refuseSuspicious(raw)
  const [, user, id, rest = ''] = route.exec(raw) ?? []
  const plugin = world.plugin
  if (user !== plugin.user || id !== plugin.plugin) throw new Refusal(404, 'not found')
  if (plugin.public !== true) authorizeVisitor(world, request, plugin)
  if (plugin.target === undefined) throw new Refusal(502, 'Bad Gateway')
  const path = plugin.rewriteBasePath === true ? rest.replace(/^(?!\/)/, '/') : raw
  return { target: new URL(plugin.target), path: withoutAuthorization(world, path) }
}

function refuseSuspicious(raw: string): void {
  let decoded: string
  try {
    decoded = decodeURIComponent(raw)
  } catch {
    throw new Refusal(400, 'Bad Request')
  }
  const hasControl = [...decoded].some((character) => character < ' ' || character === '\x7f')
  if (decoded.includes('..') || hasControl) throw new Refusal(400, 'Bad Request')
}

function authorizeVisitor(world: World, request: IncomingMessage, plugin: FakePlugin): void {
  const url = new URL(request.url ?? '/', 'http://fake')
  const token = bearerOf(request, url) ?? cookieOf(request)
  const caller = token === undefined ? undefined : world.identify(token)
  if (caller === undefined) throw new Refusal(401, 'unauthorized')
  const need = { owner: plugin.user, entity: 'Plugin', resource: plugin.plugin, action: 'CallPluginEndpoint' }
  if (!isAllowed(caller, need, true)) throw new Refusal(403, 'forbidden')
}

function cookieOf(request: IncomingMessage): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(/;\s*/)
  return cookies.find((cookie) => cookie.startsWith(`${consoleCookie}=`))?.slice(consoleCookie.length + 1)
}

function withoutAuthorization(world: World, path: string): string {
  if (world.quirks.stripQueryAuthorization !== true) return path
  const [pathname = '', query] = path.split('?', 2)
  const kept = (query ?? '').split('&').filter((pair) => pair !== '' && !pair.startsWith('authorization='))
  return kept.length === 0 ? pathname : `${pathname}?${kept.join('&')}`
}

async function collectBody(world: World, request: IncomingMessage): Promise<Buffer> {
  const isChunked = request.headers['transfer-encoding'] !== undefined
  if (isChunked && world.quirks.noChunkedRequests === true) throw new Refusal(400, 'Bad Request')
  return readBody(request)
}

function forwardedHeaders(world: World, request: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers }
  if (world.quirks.stripAuthorization !== false) delete headers.authorization
  headers['x-forwarded-for'] = request.socket.remoteAddress ?? ''
  headers['x-forwarded-proto'] = 'encrypted' in request.socket ? 'https' : 'http'
  headers['x-forwarded-host'] = request.headers.host ?? ''
  return headers
}

async function exchange(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  { target, path }: Destination,
  body: Buffer,
): Promise<void> {
  const headers = forwardedHeaders(world, request)
  for (const name of hopByHop) delete headers[name]
  if (body.length > 0) headers['content-length'] = body.length
  const upstream = httpRequest({
    host: target.hostname,
    port: target.port,
    method: request.method ?? 'GET',
    path,
    headers,
    agent: false,
    maxHeaderSize: 64 * 1024,
  })
  response.on('close', () => upstream.destroy())
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream.on('response', resolve).on('error', reject).end(body)
  })
  await relay(world, answer, response)
}

async function relay(world: World, answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const headerBytes = answer.rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0)
  if (headerBytes > maxHeaderBytes) {
    answer.destroy()
    throw new Refusal(502, 'Bad Gateway')
  }
  const buffered = world.quirks.bufferedResponses === true ? await collectAnswer(answer) : undefined
  response.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.headers))
  if (buffered !== undefined) return void response.end(buffered)
  // An event stream may have nothing to say for a while.
  response.flushHeaders()
  await pipeline(answer, response)
}

async function collectAnswer(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Refusal(502, 'Bad Gateway')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function withoutHopByHop(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = { ...headers }
  for (const name of hopByHop) delete kept[name]
  return kept
}

function refuse(response: ServerResponse, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(502, 'Bad Gateway')
  if (refusal.status === 413) {
    response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end(refusal.message)
  } else if (refusal.status === 400 || refusal.status === 502) {
    response.setHeader('connection', 'close')
    sendHtml(response, refusal.status, refusal.message)
  } else {
    sendJson(response, refusal.status, { error: { message: refusal.message } })
  }
}
