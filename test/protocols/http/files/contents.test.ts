import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { maxTextBytes } from '../../../../src/contract/file.ts'
import { fieldOf, openHttpWorld } from '../http-world.ts'
import { newBrowser, type Browser } from './browser.ts'

function read(browser: Browser, path: string, offset: number, length: number): Promise<Response> {
  return browser.fetch('/user/files/read', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path, offset, length }),
  })
}

test('a piece of a file is bytes that no browser renders', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'page.html'), '<script>alert(1)</script>')
  const answer = await read(ann, '/page.html', 1, 6)
  assert.equal(await answer.text(), 'script')
  assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/)
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/)
  const { etag } = await ann.ask('POST', '/user/files/stat', { path: '/page.html' })
  assert.equal(answer.headers.get('etag'), etag)
  assert.equal(await (await read(ann, '/page.html', 20, 100)).text(), 'ript>')
  assert.equal(await (await read(ann, '/page.html', 100, 100)).text(), '')
})

test('a piece has four megabytes at most', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const bytes = Buffer.alloc(6_000_000, 'abcdefg')
  await writeFile(join(ann.home, 'big'), bytes)
  const piece = Buffer.from(await (await read(ann, '/big', 3, 4 * 1024 * 1024)).arrayBuffer())
  assert.ok(piece.equals(bytes.subarray(3, 3 + 4 * 1024 * 1024)))
  const answer = await read(ann, '/big', 0, 4 * 1024 * 1024 + 1)
  assert.equal(answer.status, 400)
  assert.equal(fieldOf(await answer.json(), 'field'), 'length')
})

test('a text is saved in place of the one that was edited, and of no other', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const made = await ann.ask('POST', '/user/files/text', { path: '/a.txt', text: 'grüß 👋' })
  assert.equal(await readFile(join(ann.home, 'a.txt'), 'utf8'), 'grüß 👋')
  const again = await ann.call('POST', '/user/files/text', { path: '/a.txt', text: 'other' })
  assert.deepEqual([again.status, fieldOf(again.body, 'error')], [409, 'already-exists'])
  const saved = await ann.ask('POST', '/user/files/text', { path: '/a.txt', text: 'two', etag: made['etag'] })
  assert.notEqual(saved['etag'], made['etag'])
  const late = await ann.call('POST', '/user/files/text', { path: '/a.txt', text: 'no', etag: made['etag'] })
  assert.deepEqual([late.status, fieldOf(late.body, 'error')], [409, 'busy'])
  assert.equal(await readFile(join(ann.home, 'a.txt'), 'utf8'), 'two')
  const gone = await ann.call('POST', '/user/files/text', { path: '/gone', text: 'no', etag: made['etag'] })
  assert.equal(gone.status, 404)
})

test('of two who save the same text at once one is told', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const { etag } = await ann.ask('POST', '/user/files/text', { path: '/a', text: 'first' })
  const answers = await Promise.all(
    ['one', 'two', 'three'].map((text) => ann.call('POST', '/user/files/text', { path: '/a', text, etag })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
  assert.deepEqual(await readdir(ann.home), ['a'])
})

test('a text has a size that an editor can hold', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  // Each of these characters is one byte of the file and six of the request.
  await ann.ask('POST', '/user/files/text', { path: '/most', text: '\u0001'.repeat(maxTextBytes) })
  const answer = await ann.call('POST', '/user/files/text', {
    path: '/more',
    text: 'é'.repeat(maxTextBytes / 2 + 1),
  })
  assert.deepEqual([answer.status, fieldOf(answer.body, 'field')], [400, 'text'])
  assert.deepEqual(await readdir(ann.home), ['most'])
})

test('who may not read or write is refused', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann', { permissions: { '/': ['list'] } })
  await writeFile(join(ann.home, 'a'), 'secret')
  const { etag } = await ann.ask('POST', '/user/files/stat', { path: '/a' })
  assert.equal((await read(ann, '/a', 0, 10)).status, 403)
  for (const body of [
    { path: '/a', text: 'x', etag },
    { path: '/b', text: 'x' },
  ])
    assert.equal((await ann.call('POST', '/user/files/text', body)).status, 403)
})
