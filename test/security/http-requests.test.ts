import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { waitUntil } from '../support/wait-until.ts'
import { adminName, fieldOf, openHttpWorld, type HttpWorld } from '../protocols/http/http-world.ts'
import { newBrowser, signInAs, type Browser } from '../protocols/http/files/browser.ts'

function open(world: HttpWorld): Socket {
  return connect(world.port, '127.0.0.1').on('error', () => undefined)
}

function headOf(browser: Browser, line: string, more: readonly string[] = []): string {
  const headers = Object.entries(browser.headers).map(([name, value]) => `${name}: ${value}`)
  return [`${line} HTTP/1.1`, 'Host: test', ...headers, ...more, '', ''].join('\r\n')
}

/** How many descriptors of this process lead to `path`. */
async function opened(path: string): Promise<number> {
  const names = await readdir('/proc/self/fd')
  const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')))
  return targets.filter((target) => target === path).length
}

test('a body of millions of values is refused without looking at each of them', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const within = { paths: Array.from({ length: 10_000 }, (_, index) => `/gone-${index}`) }
  assert.equal((await browser.call('POST', '/user/downloads', within)).status, 201)
  for (const filler of ['0,', '[],', '"a",']) {
    const many = filler.repeat(Math.floor(4_000_000 / filler.length))
    const { status, body } = await browser.call('POST', '/user/downloads', `{"paths":[${many}0]}`)
    assert.equal(status, 400)
    assert.deepEqual(body, { message: 'The body holds too many values', error: 'invalid-argument' })
  }
})

test('who has not signed in sends 64 KiB at most', async () => {
  await using world = await openHttpWorld()
  const body = JSON.stringify({ username: 'ann', password: 'x', junk: 'x'.repeat(64 * 1024) })
  for (const path of ['/session/user', '/session/admin', '/token', '/missing'])
    assert.equal((await world.call('POST', `/api/v2${path}`, body)).status, 413, path)
  const largest = { username: '\u20ac'.repeat(255), password: '\u20ac'.repeat(8192) }
  assert.equal((await world.call('POST', '/api/v2/session/user', largest)).status, 401)
})

test('a token that is not even ASCII is a wrong one', async () => {
  await using world = await openHttpWorld()
  const { headers } = await newBrowser(world, 'ann')
  const length = headers['X-CSRF-TOKEN']?.length ?? 0
  const socket = open(world)
  const request = [
    'DELETE /api/v2/session/user HTTP/1.1',
    'Host: test',
    'Connection: close',
    `Cookie: ${headers['Cookie']}`,
    `X-CSRF-TOKEN: ${'\xe9'.repeat(length)}`,
  ]
  socket.write(Buffer.from(`${request.join('\r\n')}\r\n\r\n`, 'latin1'))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 403 /)
  assert.ok(!world.logged.some((line) => line.includes('"level":"error"')))
})

test('an address alone signs nobody out', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin(adminName, ['*'])
  const credentials = { username: adminName, password: 'a right long password' }
  const { headers } = await world.call('POST', '/api/v2/session/admin', credentials)
  const cookie = { Cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  assert.equal((await world.call('GET', '/api/v2/logout', undefined, cookie)).status, 401)
  const state = await world.call('GET', '/api/v2/session/admin', undefined, cookie)
  assert.equal(fieldOf(fieldOf(state.body, 'session'), 'username'), adminName)
  assert.equal(
    (await world.call('GET', '/api/v2/logout', undefined, { 'X-SFTPGO-TOKEN': token })).status,
    200,
  )
})

test('requests sent ahead on one connection hold nothing open before their turn', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const file = join(browser.home, 'large')
  await writeFile(file, Buffer.alloc(8 * 1024 * 1024))
  const { url } = await browser.ask('POST', '/user/downloads', { paths: ['/large'] }, 201)
  const socket = open(world)
  socket.pause().write(headOf(browser, `GET /${String(url)}`).repeat(50))
  await waitUntil('the first download', async () => (await opened(file)) > 0)
  // Everything that was sent with the first has been looked at when the server answers somebody else.
  await browser.ask('GET', '/user/profile')
  assert.equal(await opened(file), 1)
  let received = 0
  socket.on('data', (piece) => {
    received += piece.length
  })
  socket.resume()
  await waitUntil('the third answer', () => received > 2.5 * 8 * 1024 * 1024)
  socket.destroy()
  await waitUntil('the end of the downloads', async () => (await opened(file)) === 0)
})

test('a piece of a file leaves as it is read, so that slow readers fill no memory', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann', { downloadBandwidth: 256 })
  const file = join(browser.home, 'large')
  await writeFile(file, Buffer.alloc(4 * 1024 * 1024))
  const gone = new AbortController()
  const answer = await browser.fetch('/user/files/read', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path: '/large', offset: 10, length: 4 * 1024 * 1024 }),
    signal: gone.signal,
  })
  assert.equal(answer.headers.get('content-length'), String(4 * 1024 * 1024 - 10))
  assert.equal(await opened(file), 1)
  gone.abort()
  await waitUntil('the end of the read', async () => (await opened(file)) === 0)
})

test('a user has a hundred browsers signed in at most, and the one that was used last stays', async () => {
  await using world = await openHttpWorld()
  const first = await newBrowser(world, 'ann')
  const second = await signInAs(world, 'ann')
  for (let count = 2; count < 100; count++) await signInAs(world, 'ann')
  await first.ask('GET', '/user/profile')
  await signInAs(world, 'ann')
  assert.equal(world.connections.list().length, 100)
  assert.equal((await second.call('GET', '/user/profile')).status, 401)
  await first.ask('GET', '/user/profile')
})

test('a path that is no Unicode text is refused: it would be another name on the disk', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const path = '/a\ud800'
  for (const [address, body] of [
    ['/user/files/text', { path, text: 'x' }],
    ['/user/dirs/make', { path }],
    ['/user/jobs', { action: 'delete', paths: [path] }],
  ] as const)
    assert.equal((await browser.call('POST', address, body)).status, 400, address)
})
