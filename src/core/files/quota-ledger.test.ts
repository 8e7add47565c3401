import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QuotaAccount, QuotaRepository } from '../accounts/repositories.ts'
import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError, hasCode } from '../errors.ts'
import { silentLog } from '../log.ts'
import { QuotaLedger } from './quota-ledger.ts'

const bob: QuotaAccount = { kind: 'user', name: 'bob' }

class CountingRepository implements QuotaRepository {
  stored: QuotaUsage
  unsettled = false
  failure: FileServerError | undefined
  /** What is written is stored, and the answer is lost. */
  losesAnswers = false
  writes = 0

  constructor(stored: QuotaUsage = { size: 0, files: 0 }) {
    this.stored = stored
  }

  usage(): Promise<QuotaUsage> {
    return Promise.resolve(this.stored)
  }

  add(_account: QuotaAccount, change: QuotaUsage): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    this.writes++
    this.stored = { size: this.stored.size + change.size, files: this.stored.files + change.files }
    return this.#answer()
  }

  set(_account: QuotaAccount, usage: QuotaUsage): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    this.stored = usage
    return this.#answer()
  }

  #answer(): Promise<void> {
    return this.losesAnswers ? Promise.reject(away) : Promise.resolve()
  }

  markUnsettled(): Promise<void> {
    this.unsettled = true
    return Promise.resolve()
  }

  clearUnsettled(): Promise<void> {
    this.unsettled = false
    return Promise.resolve()
  }

  listUnsettled(): Promise<readonly QuotaAccount[]> {
    return Promise.resolve(this.unsettled ? [bob] : [])
  }
}

const away = new FileServerError('unavailable', 'away')
const exceeded = (error: unknown) => hasCode(error, 'quota-exceeded')

test('parallel uploads share a quota to the last byte', async () => {
  await using ledger = new QuotaLedger(new CountingRepository({ size: 10, files: 0 }), { log: silentLog })
  const [a, b] = await Promise.all([
    ledger.open(bob, { size: 100, files: 0 }),
    ledger.open(bob, { size: 100, files: 0 }),
  ])
  await a.holdBytes(60)
  assert.throws(() => b.holdBytes(31), exceeded)
  await b.holdBytes(30)
  assert.throws(() => a.holdBytes(61), exceeded)
  await b.holdBytes(10)
  await a.holdBytes(80)
  a.release()
  await b.holdBytes(90)
  b.release()
})

test('what an upload held turns into what it stored, once', async () => {
  const repository = new CountingRepository()
  await using ledger = new QuotaLedger(repository, { log: silentLog })
  const ticket = await ledger.open(bob, { size: 100, files: 1 })
  ticket.holdFile()
  await ticket.holdBytes(70)
  ticket.settle({ size: 70, files: 1 })
  ticket.settle({ size: 70, files: 1 })
  ticket.release()
  assert.deepEqual(await ledger.usage(bob), { size: 70, files: 1 })
  const next = await ledger.open(bob, { size: 100, files: 1 })
  assert.throws(() => next.holdFile(), exceeded)
  assert.throws(() => next.holdBytes(31), exceeded)
  next.release()
  await ledger.flush()
  assert.deepEqual(repository.stored, { size: 70, files: 1 })
})

test('many small uploads reach the database in few statements', async () => {
  const repository = new CountingRepository()
  await using ledger = new QuotaLedger(repository, { log: silentLog })
  for (let i = 0; i < 100; i++) await ledger.add(bob, { size: 5, files: 1 })
  await ledger.flush()
  assert.deepEqual(repository.stored, { size: 500, files: 100 })
  assert.equal(repository.writes, 1)
})

test('an account is marked while it is written to and not after a clean end', async () => {
  const repository = new CountingRepository()
  const ledger = new QuotaLedger(repository, { log: silentLog })
  const ticket = await ledger.open(bob, { size: 0, files: 0 })
  assert.ok(repository.unsettled)
  ticket.settle({ size: 1, files: 1 })
  await ledger[Symbol.asyncDispose]()
  assert.ok(!repository.unsettled)
  assert.deepEqual(repository.stored, { size: 1, files: 1 })
})

test('a database that is away gets the changes when it is back, and the mark stays until then', async () => {
  const repository = new CountingRepository()
  const ledger = new QuotaLedger(repository, { log: silentLog })
  repository.failure = new FileServerError('unavailable', 'away')
  await ledger.add(bob, { size: 7, files: 1 })
  await ledger.flush()
  assert.deepEqual(repository.stored, { size: 0, files: 0 })
  assert.deepEqual(await ledger.usage(bob), { size: 7, files: 1 })
  await ledger[Symbol.asyncDispose]()
  assert.ok(repository.unsettled)
})

test('a change whose answer was lost is counted once, also when it is undone before the database is back', async () => {
  const repository = new CountingRepository()
  const ledger = new QuotaLedger(repository, { log: silentLog })
  repository.losesAnswers = true
  await ledger.add(bob, { size: 7, files: 1 })
  for (let attempt = 0; attempt < 3; attempt++) await ledger.flush()
  repository.losesAnswers = false
  await ledger.flush()
  assert.deepEqual(repository.stored, { size: 7, files: 1 })

  repository.losesAnswers = true
  await ledger.add(bob, { size: 5, files: 1 })
  await ledger.flush()
  repository.failure = away
  await ledger.add(bob, { size: -5, files: -1 })
  await ledger.flush()
  repository.failure = undefined
  repository.losesAnswers = false
  await ledger.add(bob, { size: 1, files: 0 })
  await ledger[Symbol.asyncDispose]()
  assert.deepEqual(repository.stored, { size: 8, files: 1 })
  assert.ok(!repository.unsettled)
})

test('an account whose last answer was lost stays marked until the database has answered', async () => {
  const repository = new CountingRepository()
  const ledger = new QuotaLedger(repository, { log: silentLog })
  repository.losesAnswers = true
  await ledger.add(bob, { size: 7, files: 1 })
  await ledger.flush()
  await ledger.add(bob, { size: -7, files: -1 })
  await ledger[Symbol.asyncDispose]()
  assert.ok(repository.unsettled)
})

test('a count whose answer was lost changes nothing, in the database either', async () => {
  const repository = new CountingRepository({ size: 50, files: 5 })
  const ledger = new QuotaLedger(repository, { log: silentLog })
  repository.losesAnswers = true
  const count = ledger.set(bob, { size: 10, files: 1 })
  // It waits for its turn behind the count.
  const later = ledger.add(bob, { size: 3, files: 1 }).then(() => ledger.flush())
  await assert.rejects(count, (error) => error === away)
  await later
  repository.losesAnswers = false
  await ledger[Symbol.asyncDispose]()
  assert.deepEqual(repository.stored, { size: 53, files: 6 })
})

test('a removed account stops being written', async () => {
  const repository = new CountingRepository()
  const ledger = new QuotaLedger(repository, { log: silentLog })
  repository.failure = new FileServerError('not-found', 'gone')
  await ledger.add(bob, { size: 7, files: 1 })
  await ledger[Symbol.asyncDispose]()
  assert.ok(!repository.unsettled)
})

test('a count replaces what was known, and changes meanwhile are told by the generation', async () => {
  const repository = new CountingRepository({ size: 50, files: 5 })
  await using ledger = new QuotaLedger(repository, { log: silentLog })
  await ledger.add(bob, { size: 1, files: 1 })
  const before = await ledger.generation(bob)
  await ledger.add(bob, { size: 1, files: 1 })
  assert.notEqual(await ledger.generation(bob), before)
  await ledger.set(bob, { size: 10, files: 1 })
  assert.deepEqual(await ledger.usage(bob), { size: 10, files: 1 })
  await ledger.flush()
  assert.deepEqual(repository.stored, { size: 10, files: 1 })
})
