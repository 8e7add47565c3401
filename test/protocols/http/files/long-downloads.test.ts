import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { longestMs, webIdleTimeoutMs } from '../../../../src/protocols/http/web-sessions.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { openHttpWorld } from '../http-world.ts'
import { newBrowser, type Browser } from './browser.ts'

const checkIntervalMs = 5
/** More than the buffers of both ends take: it is under way for as long as nobody reads it. */
const size = 32_000_000

/** Ann has a large file and a directory with it, and time is ours to turn. */
async function openWorld() {
  let turnedMs = 0
  const clock = () => Date.now() + turnedMs
  const world = await openHttpWorld({ sessionTiming: { clock, checkIntervalMs } })
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'd'))
  await writeFile(join(ann.home, 'd/large'), randomBytes(size))
  return {
    world,
    ann,
    /** And the sessions are looked through a few times. */
    async turn(ms: number) {
      turnedMs += ms
      await delay(10 * checkIntervalMs)
    },
    transfers: () => world.connections.list().reduce((count, { transfers }) => count + transfers.length, 0),
    isGone: () => world.connections.list().length === 0,
    isSignedIn: async () => (await ann.call('GET', '/user/profile')).status === 200,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

async function linkTo(browser: Browser, path: string): Promise<string> {
  const { url } = await browser.ask('POST', '/user/downloads', { paths: [path] }, 201)
  return String(url).replace('api/v2', '')
}

/** An answer of which nothing is read yet. */
function begin(browser: Browser, link: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get(`${browser.api}${link}`, { headers: { ...browser.headers, ...headers }, agent: false }, resolve).on(
    'error',
    reject,
  )
  return promise
}

async function countOf(answer: IncomingMessage): Promise<number> {
  let count = 0
  for await (const piece of answer) count += (piece as Buffer).length
  return count
}

const kinds = [
  { what: 'a file', path: '/d/large', headers: {}, bytes: size },
  { what: 'a range', path: '/d/large', headers: { Range: 'bytes=1-' }, bytes: size - 1 },
  { what: 'a ZIP', path: '/d', headers: {}, bytes: size },
]
for (const { what, path, headers, bytes } of kinds)
  test(`${what} that takes longer than a browser may be silent comes whole, and the browser stays signed in`, async () => {
    await using it = await openWorld()
    const answer = await begin(it.ann, await linkTo(it.ann, path), headers)
    for (let i = 0; i < 3; i++) await it.turn(webIdleTimeoutMs + 1000)
    assert.ok((await countOf(answer)) >= bytes)
    await waitUntil('the download has ended', () => it.transfers() === 0)
    await it.turn(webIdleTimeoutMs - 10_000)
    assert.equal(await it.isSignedIn(), true)
    await it.turn(webIdleTimeoutMs + 1000)
    assert.equal(it.isGone(), true)
  })

test('a download outlives the longest sign-in, which is over for anything new', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/d/large')
  const answer = await begin(it.ann, link)
  await it.turn(longestMs + 1000)
  assert.equal((await it.ann.call('GET', link)).status, 401)
  assert.equal(await countOf(answer), size)
  await waitUntil('the session is closed with it', it.isGone)
})

test('a download that broke off goes on by the same link', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/d/large')
  const answer = await begin(it.ann, link)
  await it.turn(webIdleTimeoutMs + 1000)
  answer.destroy()
  await waitUntil('the download has failed', () => it.transfers() === 0)
  const rest = await begin(it.ann, link, { Range: `bytes=${size - 5}-` })
  assert.deepEqual([rest.statusCode, await countOf(rest)], [206, 5])
})

for (const { what, path, headers } of kinds)
  test(`a client that vanishes in the middle of ${what} holds no session`, async () => {
    await using it = await openWorld()
    const answer = await begin(it.ann, await linkTo(it.ann, path), headers)
    await it.turn(webIdleTimeoutMs + 1000)
    assert.equal(it.transfers(), 1)
    answer.socket.resetAndDestroy()
    // A file of which a part was asked for waits for the rest, and holds no session.
    if (what !== 'a range') await waitUntil('the download has failed', () => it.transfers() === 0)
    await waitUntil('the session is closed', async () => {
      await it.turn(webIdleTimeoutMs + 1000)
      return it.isGone()
    })
  })

test('downloads that were asked for ahead on one connection hold no session when the client vanishes', async () => {
  await using it = await openWorld()
  const links = [await linkTo(it.ann, '/d/large'), await linkTo(it.ann, '/d')]
  const socket = connect(it.world.port, '127.0.0.1')
  socket.pause()
  const request = (method: string, link: string) =>
    [
      `${method} /api/v2${link} HTTP/1.1`,
      'Host: 127.0.0.1',
      ...Object.entries(it.ann.headers).map(([name, value]) => `${name}: ${value}`),
      '\r\n',
    ].join('\r\n')
  socket.write(links.map((link) => request('GET', link) + request('HEAD', link)).join(''))
  await waitUntil('the first is open', () => it.transfers() === 1)
  socket.resetAndDestroy()
  await waitUntil('it has failed', () => it.transfers() === 0)
  await it.turn(webIdleTimeoutMs + 1000)
  await waitUntil('the session is closed', it.isGone)
})

test('answers that are refused, empty or without a body hold no session', async () => {
  await using it = await openWorld()
  const [file, archive] = [await linkTo(it.ann, '/d/large'), await linkTo(it.ann, '/d')]
  for (const link of [file, archive]) assert.equal((await it.ann.fetch(link, { method: 'HEAD' })).status, 200)
  const answer = await it.ann.fetch(file, { headers: { Range: `bytes=${size}-` } })
  assert.equal(answer.status, 416)
  assert.equal((await it.ann.call('GET', '/user/downloads/unknown')).status, 404)
  await it.turn(webIdleTimeoutMs + 1000)
  assert.equal(it.isGone(), true)
})

test('who signs out or is disconnected loses the download at once', async () => {
  for (const end of ['sign-out', 'disconnect']) {
    await using it = await openWorld()
    const answer = await begin(it.ann, await linkTo(it.ann, '/d/large'))
    await it.turn(webIdleTimeoutMs + 1000)
    if (end === 'sign-out') await it.ann.call('DELETE', '/session/user')
    else it.world.connections.disconnectUser('ann', 'disabled by an admin')
    await assert.rejects(countOf(answer))
    await waitUntil('the connection is closed', it.isGone)
    assert.equal(await it.isSignedIn(), false)
  }
})
