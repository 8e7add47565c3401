import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FileServerError } from '../../src/core/errors.ts'
import { FileJob, type FileJobOrder } from '../../src/core/files/file-job.ts'
import { FileJobs } from '../../src/core/files/file-jobs.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import {
  at,
  CoreWorld,
  eventually,
  get,
  modifying,
  namesIn,
  overwriting,
  put,
  rejects,
} from './core-fixture.ts'

async function run(files: UserFilesystem, order: FileJobOrder): Promise<FileJob> {
  const job = new FileJob(files, order, new AbortController().signal)
  await job.run()
  return job
}

function into(action: 'copy' | 'move', paths: string[], target: string, overwrite = false): FileJobOrder {
  return { action, paths: paths.map(at), target: at(target), overwrite }
}

function remove(...paths: string[]): FileJobOrder {
  return { action: 'delete', paths: paths.map(at) }
}

function told(job: FileJob): string[] {
  return job.failures.map(({ path, code }) => `${path} ${code}`).sort()
}

/** /tree with files at two levels and an empty directory. */
async function plant(files: UserFilesystem): Promise<void> {
  for (const directory of ['/tree', '/tree/deep', '/tree/empty', '/to'])
    await files.makeDirectory(at(directory))
  await put(files, '/tree/a', 'first')
  await put(files, '/tree/deep/b', 'second')
}

test('a tree is copied whole, counted and reported', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  const job = await run(files, into('copy', ['/tree'], '/to'))
  assert.deepEqual([job.state, told(job), job.doneFiles, job.doneBytes], ['done', [], 5, 11])
  assert.equal(await get(files, '/to/tree/deep/b'), 'second')
  assert.deepEqual(await namesIn(files, '/to/tree'), ['a', 'deep', 'empty'])
  assert.equal(await get(files, '/tree/a'), 'first')
  await world.assertHomeQuota('ann', { size: 22, files: 4 })
  const copied = world.eventsOf('file-copied').map(({ path, target, bytes }) => [path, target, bytes])
  assert.deepEqual(copied.sort(), [
    ['/tree/a', '/to/tree/a', 5],
    ['/tree/deep/b', '/to/tree/deep/b', 6],
  ])
  assert.equal(world.eventsOf('file-downloaded').length, 2, 'those of this test')
  assert.equal(world.eventsOf('file-uploaded').length, 2, 'those of the planting')
})

test('a copy is as old as its original', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  await files.setAttributes(at('/tree/a'), { modifiedAt: 1_000_000_000_000 })
  await run(files, into('copy', ['/tree/a'], '/to'))
  assert.equal((await files.stat(at('/to/a'))).modifiedAt, 1_000_000_000_000)
})

test('what is there already stays unless it is to be replaced', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  await put(files, '/to/a', 'old')
  const kept = await run(files, into('copy', ['/tree/a', '/tree/deep'], '/to'))
  assert.deepEqual([kept.state, told(kept)], ['failed', ['/tree/a already-exists']])
  assert.equal(await get(files, '/to/a'), 'old')
  assert.equal(await get(files, '/to/deep/b'), 'second')
  const replaced = await run(files, into('copy', ['/tree/a', '/tree/deep'], '/to', true))
  assert.deepEqual([replaced.state, told(replaced)], ['done', []])
  assert.equal(await get(files, '/to/a'), 'first')
})

test('nothing is copied or moved into itself', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  for (const action of ['copy', 'move'] as const)
    for (const target of ['/tree', '/tree/deep', '/']) {
      const job = await run(files, into(action, ['/tree'], target))
      assert.deepEqual(told(job), ['/tree unsupported'], `${action} to ${target}`)
    }
  await world.assertHomeQuota('ann', { size: 11, files: 2 })
})

test('a tree is not copied into itself through a second mount of the same place', async () => {
  await using world = await CoreWorld.open()
  const home = await world.makeDirectory('ann')
  await mkdir(join(home, 'tree/inner'), { recursive: true })
  await writeFile(join(home, 'tree/a'), 'x')
  await world.database.folders.add({ name: 'again', mappedPath: join(home, 'tree/inner'), description: '' })
  const folders = [{ folderName: 'again', virtualPath: at('/m'), quotaSize: 0, quotaFiles: 0 }]
  const files = await world.filesOf('ann', { folders })
  const job = await run(files, into('copy', ['/tree'], '/m'))
  assert.deepEqual(told(job), ['/tree unsupported'])
  assert.deepEqual(await namesIn(files, '/m'), [])
})

test('a move renames, and goes entry by entry into a directory that exists', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  const renamed = await run(files, into('move', ['/tree'], '/to'))
  assert.deepEqual([renamed.state, renamed.doneFiles], ['done', 1])
  await plant(files).catch(() => undefined)
  await put(files, '/tree/a', 'newer')
  await files.makeDirectory(at('/tree/more'))
  const merged = await run(files, into('move', ['/tree'], '/to', true))
  assert.deepEqual([merged.state, told(merged)], ['done', []])
  assert.equal(await get(files, '/to/tree/a'), 'newer')
  assert.deepEqual(await namesIn(files, '/to/tree'), ['a', 'deep', 'empty', 'more'])
  assert.deepEqual(await namesIn(files, '/'), ['to'])
})

test('a move that no rename can do copies and removes', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  await symlink('a', join(world.homeOf('ann'), 'tree/link'))
  // As storages on different file systems answer.
  world.faults.fail('storage.rename', new FileServerError('unsupported', 'Another file system'))
  const job = await run(files, into('move', ['/tree'], '/to'))
  assert.deepEqual(told(job), ['/tree directory-not-empty', '/tree/link unsupported'])
  assert.equal(await get(files, '/to/tree/deep/b'), 'second')
  assert.deepEqual(await namesIn(files, '/tree'), ['link'])
  await world.assertHomeQuota('ann', { size: 11, files: 2 })
})

for (const [what, how] of [
  ['uploaded anew', overwriting],
  ['written to', modifying],
] as const)
  test(`a file that is ${what} while a move copies it is not removed`, async () => {
    await using world = await CoreWorld.open()
    const files = await world.filesOf('ann')
    await plant(files)
    world.faults.fail('storage.rename', new FileServerError('unsupported', 'Another file system'))
    world.faults.before('file.write', async () => {
      world.faults.clear()
      await put(files, '/tree/a', 'newer', how)
    })
    const job = await run(files, into('move', ['/tree/a'], '/to'))
    assert.deepEqual([job.state, told(job)], ['failed', ['/tree/a busy']])
    assert.equal(await get(files, '/tree/a'), 'newer')
    assert.equal(await get(files, '/to/a'), 'first')
    await world.assertHomeQuota('ann', { size: 16, files: 3 })
  })

test('a tree is removed with its links, and nothing that they point to', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await plant(files)
  await put(files, '/kept', 'kept')
  await symlink('../kept', join(world.homeOf('ann'), 'tree/link'))
  for (let i = 0; i < 700; i++) await writeFile(join(world.homeOf('ann'), `tree/deep/f${i}`), '')
  const job = await run(files, remove('/tree', '/missing'))
  assert.deepEqual(told(job), ['/missing not-found'])
  assert.deepEqual(await namesIn(files, '/'), ['kept', 'to'])
  assert.equal(job.failedCount, 1)
})

test('mounted folders are neither removed nor moved', async () => {
  await using world = await CoreWorld.open()
  const mapped = await world.addFolder('shared')
  await writeFile(join(mapped, 'x'), 'x')
  const folders = [{ folderName: 'shared', virtualPath: at('/way/m'), quotaSize: 0, quotaFiles: 0 }]
  const files = await world.filesOf('ann', { folders })
  await files.makeDirectory(at('/to'))
  for (const order of [remove('/way', '/way/m'), into('move', ['/way/m'], '/to')]) {
    const job = await run(files, order)
    assert.ok(job.failedCount > 0)
    assert.equal(job.doneFiles, 0)
  }
  assert.equal(await readFile(join(mapped, 'x'), 'utf8'), 'x')
})

test('what the user has no right to is told and left, and the rest is done', async () => {
  await using world = await CoreWorld.open()
  const permissions = { '/': ['*'], '/tree/deep': ['list'] } as const
  const files = await world.filesOf('ann', { permissions: { '/': ['*'], '/x': ['*'] } })
  await plant(files)
  await world.database.users.remove('ann')
  await world.addUser('ann', { permissions })
  const limited = (await world.openSession('ann')).files
  const job = await run(limited, into('copy', ['/tree'], '/to'))
  assert.deepEqual(told(job), ['/tree/deep/b permission-denied'])
  assert.equal(await get(limited, '/to/tree/a'), 'first')
})

test('a copy needs its own permission, and leaves nothing when the quota is used up', async () => {
  await using world = await CoreWorld.open()
  const permissions = { '/': ['list', 'upload', 'download', 'create_dirs'] } as const
  const bob = await world.filesOf('bob', { permissions })
  await put(bob, '/a', 'x')
  await bob.makeDirectory(at('/to'))
  assert.deepEqual(told(await run(bob, into('copy', ['/a'], '/to'))), ['/a permission-denied'])
  const ann = await world.filesOf('ann', { quotaSize: 15 })
  await plant(ann)
  const job = await run(ann, into('copy', ['/tree/deep/b'], '/to'))
  assert.deepEqual(told(job), ['/tree/deep/b quota-exceeded'])
  assert.deepEqual(await namesIn(ann, '/to'), [])
  await world.assertHomeQuota('ann', { size: 11, files: 2 })
})

test('a job that is cancelled stops between two pieces and leaves no half file', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  await files.makeDirectory(at('/to'))
  await put(files, '/big', Buffer.alloc(3_000_000))
  const jobs = new FileJobs()
  await using _ending = jobs
  const owner = { username: 'ann', files, signal: new AbortController().signal }
  const hold = world.faults.hold('file.write')
  const known = jobs.start(owner, into('copy', ['/big'], '/to'))
  await hold.reached
  const removed = jobs.remove('ann', known.id)
  hold.release()
  await removed
  assert.equal(known.job.state, 'cancelled')
  assert.deepEqual(await namesIn(files, '/to'), [])
  assert.equal(jobs.list('ann').length, 1, 'it can still be seen how it went')
  await jobs.remove('ann', known.id)
  assert.equal(jobs.list('ann').length, 0)
})

test('jobs end with the session, are seen by their user alone and are forgotten after ten minutes', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('ann')
  const session = await world.openSession('ann')
  await session.files.makeDirectory(at('/to'))
  for (let i = 0; i < 50; i++) await put(session.files, `/f${i}`, 'x')
  await using jobs = new FileJobs({ clock: world.clock })
  const paths = Array.from({ length: 50 }, (_, i) => `/f${i}`)
  const known = jobs.start(
    { username: 'ann', files: session.files, signal: session.signal },
    into('copy', paths, '/to'),
  )
  assert.deepEqual(jobs.list('bob'), [])
  await rejects('not-found', jobs.remove('bob', known.id))
  world.connections.disconnectUser('ann', 'go')
  await session.close('go')
  await eventually(() => known.job.state === 'cancelled')
  assert.equal(known.job.failedCount, 0)
  world.turnClock(10 * 60_000 + 1000)
  assert.deepEqual(jobs.list('ann'), [])
})

test('a job that has ended keeps nothing of its order, which can be megabytes', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('ann')
  const known = new WeakMap<FileJob, WeakRef<object>>()
  const start = (): FileJob => {
    const order = remove('/gone')
    const job = new FileJob(files, order, new AbortController().signal)
    known.set(job, new WeakRef(order.paths))
    return job
  }
  const job = start()
  await job.run()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await eventually(() => {
    collect()
    return known.get(job)?.deref() === undefined
  })
  assert.deepEqual(told(job), ['/gone not-found'])
})
