import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { Browser } from '../protocols/http/files/browser.ts'
import { newBrowser } from '../protocols/http/files/browser.ts'
import { fieldOf, type HttpWorld } from '../protocols/http/http-world.ts'

type Schema = Readonly<Record<string, unknown>>

/** One operation of the OpenAPI document. */
export interface Route {
  readonly method: string
  /** With parameters in braces, as in the document. */
  readonly path: string
  /** Names of the body's fields, and of the query's. */
  readonly fields: readonly string[]
  readonly query: readonly string[]
  readonly as: 'public' | 'user' | 'admin'
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
}

export async function routesOf(world: HttpWorld): Promise<Route[]> {
  const { body } = await world.call('GET', '/api/v2/openapi.json')
  const paths = fieldOf(body, 'paths') as Record<string, Record<string, Schema>>
  const schemas = fieldOf(fieldOf(body, 'components'), 'schemas') as Record<string, Schema>
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const content = fieldOf(fieldOf(operation['requestBody'], 'content'), 'application/json')
      const parameters = (operation['parameters'] ?? []) as { name: string; in: string }[]
      const security = JSON.stringify(operation['security'] ?? [])
      return {
        method: method.toUpperCase(),
        path,
        fields: fieldNames(fieldOf(content, 'schema'), schemas),
        query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
        as: security === '[]' ? 'public' : security.includes('UserSession') ? 'user' : 'admin',
      } as const
    }),
  )
}

function fieldNames(schema: unknown, schemas: Record<string, Schema>): string[] {
  const name = /([^/]+)$/.exec(String(fieldOf(schema, '$ref') ?? ''))?.[1]
  const found = name === undefined ? schema : schemas[name]
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (fieldOf(found, key) ?? []) as unknown[])
  const own = Object.keys((fieldOf(found, 'properties') ?? {}) as object)
  return [...own, ...parts.flatMap((part) => fieldNames(part, schemas))]
}

/** A user's browser and an admin's token, made anew for each use: some routes end them. */
export class Visitors {
  readonly #world: HttpWorld
  #count = 0

  constructor(world: HttpWorld) {
    this.#world = world
  }

  user(): Promise<Browser> {
    return newBrowser(this.#world, `visitor${++this.#count}`)
  }

  async headersFor({ as }: Pick<Route, 'as'>): Promise<Record<string, string>> {
    if (as === 'public') return {}
    if (as === 'user') return { ...(await this.user()).headers }
    const token = await this.#world.addAdmin(`visitor-admin${++this.#count}`, ['*'])
    return { Authorization: `Bearer ${token}` }
  }
}

/** Longer than any answer that is not a stream. */
const streamMs = 1_500

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** As it is, without a URL parser that would tidy it up. A stream is read for a moment. */
export function send(world: HttpWorld, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const request = httpRequest(
      { host: '127.0.0.1', port: world.port, method, path, headers: { ...length, ...headers }, agent: false },
      (response) => {
        let text = ''
        const done = (): void => {
          clearTimeout(timer)
          const { statusCode: status = 0, headers: named, rawHeaders } = response
          resolve({ status, headers: named, rawHeaders, body: text })
          request.destroy()
        }
        const timer = setTimeout(done, streamMs)
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', done).on('error', done)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Puts `value` in the place of every parameter. */
export function filled(path: string, value: string): string {
  return path.replaceAll(/\{\w+\}/g, () => value)
}

/** What every answer holds to, whatever it is. */
export function assertSafe(what: string, { headers, body }: RawAnswer): void {
  const policy = (headers['content-security-policy'] as string | undefined) ?? ''
  const rules = policy.split('; ')
  const isContent = rules.includes("default-src 'none'") && rules.includes('sandbox')
  const isOurs = [
    "default-src 'self'",
    "frame-ancestors 'self'",
    "object-src 'none'",
    "base-uri 'none'",
  ].every((rule) => rules.includes(rule))
  assert.ok(isContent || isOurs, `${what}: ${policy}`)
  assert.doesNotMatch(policy, /unsafe|\*|data:/, what)
  assert.equal(headers['x-content-type-options'], 'nosniff', what)
  assert.equal(headers['referrer-policy'], 'no-referrer', what)
  assert.equal(headers['x-frame-options'], 'SAMEORIGIN', what)
  for (const name of ['x-powered-by', 'server', 'access-control-allow-origin'])
    assert.equal(headers[name], undefined, `${what}: ${name}`)
  // The console's server takes no larger head of an answer.
  assert.ok(JSON.stringify(headers).length < 8 * 1024, what)
  if (body !== '') assert.ok(headers['content-type'], `${what}: no content type`)
  if (isContent) assert.match(headers['content-disposition'] ?? '', /^attachment; /, what)
}
