import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QuotaAccount } from '../../src/core/accounts/repositories.ts'
import { FileServerError, hasCode } from '../../src/core/errors.ts'
import { CoreWorld, eventually, rejects } from './core-fixture.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }
const away = new FileServerError('unavailable', 'away')

async function stored(world: CoreWorld) {
  return world.database.quota.usage(bob)
}

test('what changes while changes are being written is written after them', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.ledger.add(bob, { size: 10, files: 1 })
  const gate = world.faults.hold('quota.add')
  const first = world.ledger.flush()
  await gate.reached
  await world.ledger.add(bob, { size: 5, files: 1 })
  const flushes = [world.ledger.flush(), world.ledger.flush()]
  gate.release()
  await Promise.all([first, ...flushes])
  assert.deepEqual(await stored(world), { size: 15, files: 2 })
})

test('a flush answers when everything is written, also what another one took along', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.ledger.add(bob, { size: 1, files: 1 })
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let call = 0
  world.faults.before('quota.add', () => gates[call++]?.promise)
  const first = world.ledger.flush()
  await eventually(() => call === 1)
  await world.ledger.add(bob, { size: 1, files: 1 })
  const answered: string[] = []
  const others = ['b', 'c'].map((name) => world.ledger.flush().then(() => answered.push(name)))
  gates[0]?.resolve()
  await first
  await eventually(() => call === 2)
  assert.deepEqual(answered, [])
  gates[1]?.resolve()
  await Promise.all(others)
  assert.deepEqual(await stored(world), { size: 2, files: 2 })
})

test('a count that is set while changes are written, or while it is written itself, loses none', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.ledger.add(bob, { size: 10, files: 1 })
  const adding = world.faults.hold('quota.add')
  const flush = world.ledger.flush()
  await adding.reached
  const set = world.ledger.set(bob, { size: 100, files: 9 })
  adding.release()
  await Promise.all([flush, set])
  assert.deepEqual(await stored(world), { size: 100, files: 9 })

  const setting = world.faults.hold('quota.set')
  const slow = world.ledger.set(bob, { size: 200, files: 20 })
  await setting.reached
  await world.ledger.add(bob, { size: 1, files: 1 })
  const later = world.ledger.flush()
  setting.release()
  await Promise.all([slow, later])
  await world.assertQuota(bob, { size: 201, files: 21 })
})

test('a count that is set is refused when something changed since', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const ticket = await world.ledger.open(bob, { size: 0, files: 0 })
  const generation = await world.ledger.generation(bob)
  assert.ok(await world.ledger.set(bob, { size: 5, files: 1 }, generation))
  await world.ledger.add(bob, { size: 1, files: 0 })
  assert.ok(!(await world.ledger.set(bob, { size: 5, files: 1 }, generation)))
  ticket.release()
  await world.assertQuota(bob, { size: 6, files: 1 })
})

test('a count that the database does not take changes nothing', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.ledger.add(bob, { size: 10, files: 1 })
  world.faults.fail('quota.set', away)
  await rejects('unavailable', world.ledger.set(bob, { size: 99, files: 9 }))
  world.faults.clear()
  await world.assertQuota(bob, { size: 10, files: 1 })
})

test('an account that nobody writes to is closed, unmarked, and opened again as it is then', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const { quota } = world.database
  await world.ledger.add(bob, { size: 10, files: 1 })
  assert.deepEqual(await quota.listUnsettled(), [bob])
  world.turnClock(6_000)
  await eventually(async () => (await world.ledger.generation(bob)) === 0)
  await eventually(async () => (await quota.listUnsettled()).length === 0)
  await quota.set(bob, { size: 500, files: 5 }, 0)
  await world.ledger.add(bob, { size: 1, files: 1 })
  await world.assertQuota(bob, { size: 501, files: 6 })
})

test('an account that is opened in the moment it is closed keeps its mark and its changes', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const gate = world.faults.hold('quota.clearUnsettled')
  await world.ledger.add(bob, { size: 10, files: 1 })
  world.turnClock(6_000)
  await gate.reached
  const ticket = await world.ledger.open(bob, { size: 0, files: 0 })
  gate.release()
  world.faults.clear()
  ticket.settle({ size: 5, files: 1 })
  await eventually(() => world.faults.calls.filter((call) => call === 'quota.markUnsettled').length >= 3)
  await eventually(async () => (await world.database.quota.listUnsettled()).length === 1)
  await world.assertQuota(bob, { size: 15, files: 2 })
})

test('a change never gets lost between opening and closing', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  let total = 0
  for (let i = 0; i < 30; i++) {
    world.turnClock(6_000)
    await Promise.all([
      world.ledger.add(bob, { size: 1, files: 1 }),
      new Promise((resolve) => setTimeout(resolve, i % 3 === 0 ? 20 : 0)),
    ])
    total++
  }
  await world.assertQuota(bob, { size: total, files: total })
})

test('an account that cannot be read does no harm to the others', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.addUser('eve')
  await world.ledger.add(bob, { size: 10, files: 1 })
  const gate = Promise.withResolvers<void>()
  world.faults.before('quota.usage', () => gate.promise.then(() => Promise.reject(away)))
  const opening = rejects(
    'unavailable',
    world.ledger.open({ kind: 'user', name: 'eve' }, { size: 0, files: 0 }),
  )
  const flushed = world.ledger.flush()
  gate.resolve()
  await Promise.all([opening, flushed])
  world.faults.clear()
  assert.deepEqual(await stored(world), { size: 10, files: 1 })
})

test('a ticket that has ended holds nothing any more', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const ticket = await world.ledger.open(bob, { size: 100, files: 1 })
  ticket.release()
  assert.throws(
    () => ticket.holdBytes(100),
    (error) => hasCode(error, 'aborted'),
  )
  assert.throws(
    () => ticket.holdFile(),
    (error) => hasCode(error, 'aborted'),
  )
  ticket.settle({ size: 1, files: 1 })
  await world.assertQuota(bob, { size: 0, files: 0 })
})
