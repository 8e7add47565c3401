import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import { at, CoreWorld, eventually, modifying, put, rejects, scannerOf } from './core-fixture.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }

async function count(world: CoreWorld): Promise<void> {
  await using scanner = scannerOf(world)
  const before = world.eventsOf('quota-scanned').length
  await scanner.start(bob)
  await eventually(() => world.eventsOf('quota-scanned').length > before)
}

test('what a resumed file grew by before and after a count is counted once', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', Buffer.alloc(1000))
  const upload = await files.openUpload(at('/f'), modifying)
  await upload.write(1000, [Buffer.alloc(2000)])
  await count(world)
  await upload.write(3000, [Buffer.alloc(1000)])
  await upload.finish()
  await world.assertHomeQuota('bob', { size: 4000, files: 1 })
})

test('what an open file was cut by before a count is given back once', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', Buffer.alloc(3000))
  await put(files, '/other', Buffer.alloc(500))
  const upload = await files.openUpload(at('/f'), modifying)
  await upload.setAttributes({ size: 1000 })
  await count(world)
  await upload.finish()
  await world.assertHomeQuota('bob', { size: 1500, files: 2 })
})

test('a count while a file grows takes none of the quota twice', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 5000 })
  await put(files, '/f', Buffer.alloc(1000))
  const upload = await files.openUpload(at('/f'), modifying)
  await upload.write(1000, [Buffer.alloc(2000)])
  await count(world)
  await upload.write(3000, [Buffer.alloc(2000)])
  await rejects('quota-exceeded', upload.write(5000, [Buffer.alloc(1)]))
  await rejects('quota-exceeded', upload.finish())
  await world.assertHomeQuota('bob', { size: 5000, files: 1 })
})

test('a file that is changed by two, through a link and in a directory that is renamed meanwhile, is counted once', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await mkdir(join(world.homeOf('bob'), 'd'))
  for (const name of ['moved', 'target']) await put(files, `/d/${name}`, Buffer.alloc(100))
  await files.symlink('/d/target', at('/link'))
  const names = ['/d/moved', '/d/moved', '/link']
  const uploads = await Promise.all(names.map((name) => files.openUpload(at(name), modifying)))
  const [one, other, linked] = uploads
  assert.ok(one && other && linked)
  await one.write(100, [Buffer.alloc(50)])
  await linked.write(100, [Buffer.alloc(70)])
  await files.rename(at('/d'), at('/e'), { replace: false })
  await count(world)
  await other.write(150, [Buffer.alloc(30)])
  await one.finish()
  await count(world)
  await other.write(180, [Buffer.alloc(20)])
  for (const upload of [other, linked]) await upload.finish()
  await world.assertHomeQuota('bob', { size: 370, files: 2 })
})

test('a file that is closed while a count runs makes it count again', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', Buffer.alloc(1000))
  const upload = await files.openUpload(at('/f'), modifying)
  await upload.write(1000, [Buffer.alloc(500)])
  const { idle } = world.locks
  let looks = 0
  world.locks.idle = async () => {
    if (looks++ === 0) await upload.finish()
    return idle.call(world.locks)
  }
  await count(world)
  assert.equal(looks, 2)
  await world.assertHomeQuota('bob', { size: 1500, files: 1 })
})

test('a file that was moved away or replaced while it is changed is counted as what is there', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  for (const name of ['/replaced', '/removed', '/moved']) await put(files, name, Buffer.alloc(100))
  const uploads = await Promise.all(
    ['/replaced', '/removed', '/moved'].map((name) => files.openUpload(at(name), modifying)),
  )
  for (const upload of uploads) await upload.write(100, [Buffer.alloc(100)])
  await put(files, '/replaced', Buffer.alloc(7))
  await files.removeFile(at('/removed'))
  await files.rename(at('/moved'), at('/there'), { replace: false })
  await count(world)
  for (const upload of uploads) await upload.finish()
  await world.assertHomeQuota('bob', { size: 207, files: 2 })
})
