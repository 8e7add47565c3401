import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { AppWorld } from '../support/app-world.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { diskFault, type StorageOperation } from '../support/faulty-storage.ts'
import { openTransferClient, type TransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { isRefused } from './refusals.ts'

const original = Buffer.alloc(200_000, 1)
const changed = Buffer.alloc(150_000, 2)

/** What a client is doing when the disk fails, and in which call it fails. */
const failures: readonly [StorageOperation, (client: TransferClient) => Promise<unknown>][] = [
  ['openRead', (client) => client.get('/old')],
  ['read', (client) => client.get('/old')],
  ['openWrite', (client) => client.put('/old', changed)],
  ['write', (client) => client.put('/old', changed)],
  ['commit', (client) => client.put('/old', changed)],
  ['openWrite', (client) => client.put('/new', changed)],
  ['write', (client) => client.put('/new', changed)],
  ['commit', (client) => client.put('/new', changed)],
  ['list', (client) => client.list('/')],
]

/** How much longer than without it somebody else's work may take while one user's disk is slow, in milliseconds. */
const unharmedMs = 2_500
const slowCallMs = 400

describe('a disk with faults put before it', { concurrency: 1 }, () => {
  let world: AppWorld
  before(async () => {
    world = await AppWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  async function newUser(username: string) {
    const home = await world.addUser(username)
    const clients = await Promise.all(
      transferProtocols.map((protocol) => openTransferClient(protocol, world.place, username)),
    )
    await clients[0]?.put('/old', original)
    return {
      username,
      home,
      clients,
      [Symbol.dispose]: () => clients.forEach((one) => one[Symbol.dispose]()),
    }
  }

  test('EIO in any call is told in the words of each protocol, changes nothing, and sessions go on', async (t) => {
    using user = await newUser('ann')
    using other = await newUser('bob')
    let count = 0
    for (const [operation, work] of failures)
      for (const client of user.clients) {
        const before = world.storages.hits.get(operation) ?? 0
        world.storages.fault = (called, root) => {
          if (called === operation && root === user.home) throw diskFault('EIO')
        }
        // A transfer that has begun can only be broken off: HTTP has sent its status by then.
        const isCutShort = operation === 'read' && client.protocol === 'HTTP'
        if (isCutShort) await assert.rejects(work(client))
        else await isRefused('failing', client.protocol, () => work(client))
        assert.ok(
          (world.storages.hits.get(operation) ?? 0) > before,
          `no ${operation} over ${client.protocol}`,
        )
        const [neighbour] = other.clients
        assert.ok((await neighbour?.get('/old'))?.equals(original))
        world.storages.fault = () => {}
        assert.ok((await client.get('/old')).equals(original), `after ${operation} over ${client.protocol}`)
        assert.deepEqual(await readdir(user.home), ['old'], `after ${operation} over ${client.protocol}`)
        count++
      }
    await quotaIsTrue(world, user.username)
    t.diagnostic(`${count} failures told`)
  })

  test('a slow disk of one user holds up nobody else', async (t) => {
    using slow = await newUser('carl')
    using other = await newUser('dora')
    const quiet = await slowestOf(other.clients)
    world.storages.fault = (_operation, root) => (root === slow.home ? delay(slowCallMs) : undefined)
    let isDone = false
    const slowWork = Promise.all(
      slow.clients.map(async (client) => {
        await client.put(`/slow-${client.protocol}`, changed)
        return (await client.get(`/slow-${client.protocol}`)).equals(changed)
      }),
    ).finally(() => (isDone = true))
    let beside = 0
    let rounds = 0
    while (!isDone) {
      beside = Math.max(beside, await slowestOf(other.clients))
      rounds++
    }
    assert.deepEqual(await slowWork, [true, true, true, true])
    world.storages.fault = () => {}
    assert.ok(beside < quiet + unharmedMs, `${beside} ms beside it, ${quiet} ms without it`)
    t.diagnostic(
      `${rounds} rounds beside it, the slowest transfer ${Math.round(beside)} ms, ${Math.round(quiet)} ms without it`,
    )
  })
})

/** Milliseconds of the slowest of one upload and one download over each protocol. */
async function slowestOf(clients: readonly TransferClient[]): Promise<number> {
  const times = await Promise.all(
    clients.map(async (client) => {
      const startedAt = performance.now()
      await client.put(`/quick-${client.protocol}`, changed)
      assert.ok((await client.get(`/quick-${client.protocol}`)).equals(changed))
      return performance.now() - startedAt
    }),
  )
  return Math.max(...times)
}
