import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { openHttpWorld, type HttpWorld } from '../protocols/http/http-world.ts'
import { filled, type Route, routesOf, Visitors } from './http-routes.ts'

const mebibyte = 2 ** 20
/** No route takes as much: the largest is a text to be saved, with every character of it escaped. */
const offered = 64 * mebibyte
/** The largest limit of a list of paths, 4 MiB, beside what lies in the buffers of the two ends of a connection when one of them reads no more. */
const slack = 24 * mebibyte

interface Outcome {
  readonly status: number
  /** Bytes that the client got rid of before it had the answer. */
  readonly sent: number
}

/** Sends a body of a length that it does not tell, until somebody answers. */
async function flood(
  world: HttpWorld,
  { method, path }: Route,
  headers: Record<string, string>,
): Promise<Outcome> {
  const request = httpRequest({
    ...{ host: '127.0.0.1', port: world.port, method, path: filled(path, 'some-name'), agent: false },
    headers: { ...headers, 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
  })
  let status = 0
  const answered = new Promise<void>((resolve) => {
    request.on('response', (response) => {
      status = response.statusCode ?? 0
      response.resume()
      resolve()
    })
    request.on('error', () => resolve()).on('close', () => resolve())
  })
  let isOver = false
  void answered.then(() => (isOver = true))
  const piece = Buffer.alloc(256 * 1024, 0x20)
  let sent = 0
  while (!isOver && sent < offered) {
    sent += piece.length
    if (!request.write(piece)) await Promise.race([once(request, 'drain').catch(() => {}), answered])
  }
  if (!isOver) request.end()
  await answered
  request.destroy()
  return { status, sent }
}

test('every route that takes a body has a limit, and nothing above it is kept in memory', async () => {
  await using world = await openHttpWorld()
  const visitors = new Visitors(world)
  const routes = (await routesOf(world)).filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  assert.ok(routes.length > 40, String(routes.length))
  const known = {
    public: {},
    user: await visitors.headersFor({ as: 'user' }),
    admin: await visitors.headersFor({ as: 'admin' }),
  }
  const before = process.memoryUsage.rss()
  for (const route of routes) {
    const what = `${route.method} ${route.path}`
    let { status, sent } = await flood(world, route, known[route.as])
    // Who sends on can lose the answer to the reset of the connection (RFC 9112 §9.6), but not again and again.
    for (let again = 0; status === 0 && again < 3; again++)
      ({ status, sent } = await flood(world, route, known[route.as]))
    assert.equal(status, 413, what)
    assert.ok(sent <= slack, `${what}: ${sent}`)
  }
  // Together they were offered some gigabytes.
  const grown = process.memoryUsage.rss() - before
  assert.ok(grown < 128 * mebibyte, `${Math.round(grown / mebibyte)} MiB more`)
})

test('a body that tells a length above the limit is refused before it is sent', async () => {
  await using world = await openHttpWorld()
  const visitors = new Visitors(world)
  const known = {
    public: {},
    user: await visitors.headersFor({ as: 'user' }),
    admin: await visitors.headersFor({ as: 'admin' }),
  }
  for (const { method, path, as } of await routesOf(world)) {
    if (['GET', 'HEAD', 'OPTIONS'].includes(method)) continue
    const request = httpRequest({
      ...{ host: '127.0.0.1', port: world.port, method, path: filled(path, 'some-name'), agent: false },
      headers: { ...known[as], 'Content-Type': 'application/json', 'Content-Length': String(offered) },
    })
    request.on('error', () => {}).flushHeaders()
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
    assert.equal(response.statusCode, 413, `${method} ${path}`)
    response.resume()
    request.destroy()
  }
})
