import assert from 'node:assert/strict'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Download } from '../../src/core/files/download.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import { at, CoreWorld, eventually, get, modifying, overwriting, put, rejects } from './core-fixture.ts'

const following = { ...overwriting, followsName: true }
const own = { seesOwn: true }
const bytes = (text: string) => [Buffer.from(text)]

async function begin(files: UserFilesystem, path: string, text: string, how = following) {
  const upload = await files.openUpload(at(path), how)
  await upload.write(0, bytes(text))
  return upload
}

/** The text that a session which sees its own uploads finds at a name. */
const see = (files: UserFilesystem, path: string) => get(files, path, own)

/** What an open file holds now, of a hundred bytes at most. */
async function all(download: Download): Promise<string> {
  const target = Buffer.alloc(100)
  return target.subarray(0, await download.read(0, target)).toString()
}

test('a session reads what it is writing itself, as far as it has come; others read the earlier file', async () => {
  await using world = await CoreWorld.open()
  for (const [name, earlier] of [
    ['ann', undefined],
    ['bob', 'the earlier file'],
  ] as const) {
    const files = await world.filesOf(name)
    const other = (await world.openSession(name)).files
    if (earlier) await put(files, '/f', earlier)
    const upload = await begin(files, '/f', 'one')
    const download = await files.openDownload(at('/f'), own)
    assert.deepEqual([await all(download), download.entry.size], ['one', 3])
    for (const each of [other, files])
      if (earlier)
        assert.equal(await get(each, '/f'), earlier, 'also of its own session who does not ask for it')
      else await rejects('not-found', each.openDownload(at('/f')))
    await upload.write(3, bytes('two'))
    assert.deepEqual([await all(download), (await download.stat()).size], ['onetwo', 6])
    await upload.finish()
    for (const each of [files, other]) assert.equal(await get(each, '/f'), 'onetwo')
    assert.equal(await all(download), 'onetwo')
    await download.close()
  }
  const facts = world.eventsOf('file-downloaded').filter(({ bytes }) => bytes === 15)
  assert.deepEqual(
    facts.map(({ path }) => path),
    ['/f', '/f'],
  )
})

test('uploads that do not follow their names are read by nobody before they are complete', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'earlier')
  const upload = await begin(files, '/f', 'new', { ...following, followsName: false })
  assert.equal(await see(files, '/f'), 'earlier')
  await upload.finish()
  assert.equal(await see(files, '/f'), 'new')
})

test('of two uploads to one name its session reads the one that it began last, and then what the name holds', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const [one, other] = [await begin(files, '/f', 'one'), await begin(files, '/f', 'other')]
  assert.equal(await see(files, '/f'), 'other')
  assert.equal((await files.stat(at('/f'))).size, 5)
  await other.finish()
  assert.equal(await see(files, '/f'), 'one')
  await one.finish()
  assert.equal(await see(files, '/f'), 'one')
  const staged = await begin(files, '/f', 'staged')
  const inPlace = await files.openUpload(at('/f'), { ...modifying, followsName: true })
  await inPlace.write(0, bytes('ONE'))
  assert.deepEqual([await see(files, '/f'), (await files.stat(at('/f'))).size], ['ONE', 3])
  await inPlace.finish()
  assert.deepEqual([await see(files, '/f'), (await files.stat(at('/f'))).size], ['staged', 6])
  await staged.finish()
})

test('attributes set by who reads an open upload are those of the upload, whatever its name holds', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'earlier')
  const earlier = await files.openDownload(at('/f'), own)
  const upload = await begin(files, '/f', 'new')
  const download = await files.openDownload(at('/f'), own)
  await files.setAttributes(at('/f'), { mode: 0o600 }, { expected: download.entry })
  await files.setAttributes(at('/f'), { mode: 0o640 }, { expected: earlier.entry })
  assert.deepEqual([(await earlier.stat()).mode, (await download.stat()).mode], [0o640, 0o600])
  await upload.finish()
  await files.setAttributes(at('/f'), { modifiedAt: 1_000_000 }, { expected: download.entry })
  const { mode, modifiedAt } = await files.stat(at('/f'))
  assert.deepEqual([mode, modifiedAt], [0o600, 1_000_000])
  await rejects('not-found', files.setAttributes(at('/f'), { mode: 0o644 }, { expected: earlier.entry }))
  for (const open of [earlier, download]) await open.close()
})

test('what is being written is read by the name that its session has given it, and by no other', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/g', 'earlier')
  await symlink('g', join(world.homeOf('bob'), 'link'))
  const upload = await begin(files, '/f', 'new')
  const download = await files.openDownload(at('/f'), own)
  await files.rename(at('/f'), at('/g'), { replace: true })
  await rejects('not-found', files.openDownload(at('/f'), own))
  assert.equal(await see(files, '/g'), 'new')
  assert.equal(await see(files, '/link'), 'earlier', 'the link leads to the file that is there')
  await files.removeFile(at('/g'))
  await rejects('not-found', files.openDownload(at('/g'), own))
  await upload.write(3, bytes('er'))
  assert.equal(await all(download), 'newer')
  await upload.finish()
  await download.close()

  await put(files, '/g', 'earlier')
  const through = await begin(files, '/link', 'through the link')
  assert.deepEqual([await see(files, '/link'), await see(files, '/g')], ['through the link', 'earlier'])
  await through.finish()
  assert.equal(await see(files, '/g'), 'through the link')
})

test('what is written through a link is not found by the name of the link any more when that is gone', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  for (const change of ['removed', 'renamed', 'replaced'] as const) {
    await put(files, '/f', 'earlier')
    await put(files, '/other', 'another file')
    await symlink('f', join(world.homeOf('bob'), 'link'))
    const upload = await begin(files, '/link', 'new')
    assert.equal(await see(files, '/link'), 'new')
    if (change === 'removed') await files.removeFile(at('/link'))
    else if (change === 'renamed') await files.rename(at('/link'), at('/moved'), { replace: false })
    else await files.rename(at('/other'), at('/link'), { replace: true })
    if (change === 'replaced') {
      assert.equal(await see(files, '/link'), 'another file')
      assert.equal((await files.stat(at('/link'))).size, 12)
    } else {
      await rejects('not-found', files.openDownload(at('/link'), own))
      await rejects('not-found', files.stat(at('/link')))
    }
    await upload.finish()
    assert.equal(await see(files, '/f'), 'new')
    await rm(world.homeOf('bob'), { recursive: true })
    await mkdir(world.homeOf('bob'))
  }
})

test('a reader reads on after its upload broke off, and holds nothing up', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'earlier')
  const upload = await begin(files, '/f', 'half of it')
  const download = await files.openDownload(at('/f'), own)
  await upload.abort()
  assert.deepEqual([await all(download), await see(files, '/f')], ['half of it', 'earlier'])
  await world.assertHomeQuota('bob', { size: 7, files: 1 })
  await download.close()

  const spoilt = await begin(files, '/f', 'half')
  world.faults.fail('file.write', new Error('the disk is full of errors'))
  await assert.rejects(spoilt.write(4, bytes(' more')))
  world.faults.clear()
  assert.equal(await see(files, '/f'), 'half')
  await assert.rejects(spoilt.finish())
  assert.equal(await see(files, '/f'), 'earlier')
})

test('who may not download does not read what it is writing', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { permissions: { '/': ['list', 'upload', 'overwrite'] } })
  const upload = await begin(files, '/f', 'x')
  await rejects('permission-denied', files.openDownload(at('/f'), own))
  await upload.finish()
})

test('a reader that is opened at the moment of its end is of the whole upload', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await begin(files, '/f', 'whole')
  const held = world.faults.hold('file.openReader')
  const opening = files.openDownload(at('/f'), own)
  await held.reached
  let isFinished = false
  const finished = upload.finish().then(() => (isFinished = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(!isFinished)
  held.release()
  const download = await opening
  await finished
  assert.equal(await all(download), 'whole')
  await download.close()
  await eventually(async () => (await world.openDescriptors()).length === 0)
})
