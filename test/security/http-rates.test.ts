import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import { test } from 'node:test'
import { newBrowser, signInAs, type Browser } from '../protocols/http/files/browser.ts'
import { openHttpWorld, type HttpWorld } from '../protocols/http/http-world.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Larger than what lies in the buffers of a connection. */
const largeBytes = 32 * 2 ** 20

/** Asks for a download and reads nothing but the head. */
async function begin(world: HttpWorld, browser: Browser, archive: boolean): Promise<IncomingMessage> {
  const { url } = await browser.ask('POST', '/user/downloads', { paths: ['/large'], archive }, 201)
  const request = get(`${world.url}/${String(url)}`, { headers: { ...browser.headers }, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response.on('error', () => {})
}

async function withLargeFile(world: HttpWorld, username: string): Promise<Browser> {
  const browser = await newBrowser(world, username)
  await using file = await open(join(browser.home, 'large'), 'w')
  // ZIPs are compressed: zeros would be gone at once.
  await file.write(randomBytes(largeBytes))
  return browser
}

test('a user has four ZIPs at a time, which keep nobody from theirs, nor from files', async () => {
  await using world = await openHttpWorld()
  const [ann, bob] = [await withLargeFile(world, 'ann'), await withLargeFile(world, 'bob')]
  const held: IncomingMessage[] = []
  for (let i = 0; i < 4; i++) held.push(await begin(world, ann, true))
  assert.deepEqual(
    held.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  const refused = await begin(world, ann, true)
  assert.equal(refused.statusCode, 429)
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.match(refused.headers['content-type'] ?? '', /^application\/json/)
  refused.resume()
  for (const [browser, archive] of [
    [ann, false],
    [bob, true],
  ] as const) {
    const other = await begin(world, browser, archive)
    assert.equal(other.statusCode, 200)
    other.destroy()
  }
  held.pop()?.destroy()
  await waitUntil('there is room for another', async () => {
    const next = await begin(world, ann, true)
    held.push(next)
    return next.statusCode === 200
  })
  for (const response of held) response.destroy()
})

test('strangers who sign in by the hundred are told to come back, and the passwords of others are checked', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const attempts = Array.from({ length: 160 }, (_, index) =>
    world.call('POST', index % 2 ? '/api/v2/session/user' : '/api/v2/token', {
      username: `stranger-${index}`,
      password: 'wrong',
    }),
  )
  const first = await Promise.race(
    attempts.map(async (one) => ((await one).status === 429 ? one : new Promise<never>(() => {}))),
  )
  assert.ok(Number(first.headers.get('retry-after')) > 0)
  // A session that is there is served meanwhile.
  assert.equal((await ann.call('GET', '/session/user')).status, 200)
  const statuses = (await Promise.all(attempts)).map(({ status }) => status)
  assert.ok(statuses.every((status) => status === 401 || status === 429))
  assert.ok(statuses.filter((status) => status === 401).length >= 100)
  await signInAs(world, 'ann')
})
