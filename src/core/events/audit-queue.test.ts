import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntil } from '../../../test/support/wait-until.ts'
import { FileServerError } from '../errors.ts'
import { silentLog, type Log, type LogFields } from '../log.ts'
import { auditEntryOf } from './audit-entry.ts'
import { AuditQueue } from './audit-queue.ts'
import type { AuditEntry } from './audit-record.ts'

function numbered(at: number): AuditEntry {
  const entry = auditEntryOf({ type: 'backup-made', admin: 'root', name: 'x' }, at)
  assert.ok(entry)
  return entry
}

/** Keeps what it is given; says no while `isAway`. */
class Sink {
  readonly batches: number[][] = []
  readonly warnings: [string, LogFields][] = []
  readonly log: Log = { ...silentLog, warn: (fields, message) => void this.warnings.push([message, fields]) }
  readonly queue = new AuditQueue((batch) => this.#take(batch), this.log)
  isAway = false
  attempts = 0

  get written(): number[] {
    return this.batches.flat()
  }

  async #take(batch: readonly AuditEntry[]): Promise<void> {
    this.attempts++
    if (this.isAway) throw new FileServerError('unavailable', 'The database does not answer')
    this.batches.push(batch.map(({ at }) => at))
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

test('entries are written by themselves, in their order, in batches of 200 at most', async () => {
  const sink = new Sink()
  await using queue = sink.queue
  for (const at of range(0, 450)) queue.add(numbered(at))
  assert.equal(sink.attempts, 0, 'whoever adds does not wait for a write')
  await waitUntil('all entries', () => sink.written.length === 450)
  assert.deepEqual(sink.written, range(0, 450))
  assert.deepEqual(
    sink.batches.map((batch) => batch.length),
    [200, 200, 50],
  )
  queue.add(numbered(450))
  await waitUntil('a single entry', () => sink.written.length === 451)
})

test('a database that is away costs no entry, and is tried again', async () => {
  const sink = new Sink()
  await using queue = sink.queue
  sink.isAway = true
  queue.add(numbered(0))
  assert.equal(await queue.flush(), false)
  assert.deepEqual(queue.state, { queued: 1, written: 0, failures: 1, dropped: 0, limited: 0 })
  for (const at of range(1, 300)) queue.add(numbered(at))
  sink.isAway = false
  await waitUntil('the database is back', () => sink.written.length === 300)
  assert.deepEqual(sink.written, range(0, 300))
  assert.equal(sink.attempts, 3)
  assert.deepEqual(
    sink.warnings.map(([message]) => message),
    ['audit records not written yet'],
  )
})

test('memory is bounded: what comes when it is full is dropped, and that is told once', async () => {
  const sink = new Sink()
  await using queue = sink.queue
  for (const at of range(0, 10_050)) queue.add(numbered(at))
  await queue.flush()
  assert.deepEqual(sink.written, range(0, 10_000))
  assert.deepEqual(sink.warnings, [['audit records dropped', { dropped: 1 }]])
  queue.limit()
  assert.deepEqual(queue.state, { queued: 0, written: 10_000, failures: 0, dropped: 50, limited: 1 })
})

test('what is queued is written when the server stops, and what cannot be is told', async () => {
  const sink = new Sink()
  for (const at of range(0, 250)) sink.queue.add(numbered(at))
  await sink.queue[Symbol.asyncDispose]()
  assert.deepEqual(sink.written, range(0, 250))

  const lost = new Sink()
  lost.isAway = true
  lost.queue.add(numbered(0))
  await lost.queue[Symbol.asyncDispose]()
  assert.deepEqual(lost.warnings.at(-1), ['audit records lost', { lost: 1 }])
})
