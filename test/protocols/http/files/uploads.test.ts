import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import * as tus from 'tus-js-client'
import type { UserSettings } from '../../../../src/core/accounts/user.ts'
import { parseVirtualPath } from '../../../../src/core/files/virtual-path.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { basePath, fieldOf, openHttpWorld } from '../http-world.ts'
import { newBrowser, signInAs, type Browser } from './browser.ts'

const piece = { 'Tus-Resumable': '1.0.0', 'Content-Type': 'application/offset+octet-stream' }

function metadata(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')
}

function begin(browser: Browser, size: number, values: Record<string, string>): Promise<Response> {
  return browser.fetch('/user/uploads', {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size), 'Upload-Metadata': metadata(values) },
  })
}

/** The id of an upload that has begun. */
async function begun(browser: Browser, size: number, values: Record<string, string>): Promise<string> {
  const answer = await begin(browser, size, values)
  assert.equal(answer.status, 201, await answer.text())
  const id = /^uploads\/([\w-]{22})$/.exec(answer.headers.get('location') ?? '')?.[1]
  assert.ok(id)
  return id
}

function send(browser: Browser, id: string, offset: number, bytes: Uint8Array | string): Promise<Response> {
  return browser.fetch(`/user/uploads/${id}`, {
    method: 'PATCH',
    headers: { ...piece, 'Upload-Offset': String(offset) },
    body: Buffer.from(bytes),
  })
}

async function offsetOf(browser: Browser, id: string): Promise<number | undefined> {
  const head = await browser.fetch(`/user/uploads/${id}`, {
    method: 'HEAD',
    headers: { 'Tus-Resumable': '1.0.0' },
  })
  return head.status === 200 ? Number(head.headers.get('upload-offset')) : undefined
}

/** A PATCH that is left open after `bytes`, of `length` that it promises. */
async function sendPart(
  browser: Browser,
  id: string,
  offset: number,
  bytes: Uint8Array,
  length: number,
): Promise<ClientRequest> {
  const outgoing = request(`${browser.api}/user/uploads/${id}`, {
    method: 'PATCH',
    headers: { ...browser.headers, ...piece, 'Upload-Offset': String(offset), 'Content-Length': length },
  })
  outgoing.on('error', () => undefined)
  outgoing.write(bytes)
  await waitUntil('the bytes are stored', async () => {
    const list = (await browser.call('GET', '/user/uploads')).body as { id: string; offset: number }[]
    return list.some((upload) => upload.id === id && upload.offset === offset + bytes.length)
  })
  return outgoing
}

async function errorOf(answer: Response): Promise<[number, unknown, unknown]> {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  const body: unknown = await answer.json()
  assert.equal(typeof fieldOf(body, 'message'), 'string')
  return [answer.status, fieldOf(body, 'error'), fieldOf(body, 'field')]
}

/** As the page does it, below the path that the platform shows the plugin at. */
function uploadByTus(
  browser: Browser,
  endpoint: string,
  bytes: Buffer,
  values: Record<string, string>,
  options: Partial<tus.UploadOptions> = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    new tus.Upload(bytes, {
      endpoint,
      headers: { ...browser.headers },
      metadata: values,
      chunkSize: 1_000_000,
      retryDelays: null,
      onSuccess: () => resolve(),
      onError: reject,
      ...options,
    }).start()
  })
}

test('a file comes in pieces by tus-js-client and is seen when it is whole', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const bytes = randomBytes(3_500_000)
  const seen = new Set<string>()
  const endpoint = `${world.url}${basePath}api/v2/user/uploads`
  await uploadByTus(
    ann,
    endpoint,
    bytes,
    { path: '/größe 😀.bin', modified: '-147000000001' },
    {
      onChunkComplete: (_size, accepted) => {
        if (accepted < bytes.length) void readdir(ann.home).then((names) => names.forEach((n) => seen.add(n)))
      },
    },
  )
  const file = join(ann.home, 'größe 😀.bin')
  assert.ok((await readFile(file)).equals(bytes))
  assert.equal(Math.floor((await stat(file)).mtimeMs), -147_000_000_001)
  assert.ok(!seen.has('größe 😀.bin'))
  assert.deepEqual((await ann.call('GET', '/user/uploads')).body, [])
})

test('PATCH and DELETE come through proxies that know neither', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await uploadByTus(
    ann,
    `${ann.api}/user/uploads`,
    randomBytes(1_500_000),
    { path: '/a' },
    {
      overridePatchMethod: true,
    },
  )
  assert.equal((await stat(join(ann.home, 'a'))).size, 1_500_000)
  const id = await begun(ann, 5, { path: '/b' })
  const override = (method: string) =>
    ann.fetch(`/user/uploads/${id}`, {
      method: 'POST',
      headers: { 'Tus-Resumable': '1.0.0', 'X-HTTP-Method-Override': method },
    })
  assert.equal((await override('GET')).status, 400)
  assert.equal((await override('DELETE')).status, 204)
  assert.equal(await offsetOf(ann, id), undefined)
})

test('the server says what it can do, and lets no other origin in', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const answer = await ann.fetch('/user/uploads', {
    method: 'OPTIONS',
    headers: { Origin: 'https://other.example' },
  })
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('tus-version'), '1.0.0')
  assert.equal(answer.headers.get('tus-extension'), 'creation,creation-with-upload,termination')
  const made = await begin(ann, 1, { path: '/a' })
  for (const { headers } of [answer, made])
    for (const [name] of headers) assert.doesNotMatch(name, /^access-control/)
})

test('a piece that breaks off counts as far as it came, and the rest follows', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const bytes = randomBytes(900_000)
  const id = await begun(ann, bytes.length, { path: '/a' })
  const outgoing = await sendPart(ann, id, 0, bytes.subarray(0, 300_000), bytes.length)
  outgoing.destroy()
  assert.equal(await offsetOf(ann, id), 300_000)
  assert.deepEqual(await ann.call('GET', '/user/uploads').then(({ body }) => (body as unknown[]).length), 1)
  const answer = await send(ann, id, 300_000, bytes.subarray(300_000))
  assert.deepEqual([answer.status, answer.headers.get('upload-offset')], [204, '900000'])
  assert.ok((await readFile(join(ann.home, 'a'))).equals(bytes))
})

test('a client that comes back does not wait for the request it gave up', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const bytes = randomBytes(400_000)
  const id = await begun(ann, bytes.length, { path: '/a' })
  const outgoing = await sendPart(ann, id, 0, bytes.subarray(0, 100_000), bytes.length)
  const closed = new Promise((resolve) => outgoing.once('close', resolve))
  assert.equal(await offsetOf(await newBrowser(world, 'bob'), id), undefined)
  assert.equal(outgoing.destroyed, false, 'somebody else breaks nothing off')
  assert.equal(await offsetOf(ann, id), 100_000)
  await closed
  assert.equal((await send(ann, id, 100_000, bytes.subarray(100_000))).status, 204)
  assert.ok((await readFile(join(ann.home, 'a'))).equals(bytes))
})

test('a wrong offset and more than was announced are refused and change nothing', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const id = await begun(ann, 10, { path: '/a' })
  await send(ann, id, 0, 'abc')
  assert.deepEqual(await errorOf(await send(ann, id, 2, 'xx')), [409, 'busy', undefined])
  assert.deepEqual(await errorOf(await send(ann, id, 3, 'x'.repeat(8))), [413, 'invalid-argument', undefined])
  assert.equal(await offsetOf(ann, id), 3)
  assert.equal((await send(ann, id, 3, 'defghij')).status, 204)
  assert.equal(await readFile(join(ann.home, 'a'), 'utf8'), 'abcdefghij')
  const other = await begun(ann, 3, { path: '/b' })
  const chunked = await ann.fetch(`/user/uploads/${other}`, {
    method: 'PATCH',
    headers: { ...piece, 'Upload-Offset': '0' },
    body: Readable.toWeb(Readable.from([Buffer.from('too much')])) as ReadableStream,
    duplex: 'half',
  })
  assert.deepEqual(await errorOf(chunked), [400, 'invalid-argument', undefined])
  assert.deepEqual(await readdir(ann.home), ['a'])
})

test('an upload is seen in every browser of its user and by nobody else', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const [again, bob] = [await signInAs(world, 'ann'), await newBrowser(world, 'bob')]
  const id = await begun(ann, 6, { path: '/a' })
  await send(ann, id, 0, 'abc')
  const [own] = (await again.call('GET', '/user/uploads')).body as Record<string, unknown>[]
  assert.deepEqual([own?.['id'], own?.['path'], own?.['size'], own?.['offset']], [id, '/a', 6, 3])
  assert.ok(Number(own?.['expires_at']) > Date.now() + 23 * 60 * 60_000)
  assert.deepEqual((await bob.call('GET', '/user/uploads')).body, [])
  assert.equal(await offsetOf(bob, id), undefined)
  assert.deepEqual(await errorOf(await send(bob, id, 3, 'xyz')), [404, 'not-found', undefined])
  const deletion = { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } }
  assert.equal((await bob.fetch(`/user/uploads/${id}`, deletion)).status, 404)
  assert.equal((await world.call('HEAD', `/api/v2/user/uploads/${id}`)).status, 401)
  assert.equal((await send(again, id, 3, 'def')).status, 204)
  assert.equal(await readFile(join(ann.home, 'a'), 'utf8'), 'abcdef')
})

test('whether the last byte arrived can still be asked', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const id = await begun(ann, 3, { path: '/a' })
  await send(ann, id, 0, 'abc')
  assert.equal(await offsetOf(ann, id), 3)
})

test('an upload has the id that its client made, which is taken from then on', async () => {
  await using world = await openHttpWorld()
  const [ann, bob] = [await newBrowser(world, 'ann'), await newBrowser(world, 'bob')]
  const id = '0123456789abcdef'.repeat(2)
  assert.equal(await offsetOf(ann, id), undefined)
  const lost = await ann.fetch('/user/uploads', {
    method: 'POST',
    headers: { ...piece, 'Upload-Length': '5', 'Upload-Metadata': metadata({ path: '/a', id }) },
    body: 'bytes',
  })
  assert.deepEqual([lost.status, lost.headers.get('location')], [201, `uploads/${id}`])
  assert.equal(await offsetOf(ann, id), 5)
  for (const browser of [ann, bob])
    assert.deepEqual(await errorOf(await begin(browser, 5, { path: '/b', id })), [409, 'busy', undefined])
  assert.equal(await offsetOf(bob, id), undefined)
  for (const other of ['', 'short', '../a', id.toUpperCase()]) await begun(ann, 5, { path: '/c', id: other })
  const open = 'f'.repeat(32)
  const twice = await Promise.all([1, 2].map(() => begin(ann, 5, { path: '/d', id: open })))
  assert.deepEqual(twice.map(({ status }) => status).sort(), [201, 409])
  assert.equal((await send(ann, open, 0, 'bytes')).status, 204)
})

test('an upload that is cancelled, or whose user signs out, leaves nothing', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const [one, other] = [await begun(ann, 6, { path: '/a' }), await begun(ann, 6, { path: '/b' })]
  for (const id of [one, other]) await send(ann, id, 0, 'abc')
  const answer = await ann.fetch(`/user/uploads/${one}`, {
    method: 'DELETE',
    headers: { 'Tus-Resumable': '1.0.0' },
  })
  assert.equal(answer.status, 204)
  assert.equal(await offsetOf(ann, one), undefined)
  await ann.call('DELETE', '/session/user')
  assert.deepEqual(await readdir(ann.home), [])
  const again = await signInAs(world, 'ann')
  assert.deepEqual((await again.call('GET', '/user/uploads')).body, [])
  assert.equal(await offsetOf(again, other), undefined)
})

test('empty files, bytes with the creation, and files to replace', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await begun(ann, 0, { path: '/empty' })
  assert.equal((await stat(join(ann.home, 'empty'))).size, 0)
  const withBytes = await ann.fetch('/user/uploads', {
    method: 'POST',
    headers: { ...piece, 'Upload-Length': '5', 'Upload-Metadata': metadata({ path: '/quick' }) },
    body: 'bytes',
  })
  assert.deepEqual([withBytes.status, withBytes.headers.get('upload-offset')], [201, '5'])
  assert.equal(await readFile(join(ann.home, 'quick'), 'utf8'), 'bytes')
  assert.deepEqual(await errorOf(await begin(ann, 1, { path: '/quick' })), [409, 'already-exists', undefined])
  const id = await begun(ann, 3, { path: '/quick', overwrite: 'true' })
  await send(ann, id, 0, 'n')
  assert.equal(await readFile(join(ann.home, 'quick'), 'utf8'), 'bytes')
  await send(ann, id, 1, 'ew')
  assert.equal(await readFile(join(ann.home, 'quick'), 'utf8'), 'new')
})

test('an upload whose beginning brings more than it announced is refused, and leaves nothing', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const beginTooLong = (length: number, id?: string) =>
    ann.fetch('/user/uploads', {
      method: 'POST',
      headers: {
        ...piece,
        'Upload-Length': String(length),
        'Upload-Metadata': metadata(id === undefined ? { path: '/long' } : { path: '/long', id }),
      },
      body: 'bytes',
    })
  for (const length of [0, 3])
    for (const id of [undefined, 'a'.repeat(32), 'a'.repeat(32)]) {
      assert.deepEqual(await errorOf(await beginTooLong(length, id)), [400, 'invalid-argument', undefined])
      assert.deepEqual((await ann.call('GET', '/user/uploads')).body, [])
      assert.deepEqual(await readdir(ann.home), [])
    }
})

test('what is wrong with an upload is told as it begins, and names the input', async () => {
  await using world = await openHttpWorld()
  const settings: Partial<UserSettings> = {
    quotaSize: 1000,
    maxUploadFileSize: 500,
    permissions: { '/': ['*'], '/ro': ['list'] },
    filePatterns: [
      {
        path: parseVirtualPath('/'),
        allowedPatterns: [],
        deniedPatterns: ['*.exe'],
        denyPolicy: 'visible',
      },
    ],
  }
  const ann = await newBrowser(world, 'ann', settings)
  await writeFile(join(ann.home, 'taken'), '')
  const cases: [number, Record<string, string>, [number, string, string | undefined]][] = [
    [5, { name: 'a' }, [400, 'invalid-argument', 'path']],
    [5, { path: 'relative' }, [400, 'invalid-argument', 'path']],
    [5, { path: '/a', modified: 'yesterday' }, [400, 'invalid-argument', 'modified']],
    [5, { path: '/a', modified: '9999999999999999' }, [400, 'invalid-argument', 'modified']],
    [501, { path: '/a' }, [413, 'quota-exceeded', undefined]],
    [5, { path: '/ro/a' }, [403, 'permission-denied', undefined]],
    [5, { path: '/a.exe' }, [403, 'permission-denied', undefined]],
    [5, { path: '/missing/a' }, [404, 'not-found', undefined]],
    [5, { path: '/taken' }, [409, 'already-exists', undefined]],
  ]
  for (const [size, values, expected] of cases)
    assert.deepEqual(await errorOf(await begin(ann, size, values)), expected, JSON.stringify(values))
  const withoutVersion = await ann.fetch('/user/uploads', { method: 'POST' })
  assert.equal((await errorOf(withoutVersion))[0], 412)
  assert.deepEqual(await readdir(ann.home), ['taken'])
})

test('a quota that is used up in the middle leaves nothing and is told', async () => {
  await using world = await openHttpWorld()
  const codes: string[] = []
  world.events.on('upload-failed', ({ code }) => void codes.push(code))
  const ann = await newBrowser(world, 'ann', { quotaSize: 1_000_000 })
  assert.deepEqual(await errorOf(await begin(ann, 1_000_001, { path: '/a' })), [
    413,
    'quota-exceeded',
    undefined,
  ])
  const id = await begun(ann, 900_000, { path: '/a' })
  assert.equal((await send(ann, id, 0, randomBytes(300_000))).status, 204)
  const other = await begun(ann, 600_000, { path: '/b' })
  await send(ann, other, 0, randomBytes(600_000))
  const answer = await send(ann, id, 300_000, randomBytes(600_000))
  assert.deepEqual(await errorOf(answer), [413, 'quota-exceeded', undefined])
  assert.equal(await offsetOf(ann, id), undefined)
  assert.deepEqual(await readdir(ann.home), ['b'])
  assert.deepEqual(codes, ['quota-exceeded', 'quota-exceeded'])
  const { used_quota_size: used } = await ann.ask('GET', '/user/profile')
  assert.equal(used, 600_000)
})

test('an upload that cannot be completed is told in the answer to its last piece', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const id = await begun(ann, 6, { path: '/a' })
  await send(ann, id, 0, 'abc')
  await writeFile(join(ann.home, 'a'), 'somebody was faster')
  assert.deepEqual(await errorOf(await send(ann, id, 3, 'def')), [409, 'already-exists', undefined])
  assert.equal(await offsetOf(ann, id), undefined)
  assert.equal(await readFile(join(ann.home, 'a'), 'utf8'), 'somebody was faster')
})

test('two hundred uploads are open at most', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  for (let i = 0; i < 200; i++) await begun(ann, 1, { path: `/f${i}` })
  assert.deepEqual(await errorOf(await begin(ann, 1, { path: '/more' })), [409, 'busy', undefined])
})

test('a large piece goes to the disk in little memory', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const part = randomBytes(1_000_000)
  const count = 150
  const id = await begun(ann, part.length * count, { path: '/big' })
  const before = process.memoryUsage().rss
  let peak = 0
  const hash = createHash('sha256')
  async function* parts() {
    for (let i = 0; i < count; i++) {
      hash.update(part)
      peak = Math.max(peak, process.memoryUsage().rss)
      yield part
    }
  }
  const outgoing = request(`${ann.api}/user/uploads/${id}`, {
    method: 'PATCH',
    headers: { ...ann.headers, ...piece, 'Upload-Offset': '0', 'Content-Length': part.length * count },
  })
  const answered = once(outgoing, 'response')
  await pipeline(Readable.from(parts(), { objectMode: false }), outgoing)
  const [answer] = (await answered) as [IncomingMessage]
  assert.equal(answer.statusCode, 204)
  answer.resume()
  assert.ok(peak - before < 100_000_000, `${peak - before} bytes more`)
  const stored = createHash('sha256').update(await readFile(join(ann.home, 'big')))
  assert.equal(stored.digest('hex'), hash.digest('hex'))
})
