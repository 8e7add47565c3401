import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'node:test'
import type { Entry } from '../../core/files/storage.ts'
import { DirectoryListing } from './directory-listing.ts'

const lastByteOfCount = 12

function entry(name: string): Entry {
  return { name, type: 'file', size: 1, mode: 0o644, modifiedAt: 0, accessedAt: 0, links: 1 }
}

/** Batches as a storage gives them, and what became of them. */
function directory(batches: readonly (readonly string[] | Error)[]) {
  const told = { asked: 0, isClosed: false }
  async function* read(): AsyncGenerator<readonly Entry[]> {
    try {
      for (const batch of batches) {
        told.asked++
        await nextTurn()
        if (batch instanceof Error) throw batch
        yield batch.map(entry)
      }
    } finally {
      told.isClosed = true
    }
  }
  return { told, listing: new DirectoryListing([entry('.')], read()) }
}

const oneReplyAndMore = Array.from({ length: 120 }, (_, index) => `${index}-`.padEnd(100, 'x'))

function countIn(reply: Buffer | undefined): number | undefined {
  return reply?.[lastByteOfCount]
}

/** Long enough for all that could be read ahead. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

test('a reply holds the names of several batches, and carries the number of its request', async () => {
  const { listing } = directory([['a', 'b'], [], ['c']])
  const reply = await listing.reply(77)
  assert.equal(countIn(reply), 4)
  assert.equal(reply?.readUInt32BE(5), 77)
  assert.equal(reply?.readUInt32BE(0), (reply?.length ?? 0) - 4)
  assert.equal(await listing.reply(78), undefined)
  assert.equal(await listing.reply(79), undefined)
})

test('no name is lost or told twice, however requests are sent', async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `${index}-`.padEnd(100, 'x'))
  const batches = Array.from({ length: 30 }, (_, index) => names.slice(index * 100, index * 100 + 100))
  for (const isPipelined of [false, true]) {
    const { listing } = directory(batches)
    const replies: (Buffer | undefined)[] = []
    if (isPipelined)
      replies.push(...(await Promise.all(Array.from({ length: 60 }, (_, id) => listing.reply(id)))))
    else
      do {
        await (replies.length % 3 ? nextTurn() : someTurns())
        replies.push(await listing.reply(replies.length))
      } while (replies.at(-1))
    const told = Buffer.concat(replies.filter((reply) => reply !== undefined)).toString('latin1')
    // Once as its name and once in its line.
    const found = told.match(/\d+-x+/g) ?? []
    assert.deepEqual(
      found,
      names.flatMap((name) => [name, name]),
    )
    for (const [id, reply] of replies.entries())
      if (reply) {
        assert.equal(reply.readUInt32BE(5), id)
        assert.ok(reply.length < 34_000)
      }
  }
})

test('one reply is made ready ahead, and no more until it is asked for', async () => {
  const { told, listing } = directory(Array.from({ length: 50 }, () => oneReplyAndMore))
  await someTurns()
  assert.equal(told.asked, 0)
  await listing.reply(1)
  assert.equal(told.asked, 1)
  await someTurns()
  assert.equal(told.asked, 2)
  await listing.close()
  await someTurns()
  assert.ok(told.isClosed)
  assert.equal(told.asked, 2)
})

test('what fails while it is read ahead fails the next request and all after it', async () => {
  const { listing } = directory([oneReplyAndMore, oneReplyAndMore, new Error('the disk is gone')])
  assert.ok(await listing.reply(1))
  assert.ok(await listing.reply(2))
  await someTurns()
  await assert.rejects(listing.reply(3), /the disk is gone/)
  await assert.rejects(listing.reply(4), /the disk is gone/)
  await listing.close()
})
