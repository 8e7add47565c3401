import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { newBrowser } from '../protocols/http/files/browser.ts'
import { basePath, fieldOf, openHttpWorld, type HttpWorld } from '../protocols/http/http-world.ts'
import { assertSafe, filled, type RawAnswer, routesOf, send, Visitors } from './http-routes.ts'

const json = { 'Content-Type': 'application/json' }

async function raw(world: HttpWorld, text: string): Promise<RawAnswer> {
  const socket = connect(world.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const pairs = lines.map((one) => /^([^:]+): ?(.*)$/.exec(one)?.slice(1) as [string, string])
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  return { status: Number(line.split(' ')[1]), headers, rawHeaders: pairs.flat(), body }
}

test('every kind of answer holds to what the console asks of a page in its origin', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  await mkdir(join(browser.home, 'directory'))
  for (const name of ['page.html', 'directory/picture.svg'])
    await writeFile(join(browser.home, name), '<svg onload=alert(1)>')
  const linkTo = async (path: string) => {
    const { url } = await browser.ask('POST', '/user/downloads', { paths: [path] }, 201)
    return `/${String(url)}`
  }
  const { headers } = browser
  const get = (path: string, more: Record<string, string> = {}) =>
    send(world, { method: 'GET', path, headers: { ...headers, ...more } })
  const post = (path: string, body: string) =>
    send(world, { method: 'POST', path, body, headers: { ...json, ...headers } })
  const asset = '/web/client/assets/page-1a2b3c.js'
  const kinds: readonly (readonly [string, number, () => Promise<RawAnswer>])[] = [
    ['a page', 200, () => get('/web/client/login')],
    ['a page below the base path', 200, () => get(`${basePath}web/admin/login`)],
    ['an asset', 200, () => get(asset)],
    [
      'an asset that is known already',
      304,
      async () => get(asset, { 'If-None-Match': (await get(asset)).headers.etag ?? '' }),
    ],
    ['an asset of which a part is asked for', 200, () => get(asset, { Range: 'bytes=0-1' })],
    ['a missing asset', 404, () => get('/web/client/assets/missing.js')],
    ['an asset out of its place', 404, () => get('/web/client/assets/..%2f..%2ftest.db')],
    ['robots.txt', 200, () => get('/robots.txt')],
    ['a redirect', 302, () => get('/web/client')],
    ['a redirect with a name in it', 302, () => get('/web/admin/user/%22%3E%0d%0aX-Injected:%201')],
    ['the redirect to the base path', 302, () => get(basePath.slice(0, -1))],
    ['an answer of the API', 200, () => get('/api/v2/session/user')],
    ['a listing', 200, () => post('/api/v2/user/dirs', '{"path":"/"}')],
    ['health', 200, () => get('/healthz')],
    ['readiness', 200, () => get('/readyz')],
    ['the API’s description', 200, () => get('/api/v2/openapi.json')],
    ['not signed in', 401, () => send(world, { method: 'GET', path: '/api/v2/user/profile' })],
    ['nothing there', 404, () => get('/api/v2/missing')],
    ['a method that is not served', 405, () => send(world, { method: 'PUT', path: '/healthz' })],
    ['an address that cannot be decoded', 400, () => get('/%zz')],
    ['a body that is no JSON', 400, () => post('/api/v2/token', '{')],
    ['a body that is too large', 413, () => post('/api/v2/token', 'x'.repeat(70_000))],
    [
      'a body of another type',
      415,
      () =>
        send(world, {
          method: 'POST',
          path: '/api/v2/token',
          body: 'a=b',
          headers: { 'Content-Type': 'text/html' },
        }),
    ],
    [
      'a part that failed',
      503,
      async () => {
        const token = await world.addAdmin('tester', ['*'])
        return send(world, {
          method: 'GET',
          path: '/api/v2/status',
          headers: { Authorization: `Bearer ${token}` },
        })
      },
    ],
    ['a download', 200, async () => get(await linkTo('/page.html'))],
    ['a part of a download', 206, async () => get(await linkTo('/page.html'), { Range: 'bytes=0-1' })],
    ['a part that is not there', 416, async () => get(await linkTo('/page.html'), { Range: 'bytes=900-' })],
    ['a ZIP', 200, async () => get(await linkTo('/directory'))],
    ['a link to nothing', 404, () => get('/api/v2/user/downloads/missing')],
    ['what is not HTTP', 400, () => raw(world, 'SSH-2.0-x\r\n\r\n')],
    [
      'too many headers',
      431,
      () => raw(world, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`),
    ],
  ]
  for (const [what, status, ask] of kinds) {
    const answer = await ask()
    assert.equal(answer.status, status, what)
    assertSafe(what, answer)
    assert.equal(answer.headers['x-injected'], undefined, what)
    const isHtml = (answer.headers['content-type'] ?? '').startsWith('text/html')
    assert.equal(isHtml, what.startsWith('a page'), what)
    if (/download|ZIP|part of a d/.test(what))
      assert.match(answer.headers['content-disposition'] ?? '', /^attachment/, what)
    if (/^an asset that|asset$/.test(what) && status < 400) continue
    assert.match(answer.headers['cache-control'] ?? '', /no-store|no-cache|immutable/, what)
  }
})

test('what Node answers by itself has nothing in it', async () => {
  await using world = await openHttpWorld()
  const { status, headers, body } = await raw(world, 'GET /<svg> HTTP/1.1\r\nConnection: close\r\n\r\n')
  assert.deepEqual([status, headers['content-type']], [400, undefined])
  // Of a body in chunks there is the end alone.
  assert.match(body, /^0?$/)
})

/** Each marks what came from the client, in a form that would do harm somewhere. */
const mark = 'xZq7'
const markers = [
  `<svg onload=${mark}()>`,
  `"'><script>${mark}</script>`,
  `${mark}\r\nX-Injected: 1\r\n\r\n<b>${mark}`,
] as const

function assertNotReflected(what: string, answer: RawAnswer): void {
  assertSafe(what, answer)
  assert.equal(answer.headers['x-injected'], undefined, what)
  for (const value of answer.rawHeaders)
    assert.doesNotMatch(value, /[<>"\r\n][^]*xZq7|xZq7[^]*[<>\r\n]/, what)
  if (!answer.body.includes(mark)) return
  const type = answer.headers['content-type'] ?? ''
  const isAttachment = (answer.headers['content-disposition'] ?? '').startsWith('attachment')
  assert.ok(isAttachment || type.startsWith('application/json'), `${what}: ${type}`)
  if (type.startsWith('application/json')) JSON.parse(answer.body)
}

describe('what a client sends comes back in no page, no header, and nowhere unescaped', () => {
  for (const marker of markers)
    test(`from the path, query, headers and body of every route: ${JSON.stringify(marker)}`, async () => {
      await using world = await openHttpWorld()
      const visitors = new Visitors(world)
      const ending = /DELETE.*session|logout|changepwd/
      const encoded = encodeURIComponent(marker)
      // A header cannot hold a line end; the client would refuse to send it.
      const told = marker.replaceAll(/[\r\n]/g, ' ')
      const headers = {
        'User-Agent': told,
        'X-Forwarded-For': told,
        'X-Forwarded-Host': told,
        Referer: told,
        'X-Request-Id': told,
        Accept: told,
      }
      let user = await visitors.headersFor({ as: 'user' })
      let admin = await visitors.headersFor({ as: 'admin' })
      let asked = 0
      for (const route of await routesOf(world)) {
        const { method, path, fields, query } = route
        const own = route.as === 'user' ? user : route.as === 'admin' ? admin : {}
        const search = [...query, 'authorization', encoded].map((name) => `${name}=${encoded}`).join('&')
        const address = `${filled(path, encoded)}?${search}`
        const strings = Object.fromEntries([...fields, marker].map((name) => [name, marker]))
        const lists = Object.fromEntries(
          [...fields, marker].map((name) => [name, [marker, { [marker]: marker }]]),
        )
        const form = `--b\r\nContent-Disposition: form-data; name="${marker}"; filename="${marker}"\r\n\r\n${marker}\r\n--b--`
        const bodies: (readonly [string, string])[] =
          method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
            ? []
            : [
                ['application/json', JSON.stringify(strings)],
                ['application/json', JSON.stringify(lists)],
                ['application/json', JSON.stringify(marker)],
                ['application/json', marker],
                ['multipart/form-data; boundary=b', form],
                [`text/html; charset="${told.replaceAll('"', '')}"`, marker],
              ]
        const asks = [
          { method, path: address, headers: { ...headers, ...own } },
          { method, path: address, headers },
          ...bodies.map(([type, body]) => ({
            ...{ method, path: address, body },
            headers: { ...headers, ...own, 'Content-Type': type },
          })),
        ]
        for (const ask of asks) {
          assertNotReflected(`${method} ${address} ${ask.headers['User-Agent']}`, await send(world, ask))
          asked++
        }
        if (!ending.test(`${method} ${path}`)) continue
        user = await visitors.headersFor({ as: 'user' })
        admin = await visitors.headersFor({ as: 'admin' })
      }
      assert.ok(asked > 300, String(asked))
      const pages = [
        '/',
        '/web/',
        '/web/client/',
        '/web/client/login',
        '/web/admin/users',
        '/web/admin/user/',
        '/web/client/assets/',
        '/missing/',
        basePath,
      ]
      for (const page of pages)
        for (const path of [
          `${page}${encoded}`,
          `${page}?x=${encoded}`,
          `${page}${marker.replaceAll(/\s/g, '+')}`,
        ])
          assertNotReflected(path, await send(world, { method: 'GET', path, headers }))
      assert.ok(
        !world.logged.some((line) => line.includes('"level":"error"')),
        world.logged.find((line) => line.includes('"level":"error"')),
      )
    })

  test('names of a user’s files and accounts come back as JSON or attachments alone', async () => {
    await using world = await openHttpWorld()
    const browser = await newBrowser(world, 'ann')
    const name = `<svg onload=${mark}()>"'.html`
    await writeFile(join(browser.home, name), name)
    const { headers } = browser
    const listing = await send(world, {
      method: 'POST',
      path: '/api/v2/user/dirs',
      headers: { ...headers, ...json },
      body: '{"path":"/"}',
    })
    assert.ok(listing.body.includes(mark))
    assertNotReflected('listing', listing)
    const { url } = await browser.ask('POST', '/user/downloads', { paths: [`/${name}`] }, 201)
    const download = await send(world, { method: 'GET', path: `/${String(url)}`, headers })
    assert.equal(download.body, name)
    assert.equal(download.headers['content-type'], 'application/octet-stream')
    assertSafe('download', download)
    const gone = await browser.call('POST', '/user/downloads', { paths: [`/missing-${name}`] })
    assert.equal(gone.status, 404)
    assert.equal(typeof fieldOf(gone.body, 'message'), 'string')
  })
})
