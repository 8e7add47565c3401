import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AuditLog } from '../../src/core/events/audit-log.ts'
import { EventBus } from '../../src/core/events/event-bus.ts'
import type { Actor } from '../../src/core/events/events.ts'
import { parseVirtualPath } from '../../src/core/files/virtual-path.ts'
import { silentLog } from '../../src/core/log.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { waitUntil } from '../support/wait-until.ts'

const dayMs = 24 * 60 * 60_000
const actor: Actor = {
  connectionId: 'SFTP_1',
  username: 'ann',
  protocol: 'SFTP',
  remoteAddress: '10.1.2.3',
}

interface AuditWorld extends AsyncDisposable {
  readonly database: Database
  readonly events: EventBus
  readonly audit: AuditLog
  /** Days that records are kept; a test may change it. */
  retentionDays: number
  now: number
}

async function openAuditWorld(): Promise<AuditWorld> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'audit-'))
  stack.defer(() => rm(directory, { recursive: true }))
  const database = stack.use(await openDatabase(join(directory, 'test.db'), { log: silentLog }))
  const events = new EventBus(silentLog)
  const owned = stack.move()
  const adjustable = { retentionDays: 90, now: 1000 * dayMs }
  const audit = owned.use(
    new AuditLog({
      ...{ events, log: silentLog, repository: database.audit, settings: database.settings },
      retentionDays: () => adjustable.retentionDays,
      clock: () => adjustable.now,
    }),
  )
  return Object.assign(adjustable, {
    ...{ database, events, audit },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  })
}

function signIn(world: AuditWorld, at: number): void {
  world.now = at
  world.events.emit({ type: 'session-opened', actor, clientVersion: 'x', method: 'password' })
}

test('what happens is found a moment later, with the time it happened', async () => {
  await using world = await openAuditWorld()
  signIn(world, 5 * dayMs)
  const record = await waitUntil('the record', async () => (await world.audit.search({}, { limit: 1 }))[0])
  const { id: _id, ...rest } = record
  assert.deepEqual(rest, {
    ...{ ...actor, at: 5 * dayMs, action: 'sign-in', detail: 'password' },
    ...{ path: '', target: '', bytes: 0, durationMs: 0 },
  })
})

test('what is older than the admin wants it kept is removed, by what is set at that moment', async () => {
  await using world = await openAuditWorld()
  for (let i = 0; i < 2_500; i++) signIn(world, 5 * dayMs + i)
  signIn(world, 50 * dayMs)
  signIn(world, 100 * dayMs)
  await world.audit.flush()
  const count = async () => (await world.audit.search({}, { limit: 5_000 })).length
  await world.audit.removeExpired()
  assert.equal(await count(), 2)
  world.retentionDays = 30
  await world.audit.removeExpired()
  assert.equal(await count(), 1)
})

test('a stream gives everything that matches once, in pages, and nothing that comes meanwhile', async () => {
  await using world = await openAuditWorld()
  for (let i = 0; i < 1_200; i++) signIn(world, i)
  await world.audit.flush()
  const times: number[] = []
  for await (const page of world.audit.stream({ from: 100 })) {
    assert.ok(page.length <= 500)
    times.push(...page.map(({ at }) => at))
    signIn(world, 5_000)
    await world.audit.flush()
  }
  assert.deepEqual(
    times,
    Array.from({ length: 1_100 }, (_, i) => 1_199 - i),
  )
})

test('a client that is refused without end does not fill the disk, nor hide what others do', async () => {
  await using world = await openAuditWorld()
  const refuse = (count: number, username: string) => {
    for (let i = 0; i < count; i++)
      world.events.emit({
        type: 'operation-refused',
        ...{ actor: { ...actor, username }, operation: 'stat', path: parseVirtualPath('/x') },
        code: 'permission-denied',
      })
  }
  refuse(5_000, 'eve')
  refuse(1, 'bob')
  signIn(world, world.now)
  await world.audit.flush()
  const count = async (username: string) => (await world.audit.search({ username }, { limit: 10_000 })).length
  assert.deepEqual([await count('eve'), await count('bob'), await count('ann')], [120, 1, 1])
  world.now += 60_000
  refuse(5_000, 'eve')
  await world.audit.flush()
  assert.equal(await count('eve'), 240)
})

test('what happened just before the server stops is kept', async () => {
  await using world = await openAuditWorld()
  signIn(world, 3)
  await world.audit[Symbol.asyncDispose]()
  signIn(world, 4)
  const records = await world.database.audit.search({}, { limit: 10 })
  assert.deepEqual(
    records.map(({ at }) => at),
    [3],
  )
})
