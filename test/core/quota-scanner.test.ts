import assert from 'node:assert/strict'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import { FileServerError } from '../../src/core/errors.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import { at, CoreWorld, eventually, overwriting, put, rejects, scannerOf } from './core-fixture.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }
const staged = '.sftpgo-0123456789abcdef.part'

async function scanned(world: CoreWorld, count: number): Promise<void> {
  await eventually(() => world.eventsOf('quota-scanned').length === count)
}

test('a count finds what is really there, of the home and of the folders counted with it', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const own = await world.addFolder('own')
  const apart = await world.addFolder('apart')
  const inner = join(own, 'inner')
  await mkdir(inner)
  await world.database.folders.add({ name: 'inner', mappedPath: inner, description: '' })
  await world.addUser('bob', {
    folders: [
      { folderName: 'own', virtualPath: at('/own'), quotaSize: -1, quotaFiles: -1 },
      { folderName: 'inner', virtualPath: at('/inner'), quotaSize: -1, quotaFiles: -1 },
      { folderName: 'apart', virtualPath: at('/apart'), quotaSize: 0, quotaFiles: 0 },
    ],
  })
  await writeFile(join(world.homeOf('bob'), 'a'), '12345')
  await writeFile(join(own, 'b'), '123')
  await writeFile(join(inner, 'c'), '12')
  await writeFile(join(apart, 'd'), '1234567')
  await writeFile(join(own, staged), 'left over')
  await scanner.start(bob)
  await rejects('busy', scanner.start(bob))
  assert.equal(scanner.list('user').length, 1)
  assert.deepEqual(scanner.list('folder'), [])
  await scanned(world, 1)
  await world.assertQuota(bob, { size: 10, files: 3 })
  assert.deepEqual((await readdir(own)).sort(), ['b', 'inner'])
  await scanner.start({ kind: 'folder', name: 'apart' })
  await scanned(world, 2)
  await world.assertQuota({ kind: 'folder', name: 'apart' }, { size: 7, files: 1 })
  await eventually(() => scanner.list('user').length + scanner.list('folder').length === 0)
  assert.deepEqual(
    world.eventsOf('quota-scanned').map(({ name, bytes, files, staged }) => [name, bytes, files, staged]),
    [
      ['bob', 10, 3, 1],
      ['apart', 7, 1, 0],
    ],
  )
  await rejects('not-found', scanner.start({ kind: 'user', name: 'nobody' }))
  await rejects('not-found', scanner.start({ kind: 'folder', name: 'nobody' }))
})

test('a file that a count has seen and that is not charged yet is counted once', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  await world.addUser('bob')
  const [seen, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const change = world.locks.run('the name', async () => {
    const ticket = await world.ledger.open(bob, { size: 0, files: 0 })
    await writeFile(join(world.homeOf('bob'), 'new'), '1234567890')
    seen.resolve()
    await gate.promise
    ticket.settle({ size: 10, files: 1 })
  })
  await seen.promise
  await scanner.start(bob)
  // The one file is read in less than this.
  await new Promise((resolve) => setTimeout(resolve, 100))
  gate.resolve()
  await change
  await scanned(world, 1)
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
})

test('a running upload is not touched by a count, and a change meanwhile makes it count again', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const files = await world.filesOf('bob')
  await put(files, '/old', 'abc')
  const upload = await files.openUpload(at('/new'), overwriting)
  await upload.write(0, [Buffer.alloc(10)])
  let changes = 0
  const { set } = world.ledger
  world.ledger.set = async (...args: Parameters<typeof set>) => {
    if (changes++ === 0) await put(files, '/meanwhile', '12')
    return set.apply(world.ledger, args)
  }
  await scanner.start(bob)
  await scanned(world, 1)
  assert.equal(changes, 2)
  await upload.finish()
  await world.assertHomeQuota('bob', { size: 15, files: 3 })
})

test('a change that was made and forgotten while a count ran makes it count again', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const files = await world.filesOf('bob')
  await put(files, '/old', 'abc')
  await world.ledger.flush()
  world.faults.calls.length = 0
  const { set } = world.ledger
  let rounds = 0
  world.ledger.set = async (...args: Parameters<typeof set>) => {
    if (rounds++ === 0) {
      await put(files, '/meanwhile', '12')
      world.turnClock(60_000)
      await eventually(() => world.faults.calls.includes('quota.add'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return set.apply(world.ledger, args)
  }
  await scanner.start(bob)
  await scanned(world, 1)
  assert.equal(rounds, 2)
  await world.assertHomeQuota('bob', { size: 5, files: 2 })
})

test('an account that never rested while it was counted is counted again until it did, and told of at both ends', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const files = await world.filesOf('bob')
  const looks = changingWhileCounted(world, files, 4)
  await scanner.start(bob)
  await scanned(world, 1)
  assert.equal(looks.count, 3)
  await scanned(world, 2)
  assert.equal(looks.count, 5)
  await put(files, '/after', '1')
  await world.assertHomeQuota('bob', { size: 9, files: 5 })
  assert.deepEqual(
    world.eventsOf('quota-scanned').map((event) => event.bytes),
    [4, 8],
  )
})

test('an account that was counted while it never rested is marked for the next start', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  changingWhileCounted(world, await world.filesOf('bob'), 3)
  await scanner.start(bob)
  await scanned(world, 1)
  await world.ledger[Symbol.asyncDispose]()
  assert.deepEqual(await world.database.quota.listUnsettled(), [bob])
})

test('a count that fails leaves the counters, and the next one can start', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const files = await world.filesOf('bob')
  await put(files, '/f', 'abc')
  const broken = new FileServerError('unavailable', 'away')
  for (const call of ['quota.set', 'storage.removeStagedUploads']) {
    world.faults.fail(call, broken)
    await scanner.start(bob)
    await eventually(() => scanner.list('user').length === 0)
    world.faults.clear()
    await world.assertHomeQuota('bob', { size: 3, files: 1 })
  }
  await scanner.start(bob)
  await scanned(world, 1)
})

test('after a crash the accounts that were being written to are counted and cleaned', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  await world.addUser('bob')
  await world.addUser('eve')
  await writeFile(join(world.homeOf('bob'), 'kept'), 'abc')
  await writeFile(join(world.homeOf('bob'), staged), 'left over')
  const { quota, users } = world.database
  await quota.markUnsettled(bob)
  await quota.markUnsettled({ kind: 'user', name: 'eve' })
  await users.remove('eve')
  await scanner.recover()
  assert.deepEqual(await readdir(world.homeOf('bob')), ['kept'])
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
  await world.ledger[Symbol.asyncDispose]()
  assert.deepEqual(await quota.listUnsettled(), [])
})

test('a recovery that fails is tried again at the next start, whoever wrote to the account meanwhile', async () => {
  await using world = await CoreWorld.open()
  await using scanner = scannerOf(world)
  const files = await world.filesOf('bob')
  const { quota } = world.database
  await quota.markUnsettled(bob)
  world.faults.fail('storage.removeStagedUploads', new FileServerError('storage-failure', 'broken'))
  await scanner.recover()
  world.faults.clear()
  await put(files, '/f', 'abc')
  world.turnClock(60_000)
  await world.ledger[Symbol.asyncDispose]()
  assert.deepEqual(await quota.listUnsettled(), [bob])
})

test('a home that is gone counts nothing, and a scanner that is stopped lets go', async () => {
  await using world = await CoreWorld.open()
  const scanner = scannerOf(world)
  await world.addUser('bob')
  await rm(world.homeOf('bob'), { recursive: true })
  await scanner.start(bob)
  await scanner[Symbol.asyncDispose]()
  assert.deepEqual(scanner.list('user'), [])
})

/** The first so many looks at bob's home see it change under them: a file is new after they have passed by. */
function changingWhileCounted(world: CoreWorld, files: UserFilesystem, times: number): { count: number } {
  const looks = { count: 0 }
  const { idle } = world.locks
  world.locks.idle = async () => {
    if (++looks.count <= times) await put(files, `/new-${looks.count}`, '12')
    return idle.call(world.locks)
  }
  return looks
}
