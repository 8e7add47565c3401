import assert from 'node:assert/strict'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { silentLog } from '../../src/core/log.ts'
import { CoreWorld, eventually, put, rejects, scannerOf } from './core-fixture.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }
const staged = '.sftpgo-0123456789abcdef.part'
const away = new FileServerError('unavailable', 'away')
const retryMs = { first: 20, longest: 80 }

/** Bob has used 3 bytes, and after a crash 7 more than that and a leftover are on the disk. */
async function crashedWorld(): Promise<CoreWorld> {
  const world = await CoreWorld.open()
  await put(await world.filesOf('bob'), '/known', 'abc')
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
  await writeFile(join(world.homeOf('bob'), 'more'), '1234567')
  await writeFile(join(world.homeOf('bob'), staged), 'left over')
  return world
}

async function isCounted(world: CoreWorld): Promise<void> {
  await eventually(() => world.eventsOf('quota-scanned').length > 0)
  await world.assertHomeQuota('bob', { size: 10, files: 2 })
  assert.deepEqual((await readdir(world.homeOf('bob'))).sort(), ['known', 'more'])
}

/** So many calls of this name fail, and no later one; answers when each began, in milliseconds. */
function failing(world: CoreWorld, call: string, times: number): number[] {
  const begun: number[] = []
  world.faults.before(call, () => {
    begun.push(performance.now())
    if (begun.length <= times) throw away
  })
  return begun
}

for (const [what, call] of [
  ['the storage', 'storage.removeStagedUploads'],
  ['the database, for the account', 'users.find'],
  ['the database, for what was counted', 'quota.set'],
  ['the database, for all accounts', 'quota.listUnsettled'],
] as const)
  test(`a count after a crash is taken once it can be: ${what} is away at first`, async () => {
    await using world = await crashedWorld()
    await using scanner = scannerOf(world, { retryMs })
    await world.database.quota.markUnsettled(bob)
    const begun = failing(world, call, 2)
    await scanner.recover()
    await isCounted(world)
    assert.ok(begun.length >= 3)
  })

test('a count after the end of a process is taken once it can be, and asked for ever more rarely until then', async () => {
  await using world = await crashedWorld()
  await using scanner = scannerOf(world, { retryMs })
  const begun = failing(world, 'storage.removeStagedUploads', 5)
  scanner.recoverAccounts([bob])
  await isCounted(world)
  const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? 0))
  assert.equal(pauses.length, 5)
  // A timer may come a millisecond early.
  for (const [index, least] of [20, 40, 80, 80, 80].entries())
    assert.ok((pauses[index] ?? 0) >= least - 1, `pauses of ${pauses.join(', ')} ms`)
  world.turnClock(6_000)
  await eventually(async () => (await world.database.quota.listUnsettled()).length === 0)
})

for (const call of ['quota.usage', 'storage.removeStagedUploads'])
  test(`a count of an account that moved is taken once it can be: ${call} fails at first`, async () => {
    await using world = await crashedWorld()
    await using scanner = scannerOf(world, { retryMs })
    world.turnClock(6_000)
    await eventually(async () => (await world.ledger.generation(bob)) === 0)
    failing(world, call, 2)
    await scanner.countSoon([bob], Promise.resolve())
    await isCounted(world)
  })

test('a count of an account that did not rest is taken again, also where that fails once', async () => {
  await using world = await crashedWorld()
  await using scanner = scannerOf(world, { retryMs })
  const { idle } = world.locks
  let looks = 0
  world.locks.idle = async () => {
    if (++looks <= 3) await world.ledger.add(bob, { size: 1, files: 0 })
    return idle.call(world.locks)
  }
  await scanner.start(bob)
  await eventually(() => world.eventsOf('quota-scanned').length === 1)
  const begun = failing(world, 'users.find', 1)
  await eventually(() => world.eventsOf('quota-scanned').length === 2)
  assert.equal(begun.length, 2)
  await isCounted(world)
})

test('a directory that comes after the crash is counted when it has come, also of who had used nothing yet', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const home = world.homeOf('bob')
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'known'), 'abc')
  await writeFile(join(home, 'more'), '1234567')
  await writeFile(join(home, staged), 'left over')
  await rename(home, `${home}-away`)
  const warnings: string[] = []
  const log = { ...silentLog, warn: (_fields: unknown, message: string) => void warnings.push(message) }
  await using scanner = scannerOf(world, { retryMs, log })
  const looks = failing(world, 'storage.removeStagedUploads', 0)
  await world.database.quota.markUnsettled(bob)
  await scanner.recover()
  // Who has never signed in has no home either: that is told once, and no count is.
  await eventually(() => looks.length >= 3)
  assert.deepEqual(warnings, ['quota scan failed'])
  await rename(`${home}-away`, home)
  // It may come amid a look, of which the next one removes what is left over.
  await eventually(async () => !(await readdir(home)).includes(staged))
  await isCounted(world)
  // The look that removed it may still be counting, and the account rests from its end on.
  await eventually(async () => {
    world.turnClock(6_000)
    return (await world.database.quota.listUnsettled()).length === 0
  })
})

test('a count that an admin asks for fails at once, and is not taken later', async () => {
  await using world = await crashedWorld()
  await using scanner = scannerOf(world, { retryMs })
  const begun = failing(world, 'users.find', 1)
  await rejects('unavailable', scanner.start(bob))
  const scans = failing(world, 'storage.removeStagedUploads', 1)
  await scanner.start(bob)
  await delay(100)
  assert.deepEqual([begun.length, scans.length], [2, 1])
  assert.deepEqual(world.eventsOf('quota-scanned'), [])
})

test('a count that waits to be taken again is not forgotten when an admin asks for one that fails', async () => {
  await using world = await crashedWorld()
  await using scanner = scannerOf(world, { retryMs: { first: 200, longest: 200 } })
  const begun = failing(world, 'storage.removeStagedUploads', 2)
  scanner.recoverAccounts([bob])
  await eventually(() => begun.length === 1 && scanner.list('user').length === 0)
  await scanner.start(bob)
  await eventually(() => begun.length === 2 && scanner.list('user').length === 0)
  await isCounted(world)
  assert.equal(begun.length, 3)
})

test('no count is taken again of an account that was removed, after one that went well, or after the end', async () => {
  await using world = await crashedWorld()
  await using scanner = scannerOf(world, { retryMs })
  await world.addUser('eve')
  const eve: QuotaAccount = { kind: 'user', name: 'eve' }
  const begun = failing(world, 'storage.removeStagedUploads', 2)
  scanner.recoverAccounts([bob, eve])
  await eventually(() => begun.length === 2)
  await world.database.users.remove('eve')
  await isCounted(world)
  await delay(200)
  assert.equal(begun.length, 3)
  assert.deepEqual(
    world.eventsOf('quota-scanned').map(({ name }) => name),
    ['bob'],
  )
  const more = failing(world, 'storage.removeStagedUploads', 9)
  scanner.recoverAccounts([bob])
  await eventually(() => more.length === 1)
  await scanner[Symbol.asyncDispose]()
  await delay(200)
  assert.equal(more.length, 1)
})
