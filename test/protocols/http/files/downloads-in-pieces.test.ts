import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ServerEvent } from '../../../../src/core/events/events.ts'
import { diskFault, FaultyStorages } from '../../../support/faulty-storage.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { openHttpWorld } from '../http-world.ts'
import { newBrowser, type Browser } from './browser.ts'

const size = 1_000_000
const pieceBytes = 300_000

/** Ann has a file that she fetches in four pieces. */
async function openWorld() {
  const faulty: { storages?: FaultyStorages } = {}
  const world = await openHttpWorld({ storages: (local) => (faulty.storages = new FaultyStorages(local)) })
  const told: (readonly [type: string, bytes: number, code: string])[] = []
  world.events.onAny((event: ServerEvent) => {
    if (event.type === 'file-downloaded') told.push([event.type, event.bytes, ''])
    if (event.type === 'download-failed') told.push([event.type, event.bytes, event.code])
  })
  const ann = await newBrowser(world, 'ann')
  const file = join(ann.home, 'large')
  await writeFile(file, randomBytes(size))
  return {
    ...{ world, ann, file },
    /** From now on nothing can be read. */
    breakDisk() {
      assert.ok(faulty.storages)
      faulty.storages.fault = (operation) => {
        if (operation === 'read') throw diskFault('EIO')
      }
    },
    /** Ends of downloads, as the audit log, the metrics and the log are told them. */
    told,
    /** Path and bytes of what moves now. */
    moving: () =>
      world.connections.list().flatMap(({ transfers }) => transfers.map(({ path, bytes }) => [path, bytes])),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

async function linkTo(browser: Browser, path: string): Promise<string> {
  const { url } = await browser.ask('POST', '/user/downloads', { paths: [path] }, 201)
  return String(url).replace('api/v2', '')
}

function ask(browser: Browser, link: string, start: number): Promise<Response> {
  return browser.fetch(link, { headers: { Range: `bytes=${start}-${start + pieceBytes - 1}` } })
}

async function piece(browser: Browser, link: string, start: number): Promise<Buffer> {
  return Buffer.from(await (await ask(browser, link, start)).arrayBuffer())
}

test('a file that comes in pieces is one download, which is there until the last of them', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/large')
  const pieces: Buffer[] = []
  for (let start = 0; start < size; start += pieceBytes) {
    pieces.push(await piece(it.ann, link, start))
    if (start + pieceBytes < size) {
      assert.deepEqual(it.told, [])
      assert.deepEqual(it.moving(), [['/large', start + pieceBytes]])
    }
  }
  assert.ok(Buffer.concat(pieces).equals(await readFile(it.file)))
  await waitUntil('its end', () => it.told.length > 0)
  assert.deepEqual(it.told, [['file-downloaded', size, '']])
  assert.deepEqual(it.moving(), [])
})

test('pieces that come at the same time, in any order and twice are one download as well', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/large')
  await Promise.all([0, 600_000, 300_000, 300_000].map((start) => piece(it.ann, link, start)))
  assert.deepEqual(it.told, [])
  await piece(it.ann, link, 900_000)
  await waitUntil('its end', () => it.told.length > 0)
  assert.deepEqual(it.told, [['file-downloaded', size + pieceBytes, '']])
})

test('each file has its own, and a request for the whole of one, too', async () => {
  await using it = await openWorld()
  const [first, second] = [await linkTo(it.ann, '/large'), await linkTo(it.ann, '/large')]
  await piece(it.ann, first, 0)
  await piece(it.ann, second, 0)
  assert.equal(it.moving().length, 2)
  await (await it.ann.fetch(first)).arrayBuffer()
  await waitUntil('the end of the whole one', () => it.told.length > 0)
  assert.deepEqual(it.told, [['file-downloaded', size, '']])
  assert.equal(it.moving().length, 2)
})

for (const end of ['signs out', 'is disconnected'])
  test(`a download whose user ${end} before the last piece has failed`, async () => {
    await using it = await openWorld()
    const link = await linkTo(it.ann, '/large')
    await piece(it.ann, link, 0)
    await piece(it.ann, link, pieceBytes)
    if (end === 'signs out') await it.ann.call('DELETE', '/session/user')
    else it.world.connections.disconnectUser('ann', 'disabled by an admin')
    await waitUntil('its end', () => it.told.length > 0)
    assert.deepEqual(it.told, [['download-failed', 2 * pieceBytes, 'aborted']])
  })

test('a download that has not ended fails when the server stops', async () => {
  const it = await openWorld()
  await piece(it.ann, await linkTo(it.ann, '/large'), 0)
  await it[Symbol.asyncDispose]()
  assert.deepEqual(it.told, [['download-failed', pieceBytes, 'aborted']])
})

test('a file that is replaced between two pieces is another download', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/large')
  const first = await ask(it.ann, link, 0)
  await first.arrayBuffer()
  await writeFile(`${it.file}.new`, randomBytes(pieceBytes))
  await rename(`${it.file}.new`, it.file)
  const second = await ask(it.ann, link, 0)
  assert.notEqual(second.headers.get('etag'), first.headers.get('etag'))
  assert.ok(Buffer.from(await second.arrayBuffer()).equals(await readFile(it.file)))
  await waitUntil('both ends', () => it.told.length > 1)
  assert.deepEqual(it.told, [
    ['download-failed', pieceBytes, 'busy'],
    ['file-downloaded', pieceBytes, ''],
  ])
})

test('a directory that was moved takes the rest of its file along', async () => {
  await using it = await openWorld()
  await mkdir(join(it.ann.home, 'd'))
  await rename(it.file, join(it.ann.home, 'd/large'))
  const link = await linkTo(it.ann, '/d/large')
  await piece(it.ann, link, 0)
  await rename(join(it.ann.home, 'd'), join(it.ann.home, 'e'))
  assert.equal((await ask(it.ann, link, pieceBytes)).status, 404)
  await mkdir(join(it.ann.home, 'd'))
  await writeFile(join(it.ann.home, 'd/large'), 'new')
  assert.equal((await piece(it.ann, link, 0)).toString(), 'new')
  await waitUntil('both ends', () => it.told.length > 1)
  assert.deepEqual(it.told, [
    ['download-failed', pieceBytes, 'not-found'],
    ['file-downloaded', 3, ''],
  ])
})

test('what is not in the file ends no download, and is none', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/large')
  assert.equal((await ask(it.ann, link, size)).status, 416)
  assert.equal((await it.ann.fetch(link, { headers: { 'If-Match': '"another"' } })).status, 412)
  assert.deepEqual(it.moving(), [])
  assert.deepEqual(it.told, [])
  await piece(it.ann, link, 0)
  assert.equal((await ask(it.ann, link, size)).status, 416)
  assert.deepEqual(it.moving(), [['/large', pieceBytes]])
})

test('a download whose file cannot be read any more has failed at once for that reason', async () => {
  await using it = await openWorld()
  const link = await linkTo(it.ann, '/large')
  await piece(it.ann, link, 0)
  it.breakDisk()
  await assert.rejects(piece(it.ann, link, pieceBytes))
  await assert.rejects(async () => (await it.ann.fetch(link)).arrayBuffer())
  await waitUntil('both ends', () => it.told.length > 1)
  assert.deepEqual(it.told, [
    ['download-failed', pieceBytes, 'storage-failure'],
    ['download-failed', 0, 'storage-failure'],
  ])
})
