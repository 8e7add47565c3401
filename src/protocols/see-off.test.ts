import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { seeOff } from './see-off.ts'

class Client {
  hasTransfers: boolean
  hangUps = 0
  lastActivity = 0

  constructor(hasTransfers: boolean) {
    this.hasTransfers = hasTransfers
  }

  static seeOff(present: () => Iterable<Client>, graceMs: number): Promise<void> {
    const hasTransfers = (client: Client) => client.hasTransfers
    const lastActivity = (client: Client) => client.lastActivity
    return seeOff(present, { graceMs, hasTransfers, lastActivity, hangUp: (client) => client.hangUps++ })
  }
}

test('who moves nothing is hung up on at once, who does is not, and nobody twice', async () => {
  const [idle, busy] = [new Client(false), new Client(true)]
  const seen = Client.seeOff(() => [idle, busy], 300)
  assert.deepEqual([idle.hangUps, busy.hangUps], [1, 0])
  await seen
  assert.deepEqual([idle.hangUps, busy.hangUps], [1, 1])
})

test('a client whose transfer has ended may leave by itself', async () => {
  const clients = new Set([new Client(true)])
  const [client] = clients
  assert.ok(client)
  const seen = Client.seeOff(() => clients, 60_000)
  await delay(60)
  client.hasTransfers = false
  await delay(200)
  assert.equal(client.hangUps, 0)
  clients.delete(client)
  await seen
  assert.equal(client.hangUps, 0)
})

test('one that stays is hung up on long before the grace is over', { timeout: 20_000 }, async () => {
  const client = new Client(true)
  const seen = Client.seeOff(() => [client], 3_600_000)
  await delay(60)
  client.hasTransfers = false
  await seen
  assert.equal(client.hangUps, 1)
})

test('one whose transfer ended right before the stop may say goodbye, too', async () => {
  const client = new Client(false)
  client.lastActivity = Date.now() - 200
  const seen = Client.seeOff(() => [client], 60_000)
  await delay(300)
  assert.equal(client.hangUps, 0)
  await seen
  assert.equal(client.hangUps, 1)
})
