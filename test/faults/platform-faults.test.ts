import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { amount } from '../support/amount.ts'
import { type FakeThinger, startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import type { Quirks } from '../support/fake-thinger/options.ts'
import { stateOf } from '../support/process-state.ts'
import { type Product, startProduct } from '../support/product.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'

const seconds = amount('PLATFORM_SECONDS', { short: 1, long: 60 })
const content = Buffer.alloc(100_000, 9)
const password = 'S3cret!pass'

function platformSettings(url: string, token: string): Record<string, string> {
  return {
    THINGER_HOST: 'localhost',
    THINGER_USER: 'alice',
    THINGER_PLUGIN: 'sftpgo',
    THINGER_TOKEN_SFTPGO_PLUGIN: token,
    THINGER_API_URL: url,
  }
}

/** An owner's sign-in, which only the platform can answer. It is asked about a name five times a minute at most. */
async function ownerSignsIn({ httpUrl }: Product, username = 'alice'): Promise<number> {
  const answer = await fetch(`${httpUrl}/api/v2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** New clients of every protocol sign in and move files, each within a time that no platform has a part in. */
async function filesAreServed(product: Product): Promise<number> {
  let count = 0
  for (const protocol of transferProtocols) {
    const startedAt = performance.now()
    using client = await openTransferClient(protocol, placeOf(product), 'bob')
    await client.put(`/${protocol}`, content)
    assert.ok((await client.get(`/${protocol}`)).equals(content), protocol)
    assert.ok(performance.now() - startedAt < 5_000, `${protocol} waited`)
    count++
  }
  return count
}

async function withUser(product: Product): Promise<void> {
  await product.addUser('bob')
  await mkdir(product.homeOf('bob'), { recursive: true })
}

function startPlatform(): Promise<FakeThinger> {
  return startFakeThinger({
    users: [
      { user: 'alice', password, role: 'user' },
      { user: 'mallory', password: 'another one', role: 'user' },
    ],
    plugin: { user: 'alice', plugin: 'sftpgo', target: 'http://127.0.0.1:9' },
  })
}

test('files are served while the platform is down, slow, broken or lies; owners wait or are refused, and come in when it is well', async (t) => {
  await using platform = await startPlatform()
  platform.setDown(true)
  // Down from the start: the product has never seen it.
  await using product = await startProduct({ env: platformSettings(platform.url, platform.pluginToken) })
  await withUser(product)
  let served = 0
  const troubles: readonly [string, boolean, Quirks][] = [
    ['down', true, {}],
    ['slow', false, { latencyMs: 3_000 }],
    ['failing with HTML', false, { status: 502, htmlErrors: true }],
    ['redirecting to somebody else', false, { redirectTo: 'http://127.0.0.1:9/' }],
  ]
  for (const [what, isDown, quirks] of troubles) {
    platform.setDown(isDown)
    for (const name of Object.keys(platform.quirks)) Reflect.deleteProperty(platform.quirks, name)
    Object.assign(platform.quirks, quirks)
    // Asked first, and answered whenever it may: nobody else waits for it.
    const wrong = ownerSignsIn(product, 'mallory')
    const right = ownerSignsIn(product)
    const until = performance.now() + seconds * 1000
    do served += await filesAreServed(product)
    while (performance.now() < until)
    assert.notEqual(await wrong, 200, `a wrong password came in while the platform was ${what}`)
    if (what === 'slow') assert.equal(await right, 200)
    else assert.notEqual(await right, 200, `nobody can have vouched while the platform was ${what}`)
  }
  platform.setDown(false)
  for (const name of Object.keys(platform.quirks)) Reflect.deleteProperty(platform.quirks, name)
  await waitUntil(
    'the sign-in of the owner',
    async () => (await ownerSignsIn(product)) === 200,
    10_000,
    2_000,
  )
  assert.notEqual(await ownerSignsIn(product, 'mallory'), 200)
  assert.equal(await product.stop(), 0)
  t.diagnostic(`${troubles.length} troubles of ${seconds} s, ${served} clients served`)
})

const json = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
/** What something that is no platform may answer; each gets a socket and writes what it likes. */
const rubbish: Readonly<Record<string, (socket: Socket) => void>> = {
  'bytes that are no HTTP': (socket) => void socket.end(randomBytes(10_000)),
  'JSON that is cut off': (socket) => void socket.end(`${json}Content-Length: 500\r\n\r\n{"access_token":"`),
  'another kind of JSON': (socket) => void socket.end(`${json}Content-Length: 14\r\n\r\n[[[],{},null]]`),
  'a page of HTML': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>'),
  nothing: () => {},
  'a body without an end': (socket) => {
    socket.write(`${json}Transfer-Encoding: chunked\r\n\r\n`)
    const piece = Buffer.from(`10000\r\n${'['.repeat(65_536)}\r\n`)
    const more = () => {
      while (socket.writable && socket.write(piece));
    }
    socket.on('drain', more)
    more()
  },
  'headers without an end': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.writable && socket.write(`X-${'a'.repeat(5000)}: b\r\n`), 5)
    socket.on('close', () => clearInterval(timer))
  },
}

test('a platform that answers rubbish vouches for nobody, fills no memory and keeps no file from being served', async (t) => {
  let answer: (socket: Socket) => void = () => {}
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.once('data', () => answer(socket))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await using product = await startProduct({ env: platformSettings(url, 'a token') })
    await withUser(product)
    await filesAreServed(product)
    const before = await stateOf(product.pid)
    for (const [what, write] of Object.entries(rubbish)) {
      answer = write
      const asked = connections
      const owner = ownerSignsIn(product, `owner-${asked}`)
      await filesAreServed(product)
      if (what === 'nothing') for (const socket of sockets) socket.destroy()
      assert.notEqual(await owner, 200, what)
      assert.ok(connections > asked, `nobody was asked: ${what}`)
    }
    for (const socket of sockets) socket.destroy()
    const grown = (await stateOf(product.pid)).memory - before.memory
    assert.ok(grown < 150 * 2 ** 20, `${grown} bytes more`)
    t.diagnostic(
      `${Object.keys(rubbish).length} kinds of rubbish, memory ${Math.round(grown / 2 ** 20)} MiB more`,
    )
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})
