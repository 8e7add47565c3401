import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import type { FolderMount } from '../../src/core/accounts/user.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { at, CoreWorld, get, namesIn, put, rejects } from './core-fixture.ts'

const mount = (folderName: string, path: string, quotaSize = 0, quotaFiles = 0): FolderMount => ({
  folderName,
  virtualPath: at(path),
  quotaSize,
  quotaFiles,
})

const folder = (name: string): QuotaAccount => ({ kind: 'folder', name })
const user = (name: string): QuotaAccount => ({ kind: 'user', name })

async function mountedWorld(world: CoreWorld, folders: FolderMount[], quotaSize = 0) {
  for (const { folderName } of folders) await world.addFolder(folderName)
  return world.filesOf('bob', { folders, quotaSize })
}

test('a mount is seen at its path, with the way to it, and nothing of it can be moved or removed', async () => {
  await using world = await CoreWorld.open()
  const files = await mountedWorld(world, [mount('box', '/a/b/box')])
  assert.deepEqual(await namesIn(files, '/'), ['a'])
  assert.deepEqual(await namesIn(files, '/a'), ['b'])
  assert.deepEqual(await namesIn(files, '/a/b'), ['box'])
  for (const path of ['/a', '/a/b', '/a/b/box']) assert.equal((await files.stat(at(path))).type, 'directory')
  await put(files, '/a/b/box/f', 'x')
  assert.equal(await readFile(join(world.homeOf('box'), 'f'), 'utf8'), 'x')
  for (const path of ['/', '/a', '/a/b', '/a/b/box']) {
    await rejects('already-exists', files.makeDirectory(at(path)))
    await rejects('is-a-directory', put(files, path, 'x'))
    await rejects('is-a-directory', files.removeFile(at(path)))
  }
  for (const path of ['/', '/a/b/box']) {
    await rejects('permission-denied', files.removeDirectory(at(path)))
    await rejects('permission-denied', files.rename(at(path), at('/z'), { replace: true }))
  }
  for (const path of ['/a', '/a/b']) {
    await rejects('unsupported', files.removeDirectory(at(path)))
    await rejects('unsupported', files.rename(at(path), at('/z'), { replace: true }))
  }
  await files.makeDirectory(at('/d'))
  await rejects('unsupported', files.rename(at('/d'), at('/a'), { replace: false }))
  await rejects('not-found', files.makeDirectory(at('/a/c')))
  await rejects('not-found', namesIn(files, '/a/c'))
  assert.deepEqual(await readdir(world.homeOf('bob')), ['d'])
})

test('mode and times of a mount’s root are changed by the rights in it, not by those around it', async () => {
  await using world = await CoreWorld.open()
  await world.addFolder('box')
  const folders = [mount('box', '/box')]
  const permissions = { '/': ['*'], '/box': ['list', 'download'] } as const
  const files = await world.filesOf('bob', { folders, permissions })
  for (const attributes of [{ mode: 0 }, { modifiedAt: 1_000 }])
    await rejects('permission-denied', files.setAttributes(at('/box'), attributes))
  await files.setAttributes(at('/'), { mode: 0o755 })
})

test('what a mount covers is not seen and the mount is listed once', async () => {
  await using world = await CoreWorld.open()
  await mkdir(join(world.homeOf('bob'), 'box'), { recursive: true })
  await writeFile(join(world.homeOf('bob'), 'box/covered'), '')
  const files = await mountedWorld(world, [mount('box', '/box'), mount('inner', '/box/inner')])
  await put(files, '/box/f', 'x')
  assert.deepEqual(await namesIn(files, '/'), ['box'])
  assert.deepEqual(await namesIn(files, '/box'), ['f', 'inner'])
})

test('a mount at the root takes the place of the home', async () => {
  await using world = await CoreWorld.open()
  const files = await mountedWorld(world, [mount('box', '/', 10)])
  await put(files, '/f', 'x')
  assert.deepEqual(await readdir(world.homeOf('box')), ['f'])
  await rejects('quota-exceeded', put(files, '/g', 'x'.repeat(10)))
  await world.assertQuota(folder('box'), { size: 1, files: 1 }, world.homeOf('box'))
  await world.assertQuota(user('bob'), { size: 0, files: 0 })
})

test('a folder is made where its storage lacks it, and one that cannot be made harms no other', async () => {
  await using world = await CoreWorld.open()
  await world.database.folders.add({ name: 'new', mappedPath: world.homeOf('new'), description: '' })
  await writeFile(join(world.storageRoot, 'file'), '')
  const mappedPath = join(world.storageRoot, 'file/below')
  await world.database.folders.add({ name: 'broken', mappedPath, description: '' })
  const files = await world.filesOf('bob', { folders: [mount('new', '/new'), mount('broken', '/broken')] })
  await put(files, '/new/f', 'x')
  await put(files, '/f', 'x')
  await assert.rejects(put(files, '/broken/f', 'x'))
})

test('a move from one quota to the other moves what is counted', async () => {
  await using world = await CoreWorld.open()
  const files = await mountedWorld(
    world,
    [mount('box', '/box', 100, 3), mount('mine', '/mine', -1, -1)],
    1000,
  )
  await files.makeDirectory(at('/d'))
  await put(files, '/d/a', Buffer.alloc(40))
  await put(files, '/d/b', Buffer.alloc(50))
  await put(files, '/f', Buffer.alloc(20))
  await files.rename(at('/d'), at('/box/d'), { replace: false })
  await world.assertQuota(folder('box'), { size: 90, files: 2 }, world.homeOf('box'))
  await rejects('quota-exceeded', files.rename(at('/f'), at('/box/f'), { replace: false }))
  await files.rename(at('/f'), at('/box/d/a'), { replace: true })
  await world.assertQuota(folder('box'), { size: 70, files: 2 }, world.homeOf('box'))
  await world.assertQuota(user('bob'), { size: 0, files: 0 })
  await files.rename(at('/box/d/a'), at('/mine/a'), { replace: false })
  await files.rename(at('/mine/a'), at('/a'), { replace: false })
  await world.assertQuota(user('bob'), { size: 20, files: 1 }, world.homeOf('bob'), world.homeOf('mine'))
  await world.assertQuota(folder('box'), { size: 50, files: 1 }, world.homeOf('box'))
})

test('a move that fails in any step moves no count', async () => {
  await using world = await CoreWorld.open()
  const files = await mountedWorld(world, [mount('box', '/box', 100, 3)])
  await put(files, '/f', Buffer.alloc(20))
  await put(files, '/box/f', Buffer.alloc(10))
  await world.ledger.flush()
  for (const call of ['storage.rename', 'storage.lstat', 'quota.usage']) {
    world.turnClock(10_000)
    world.faults.fail(call, new FileServerError('unavailable', 'away'))
    if (call !== 'quota.usage')
      await rejects('unavailable', files.rename(at('/f'), at('/box/f'), { replace: true }))
    world.faults.clear()
  }
  assert.equal((await get(files, '/f')).length, 20)
  assert.equal((await get(files, '/box/f')).length, 10)
  await world.assertQuota(user('bob'), { size: 20, files: 1 }, world.homeOf('bob'))
  await world.assertQuota(folder('box'), { size: 10, files: 1 }, world.homeOf('box'))
})

test('a move needs the database of both quotas before it begins', async () => {
  await using world = await CoreWorld.open()
  await world.addFolder('box')
  await world.addUser('bob', { folders: [mount('box', '/box')] })
  await writeFile(join(world.homeOf('bob'), 'f'), 'abc')
  const { files } = await world.openSession('bob')
  for (const failing of [1, 2]) {
    let calls = 0
    world.faults.before('quota.markUnsettled', () => {
      if (++calls === failing) throw new FileServerError('unavailable', 'away')
    })
    await rejects('unavailable', files.rename(at('/f'), at('/box/f'), { replace: false }))
    assert.deepEqual(await readdir(world.homeOf('bob')), ['f'])
    world.faults.clear()
    if (failing === 1) await world.ledger.flush()
  }
})

test('a rename within one quota gives back what it replaces', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100 })
  await put(files, '/a', Buffer.alloc(60))
  await put(files, '/b', Buffer.alloc(40))
  await rejects('already-exists', files.rename(at('/a'), at('/b'), { replace: false }))
  await files.rename(at('/a'), at('/b'), { replace: true })
  await world.assertHomeQuota('bob', { size: 60, files: 1 })
  await files.makeDirectory(at('/d'))
  await rejects('unsupported', files.rename(at('/b'), at('/d'), { replace: true }))
  await rejects('not-a-directory', files.rename(at('/d'), at('/b'), { replace: true }))
  await rejects('not-found', files.rename(at('/x'), at('/y'), { replace: true }))
  const noOverwrite = await world.filesOf('eve', { permissions: { '/': ['rename', 'upload', 'list'] } })
  await put(noOverwrite, '/a', 'a')
  await put(noOverwrite, '/b', 'b')
  await rejects('permission-denied', noOverwrite.rename(at('/a'), at('/b'), { replace: true }))
})

test('a file that is replaced while it moves to another quota is counted as what it is', async () => {
  await using world = await CoreWorld.open()
  const files = await mountedWorld(world, [mount('box', '/box')])
  await put(files, '/f', Buffer.alloc(10))
  const gate = world.faults.hold('storage.rename')
  const renamed = files.rename(at('/f'), at('/box/f'), { replace: false })
  await gate.reached
  const replaced = put(files, '/f', Buffer.alloc(70))
  const back = files.rename(at('/box/f'), at('/f'), { replace: true }).catch(() => undefined)
  // Long enough for a replacement that does not wait for the move.
  await Promise.race([replaced, new Promise((resolve) => setTimeout(resolve, 100))])
  gate.release()
  await Promise.all([renamed, replaced, back])
  const sizes = {
    home: (await namesIn(files, '/')).includes('f'),
    box: (await namesIn(files, '/box')).includes('f'),
  }
  const home = sizes.home ? (await files.stat(at('/f'))).size : 0
  const box = sizes.box ? (await files.stat(at('/box/f'))).size : 0
  await world.assertQuota(user('bob'), { size: home, files: sizes.home ? 1 : 0 }, world.homeOf('bob'))
  await world.assertQuota(folder('box'), { size: box, files: sizes.box ? 1 : 0 }, world.homeOf('box'))
})
