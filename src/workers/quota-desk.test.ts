import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryAccounts } from '../../test/support/memory-accounts.ts'
import { channelPair } from '../../test/workers/channel-pair.ts'
import type { QuotaAccount } from '../core/accounts/repositories.ts'
import { hasCode } from '../core/errors.ts'
import { QuotaLedger } from '../core/files/quota-ledger.ts'
import type { QuotaTicket } from '../core/files/quota-ticket.ts'
import { silentLog } from '../core/log.ts'
import type { PrimaryWords, WorkerWords } from './messages.ts'
import { QuotaDesk } from './quota-desk.ts'
import { RemoteInPlaceFiles } from './remote-locks.ts'
import { RemoteQuotas } from './remote-quotas.ts'

const bob: QuotaAccount = { kind: 'folder', name: 'bob' }
const mebibyte = 2 ** 20
const refused = (error: unknown) => hasCode(error, 'quota-exceeded')

/** A ledger and two processes that borrow from it. */
async function openDesk() {
  const accounts = new MemoryAccounts()
  await accounts.folders.add({ name: 'bob', mappedPath: '/bob', description: '' })
  const ledger = new QuotaLedger(accounts.quota, { log: silentLog })
  const desk = new QuotaDesk(ledger)
  const workers = Array.from({ length: 2 }, () => {
    const [own, other] = channelPair<WorkerWords, PrimaryWords<unknown>>()
    const borrower = desk.serve(other)
    return { borrower, channel: other, quotas: new RemoteQuotas(own, new RemoteInPlaceFiles(own)) }
  })
  const [one, two] = workers
  assert.ok(one && two)
  return {
    ...{ ledger, desk, one, two },
    async [Symbol.asyncDispose]() {
      for (const { quotas } of workers) quotas[Symbol.dispose]()
      await ledger[Symbol.asyncDispose]()
    },
  }
}

/** The bytes that a new ticket could have. */
async function roomLeft(ledger: QuotaLedger, limit: number): Promise<number> {
  const ticket = await ledger.open(bob, { size: limit, files: 0 })
  let [low, high] = [0, limit]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    try {
      await ticket.holdBytes(middle)
      low = middle
    } catch {
      high = middle - 1
    }
  }
  ticket.release()
  return low
}

test('an account without a limit is asked about once, however much is written', async () => {
  await using world = await openDesk()
  const ticket = await world.one.quotas.open(bob, { size: 0, files: 0 })
  assert.equal(ticket.holdBytes(10 * mebibyte), undefined)
  assert.equal(ticket.holdFile(), undefined)
  ticket.settle({ size: 10 * mebibyte, files: 1 })
  assert.deepEqual(await world.one.quotas.usage(bob), { size: 10 * mebibyte, files: 1 })
})

test('while there is plenty a worker asks once for many writes', async () => {
  await using world = await openDesk()
  const ticket = await world.one.quotas.open(bob, { size: 1000 * mebibyte, files: 0 })
  await ticket.holdBytes(1000)
  assert.equal(ticket.holdBytes(3 * mebibyte), undefined)
  assert.notEqual(ticket.holdBytes(5 * mebibyte), undefined)
  ticket.release()
})

test('room that others hold ahead is given back to the last byte, also to the primary process', async () => {
  await using world = await openDesk()
  const limits = { size: 100 * mebibyte, files: 0 }
  const idle = await Promise.all([world.one, world.two].map(({ quotas }) => quotas.open(bob, limits)))
  for (const ticket of idle) await ticket.holdBytes(1)
  assert.equal(await roomLeft(world.ledger, limits.size), limits.size - 2)
  const last = await world.two.quotas.open(bob, limits)
  await last.holdBytes(limits.size - 2)
  await assert.rejects(async () => last.holdBytes(limits.size - 1), refused)
  for (const ticket of [...idle, last]) ticket.release()
})

test('what two processes hold one after the other is granted exactly while there is room', async () => {
  const limit = 80 * mebibyte
  const size = fc.integer({ min: 0, max: limit })
  const step = fc.record({ ticket: fc.nat(4), size, ends: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using world = await openDesk()
      const places = [world.one.quotas, world.one.quotas, world.two.quotas, world.two.quotas, world.ledger]
      const tickets: (QuotaTicket | undefined)[] = []
      const held = [0, 0, 0, 0, 0]
      for (const { ticket: at, size: wanted, ends } of steps) {
        const ticket = (tickets[at] ??= await places[at]?.open(bob, { size: limit, files: 0 }))
        const others = held.reduce((sum, bytes, index) => (index === at ? sum : sum + bytes), 0)
        const fits = wanted <= (held[at] ?? 0) || others + wanted <= limit
        const outcome = await (async () => ticket?.holdBytes(wanted))().then(
          () => true,
          () => false,
        )
        assert.equal(outcome, fits)
        if (outcome) held[at] = wanted
        if (!ends) continue
        ticket?.release()
        tickets[at] = undefined
        held[at] = 0
      }
      for (const ticket of tickets) ticket?.release()
      await world.one.quotas.usage(bob)
      await world.two.quotas.usage(bob)
      assert.equal(await roomLeft(world.ledger, limit), limit)
    }),
    { numRuns: 60 },
  )
})

test('what many hold at once is never more than the limit, and none is lost', async () => {
  await using world = await openDesk()
  const limit = 90 * mebibyte
  const places = [world.one.quotas, world.two.quotas, world.ledger]
  let settled = 0
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const ticket = await places[index % 3]?.open(bob, { size: limit, files: 40 })
      let size = 0
      try {
        await ticket?.holdFile()
        for (let step = 0; step < 5; step++) await ticket?.holdBytes((size += 700_001 + index * 1000))
        ticket?.settle({ size, files: 1 })
        settled++
      } catch (error) {
        assert.ok(refused(error), String(error))
        ticket?.release()
      }
    }),
  )
  for (const { quotas } of [world.one, world.two]) {
    const used = await quotas.usage(bob)
    assert.ok(used.size <= limit)
  }
  assert.equal((await world.ledger.usage(bob)).files, settled)
  assert.ok(settled >= 20 && settled <= 40, `${settled}`)
  const used = await world.ledger.usage(bob)
  assert.equal(await roomLeft(world.ledger, limit), limit - used.size)
})

test('room that was lent ahead under another limit is not used, and is free for others', async () => {
  await using world = await openDesk()
  const limits = { size: 0, files: 0 }
  const ticket = await world.one.quotas.open(bob, limits)
  assert.equal(ticket.holdBytes(mebibyte), undefined)
  limits.size = 1000 * mebibyte
  await ticket.holdBytes(2 * mebibyte)
  limits.size = 3 * mebibyte
  await assert.rejects(async () => ticket.holdBytes(4 * mebibyte), refused)
  assert.equal(await roomLeft(world.ledger, limits.size), mebibyte)
  assert.equal(ticket.holdBytes(2 * mebibyte), undefined)
  await ticket.holdBytes(3 * mebibyte)
  limits.size = mebibyte
  await assert.rejects(async () => ticket.holdBytes(3 * mebibyte + 1), refused)
  // What is there stays.
  assert.equal(ticket.holdBytes(3 * mebibyte), undefined)
  limits.size = 0
  assert.equal(ticket.holdBytes(9 * mebibyte), undefined)
  ticket.settle({ size: 9 * mebibyte, files: 1 })
  assert.deepEqual(await world.one.quotas.usage(bob), { size: 9 * mebibyte, files: 1 })
})

test('files that are held already stay when a limit comes that they are beyond', async () => {
  await using world = await openDesk()
  const limits = { size: 0, files: 0 }
  const ticket = await world.one.quotas.open(bob, limits)
  await ticket.holdFile()
  Object.assign(limits, { size: 9 * mebibyte, files: 1 })
  const other = await world.one.quotas.open(bob, { size: 0, files: 0 })
  other.settle({ size: 0, files: 1 })
  await ticket.holdBytes(mebibyte)
  await assert.rejects(async () => ticket.holdFile(), refused)
})

test('writes of one upload that ask side by side are all charged', async () => {
  await using world = await openDesk()
  const limits = { size: 20 * mebibyte, files: 0 }
  const ticket = await world.one.quotas.open(bob, limits)
  await Promise.all([1, 2, 3, 4].map(async (part) => ticket.holdBytes(part * mebibyte)))
  assert.equal(await roomLeft(world.ledger, limits.size), 16 * mebibyte)
  ticket.settle({ size: 4 * mebibyte, files: 1 })
  assert.deepEqual(await world.one.quotas.usage(bob), { size: 4 * mebibyte, files: 1 })
})

test('a process that is gone holds nothing, and the accounts it wrote to are named', async () => {
  await using world = await openDesk()
  const limits = { size: 20 * mebibyte, files: 0 }
  const ticket = await world.one.quotas.open(bob, limits)
  await ticket.holdBytes(20 * mebibyte)
  world.one.channel.end()
  assert.deepEqual(world.desk.end(world.one.borrower), [bob])
  assert.equal(await roomLeft(world.ledger, limits.size), limits.size)
})

test('a process that ended in good order leaves no account in doubt', async () => {
  await using world = await openDesk()
  const ticket = await world.one.quotas.open(bob, { size: 0, files: 0 })
  ticket.settle({ size: 5, files: 1 })
  world.one.quotas[Symbol.dispose]()
  await world.two.quotas.usage(bob)
  await new Promise(setImmediate)
  assert.deepEqual(world.desk.end(world.one.borrower), [])
  assert.deepEqual(await world.ledger.usage(bob), { size: 5, files: 1 })
})
