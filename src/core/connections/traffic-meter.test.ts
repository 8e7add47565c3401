import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitUntil } from '../../../test/support/wait-until.ts'
import { ConnectionRegistry } from './connection-registry.ts'
import { TrafficMeter } from './traffic-meter.ts'

const from = { username: 'ann', protocol: 'SFTP', remoteAddress: '::1', clientVersion: 'x' } as const

test('samples hold what moved since the one before, over all connections and those that ended', async () => {
  const connections = new ConnectionRegistry()
  const [ann, bob] = [connections.open(from, 0), connections.open(from, 0)]
  ann.received(1)
  using meter = new TrafficMeter({ totals: () => connections.traffic, intervalMs: 5, clock: () => 77 })
  ann.received(10)
  bob.received(20)
  bob.sent(3)
  connections.close(bob)
  await waitUntil('a sample', () => meter.samples.length > 0)
  assert.deepEqual(meter.samples[0], { at: 77, received: 30, sent: 3 })
  await waitUntil('a second sample', () => meter.samples.length > 1)
  assert.deepEqual(meter.samples[1], { at: 77, received: 0, sent: 0 })
  assert.deepEqual(connections.traffic, { received: 31, sent: 3 })
})

test('three hundred samples are kept, the newest', async () => {
  let beats = 0
  using meter = new TrafficMeter({
    totals: () => ({ received: 0, sent: 0 }),
    intervalMs: 1,
    clock: () => ++beats,
  })
  await waitUntil('many samples', () => beats > 310)
  assert.equal(meter.samples.length, 300)
  assert.equal(meter.samples.at(-1)?.at, beats)
  assert.equal(meter.samples[0]?.at, beats - 299)
})

test('a listener is told of each sample until it or the meter ends', async () => {
  let [told, toldOther] = [0, 0]
  const meter = new TrafficMeter({ totals: () => ({ received: 0, sent: 0 }), intervalMs: 2 })
  const subscription = meter.onSample(() => void told++)
  meter.onSample(() => void toldOther++)
  await waitUntil('two beats', () => told >= 2)
  subscription[Symbol.dispose]()
  const before = { told, toldOther }
  await waitUntil('another beat', () => toldOther > before.toldOther)
  assert.equal(told, before.told)
  meter[Symbol.dispose]()
})
