import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, World } from './world.ts'

export const maxBodyBytes = 8 * 1024 * 1024

/** One API request with its body read. */
export interface Call {
  readonly world: World
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly body: Buffer
}

/** What a route answers. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Route {
  readonly method: string
  readonly path: RegExp
  handle(call: Call, ...groups: string[]): Answer | Promise<Answer>
}

/** Ends a request with an error answer. */
export class Refusal extends Error {
  readonly status: number
  readonly context: readonly string[] | undefined

  constructor(status: number, message: string, context?: readonly string[]) {
    super(message)
    this.status = status
    this.context = context
  }
}

export const ok = (body: unknown): Answer => ({ status: 200, body })

export const notFound = (): Refusal => new Refusal(404, 'not found')

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

export function sendHtml(response: ServerResponse, status: number, title: string): void {
  const text = `<html><head><title>${title}</title></head><body><h1>${status} ${title}</h1></body></html>`
  response.writeHead(status, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

export function sendError(world: World, response: ServerResponse, error: Refusal): void {
  if (world.quirks.htmlErrors === true) return sendHtml(response, error.status, error.message)
  const context = error.context === undefined ? {} : { context: error.context }
  sendJson(response, error.status, { error: { message: error.message, ...context } })
}

/** @throws Refusal 413 past 8 MiB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes)
    throw new Refusal(413, 'Payload Too Large')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Refusal(413, 'Payload Too Large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function readJsonObject(call: Call): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(call.body.toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // answered below like any other body that is no object
  }
  throw new Refusal(400, 'invalid request')
}

export function bearerOf(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers.authorization
  if (header !== undefined) return /^bearer /i.test(header) ? header.slice(7) : ''
  return url.searchParams.get('authorization') ?? undefined
}

/** @throws Refusal 401 */
export function authenticate(call: Call): Caller {
  const bearer = bearerOf(call.request, call.url)
  const caller = bearer === undefined ? undefined : call.world.identify(bearer)
  if (caller === undefined) throw new Refusal(401, 'unauthorized')
  return caller
}

export interface Need {
  readonly owner: string
  readonly entity: string
  readonly resource: string
  readonly action: string
}

/** @throws Refusal 401 or 403 */
export function authorize(call: Call, need: Need): Caller {
  const caller = authenticate(call)
  if (!isAllowed(caller, need, call.request.method === 'GET')) throw new Refusal(403, 'forbidden')
  return caller
}

export function isAllowed(caller: Caller, need: Need, isRead: boolean): boolean {
  if (caller.user.user !== need.owner && !(caller.user.role === 'admin' && isRead)) return false
  if (caller.user.role === 'member' && (need.entity === 'Plugin' || need.action === 'CreateStorage'))
    return false
  if (caller.allow === undefined) return true
  const actions = [need.entity, '*'].flatMap((entity) =>
    [need.resource, '*'].map((resource) => caller.allow?.[entity]?.[resource]),
  )
  return actions.some((granted) => granted !== undefined && grants(granted, need.action))
}

function grants(granted: '*' | readonly string[], action: string): boolean {
  if (granted === '*') return true
  return granted.some(
    (name) => name === action || (name.endsWith('*') && action.startsWith(name.slice(0, -1))),
  )
}
