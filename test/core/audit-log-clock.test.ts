import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AuditLog } from '../../src/core/events/audit-log.ts'
import type { AuditEntry } from '../../src/core/events/audit-record.ts'
import { EventBus } from '../../src/core/events/event-bus.ts'
import { type Log, silentLog } from '../../src/core/log.ts'
import { openDatabase } from '../../src/database/database.ts'

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs
const today = Date.parse('2026-11-26T12:00:00Z')

/** A server that is started and stopped, keeps records for thirty days, and sweeps when it is told to. */
async function openWorld() {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'audit-clock-'))
  stack.defer(() => rm(directory, { recursive: true }))
  const database = stack.use(await openDatabase(join(directory, 'test.db'), { log: silentLog }))
  const owned = stack.move()
  const warned: string[] = []
  const log: Log = { ...silentLog, warn: (_fields, message) => void warned.push(message) }
  let [now, ran] = [today, 0]
  const start = () =>
    new AuditLog({
      ...{ events: new EventBus(silentLog), log, repository: database.audit, settings: database.settings },
      ...{ retentionDays: () => 30, clock: () => now, steady: () => ran },
    })
  let server = start()
  return {
    /** Sweeps that removed nothing for the clock. */
    warned,
    /** What the clock says; the server goes on. */
    setClock(to: number) {
      now = to
    },
    /** The server runs, and sweeps each hour. */
    async run(ms: number) {
      for (let left = ms; left > 0; left -= hourMs) {
        now += Math.min(left, hourMs)
        ran += Math.min(left, hourMs)
        await server.removeExpired()
      }
    },
    async stop() {
      await server[Symbol.asyncDispose]()
    },
    /** As a power cut does it: nothing is written any more. */
    start() {
      ran = 0
      server = start()
    },
    async write(...dates: readonly number[]) {
      await database.audit.add(dates.map(entryOf))
    },
    /** How old the records are that are left, in days, in the order in which they were written. */
    async left() {
      const records = await database.audit.search({}, { limit: 100 })
      return records.map(({ at }) => Math.round((today - at) / dayMs)).toReversed()
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await owned.disposeAsync()
    },
  }
}

function entryOf(at: number): AuditEntry {
  const texts = { protocol: 'SFTP', connectionId: '', remoteAddress: '', path: '', target: '', detail: '' }
  return { at, action: 'sign-in', username: 'ann', ...texts, bytes: 0, durationMs: 0 }
}

function daysAgo(...days: readonly number[]): number[] {
  return days.map((count) => today - count * dayMs)
}

const years = 3650 * dayMs

test('a clock that is years ahead at the start removes nothing, however often that happens', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(20, 10, 1))
  for (let i = 0; i < 5; i++) {
    world.setClock(today + years)
    await world.run(5 * hourMs)
    await world.write(today + years)
    await world.stop()
    world.start()
  }
  assert.deepEqual((await world.left()).slice(0, 3), [20, 10, 1])
  assert.ok(world.warned.length > 0)
  world.setClock(today + 15 * dayMs)
  await world.run(hourMs)
  // Out of days by a clock that another week has not borne out is nothing yet.
  assert.deepEqual((await world.left()).slice(0, 3), [20, 10, 1])
  world.setClock(today)
  await world.run(hourMs)
  assert.deepEqual((await world.left()).slice(0, 3), [20, 10, 1])
})

test('what a start writes by a wrong clock before its first look vouches for no clock', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(20, 10, 1))
  world.setClock(today + years)
  world.start()
  await world.write(today + years)
  await world.run(hourMs)
  assert.deepEqual((await world.left()).slice(0, 3), [20, 10, 1])
})

test('a clock that jumps while the server runs removes nothing, and is right again when it is set right', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(29, 1))
  await world.run(hourMs)
  world.setClock(today + years)
  await world.run(2 * dayMs)
  assert.deepEqual(await world.left(), [29, 1])
  world.setClock(today + 2 * dayMs)
  await world.run(hourMs)
  assert.deepEqual(await world.left(), [1])
})

test('a server that was off for months removes what is old after a week, also in several runs', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(1, 0))
  await world.run(hourMs)
  await world.stop()
  world.setClock(today + 90 * dayMs)
  for (let i = 0; i < 6; i++) {
    world.start()
    await world.run(dayMs)
    await world.stop()
  }
  assert.deepEqual(await world.left(), [1, 0])
  world.start()
  await world.run(dayMs + hourMs)
  assert.deepEqual(await world.left(), [])
})

test('a server that was off for days goes on at once', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(28, 5))
  await world.run(hourMs)
  await world.stop()
  world.setClock(today + 6 * dayMs)
  world.start()
  await world.run(hourMs)
  assert.deepEqual(await world.left(), [5])
  assert.deepEqual(world.warned, [])
})

test('what was written while the clock was behind stays as long as what was written before it', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(40, 20), 0, 1000, ...daysAgo(0.1))
  await world.run(hourMs)
  assert.deepEqual(
    (await world.left()).filter((days) => days < 1000),
    [20, 0],
  )
  assert.equal((await world.left()).length, 4)
  world.setClock(0)
  await world.run(dayMs)
  assert.equal((await world.left()).length, 4)
  world.setClock(today)
  for (let i = 0; i < 4; i++) {
    world.setClock(today + (i + 1) * 5 * dayMs)
    await world.run(hourMs)
  }
  assert.deepEqual(await world.left(), [0])
})

test('what was written while the clock was ahead removes nothing else', async () => {
  await using world = await openWorld()
  await world.write(...daysAgo(40, 10), today + years, ...daysAgo(0.1))
  await world.run(hourMs)
  assert.deepEqual(await world.left(), [10, -3650, 0])
})
