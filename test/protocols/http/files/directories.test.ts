import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, readlink, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DirectoryPage } from '../../../../src/contract/file.ts'
import { parseVirtualPath } from '../../../../src/core/files/virtual-path.ts'
import { fieldOf, openHttpWorld } from '../http-world.ts'
import { newBrowser, type Browser } from './browser.ts'

async function list(browser: Browser, path: string, cursor?: string): Promise<DirectoryPage> {
  const body = cursor === undefined ? { path } : { path, cursor }
  return (await browser.ask('POST', '/user/dirs', body)) as unknown as DirectoryPage
}

async function openBelow(directory: string): Promise<string[]> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith(directory))
}

test('a directory is listed with the types, sizes and times of its entries', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await writeFile(join(ann.home, 'a.txt'), 'text')
  await utimes(join(ann.home, 'a.txt'), 5, 1_000_000_000)
  await mkdir(join(ann.home, 'sub'))
  await symlink('a.txt', join(ann.home, 'link'))
  const { entries, cursor, rights } = await list(ann, '/')
  assert.equal(cursor, undefined)
  assert.ok(Object.values(rights).every((right) => right))
  const [file, link, sub] = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  assert.deepEqual(file, { name: 'a.txt', type: 'file', size: 4, modified: 1_000_000_000_000 })
  assert.equal(link?.type, 'symlink')
  assert.equal(sub?.type, 'directory')
})

test('the rights of a directory are those of its nearest rule', async () => {
  await using world = await openHttpWorld()
  const permissions = { '/': ['list', 'upload', 'rename_files', 'delete'], '/in': ['*'] } as const
  const ann = await newBrowser(world, 'ann', { permissions })
  await mkdir(join(ann.home, 'in'))
  assert.deepEqual((await list(ann, '/')).rights, {
    list: true,
    download: false,
    upload: true,
    overwrite: false,
    create_dirs: false,
    rename_files: true,
    rename_dirs: false,
    delete_files: true,
    delete_dirs: true,
    copy: false,
  })
  assert.ok(Object.values((await list(ann, '/in')).rights).every((right) => right))
})

test('mounted folders and the ways to them are marked as fixed, refused names as denied', async () => {
  await using world = await openHttpWorld()
  const mappedPath = join(world.root, 'shared')
  await mkdir(mappedPath)
  await world.database.folders.add({ name: 'shared', mappedPath, description: '' })
  const ann = await newBrowser(world, 'ann', {
    folders: [{ folderName: 'shared', virtualPath: parseVirtualPath('/way/m'), quotaSize: 0, quotaFiles: 0 }],
    filePatterns: [
      {
        path: parseVirtualPath('/'),
        allowedPatterns: [],
        deniedPatterns: ['*.exe'],
        denyPolicy: 'visible',
      },
    ],
  })
  await writeFile(join(ann.home, 'x.exe'), '')
  const marks = (await list(ann, '/')).entries.map(({ name, fixed, denied }) => [name, fixed, denied])
  assert.deepEqual(marks.sort(), [
    ['way', true, undefined],
    ['x.exe', undefined, true],
  ])
  assert.equal((await list(ann, '/way')).entries[0]?.fixed, true)
})

test('20,000 entries come page by page, each once, in little memory', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const directory = join(ann.home, 'many')
  await mkdir(directory)
  for (let i = 0; i < 20; i++)
    await Promise.all(
      Array.from({ length: 1000 }, (_, k) => writeFile(join(directory, `f${i * 1000 + k}`), '')),
    )
  const names = new Set<string>()
  let page = await list(ann, '/many')
  assert.ok(page.entries.length >= 256 && page.entries.length <= 1000)
  const memoryBefore = process.memoryUsage().rss
  for (;;) {
    assert.ok(page.entries.length <= 2000)
    for (const { name } of page.entries) names.add(name)
    if (page.cursor === undefined) break
    page = await list(ann, '/many', page.cursor)
  }
  assert.equal(names.size, 20_000)
  assert.ok(process.memoryUsage().rss - memoryBefore < 100_000_000)
  assert.deepEqual(await openBelow(directory), [])
})

test('a cursor is good once, for its directory and its session, and eight listings are open at most', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await mkdir(join(ann.home, 'd'))
  for (let i = 0; i < 600; i++) await writeFile(join(ann.home, 'd', `f${i}`), '')
  const { cursor = '' } = await list(ann, '/d')
  const bob = await newBrowser(world, 'bob')
  for (const [browser, path] of [
    [ann, '/'],
    [bob, '/d'],
  ] as const) {
    const answer = await browser.call('POST', '/user/dirs', { path, cursor })
    assert.equal(answer.status, 400)
    assert.equal(fieldOf(answer.body, 'field'), 'cursor')
  }
  await list(ann, '/d', cursor)
  assert.equal((await ann.call('POST', '/user/dirs', { path: '/d', cursor })).status, 400)
  const first = await list(ann, '/d')
  const descriptors = (await openBelow(join(ann.home, 'd'))).length
  for (let i = 0; i < 8; i++) await list(ann, '/d')
  assert.equal((await ann.call('POST', '/user/dirs', { path: '/d', cursor: first.cursor })).status, 400)
  assert.equal((await openBelow(join(ann.home, 'd'))).length, 8 * descriptors)
  await ann.call('DELETE', '/session/user')
  assert.deepEqual(await openBelow(join(ann.home, 'd')), [])
})

test('entries are made, looked at and renamed; paths that climb stay inside', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await ann.ask('POST', '/user/dirs/make', { path: '/new' }, 201)
  await writeFile(join(ann.home, 'new/a'), 'x')
  const before = await ann.ask('POST', '/user/files/stat', { path: '/../../new/a' })
  assert.equal(before['size'], 1)
  await writeFile(join(ann.home, 'new/a'), 'y')
  const after = await ann.ask('POST', '/user/files/stat', { path: '/new/a' })
  assert.notEqual(after['etag'], before['etag'])
  await writeFile(join(ann.home, 'b'), 'b')
  const rename = { path: '/new/a', target: '/b' }
  assert.equal((await ann.call('POST', '/user/files/rename', rename)).status, 409)
  await ann.ask('POST', '/user/files/rename', { ...rename, overwrite: true })
  assert.equal(await readFile(join(ann.home, 'b'), 'utf8'), 'y')
  const wrong = await ann.call('POST', '/user/files/stat', { path: 'b' })
  assert.deepEqual([wrong.status, fieldOf(wrong.body, 'field')], [400, 'path'])
  assert.equal((await ann.call('POST', '/user/files/stat', { path: '/gone' })).status, 404)
})

test('nobody gets to files without a sign-in, or without the token of the page', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  assert.equal((await world.call('POST', '/api/v2/user/dirs', { path: '/' })).status, 401)
  const { Cookie: cookie = '' } = ann.headers
  const answer = await world.call('POST', '/api/v2/user/dirs', { path: '/' }, { Cookie: cookie })
  assert.equal(answer.status, 403)
})
