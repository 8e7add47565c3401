import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BandwidthLimiter } from './bandwidth-limiter.ts'

test('no rate means no wait', () => {
  assert.equal(new BandwidthLimiter(() => 0).take(1e9), undefined)
})

test('bytes wait for their time, one after the other', async () => {
  const limiter = new BandwidthLimiter(() => 1000)
  const before = performance.now()
  await Promise.all([limiter.take(50 * 1024), limiter.take(50 * 1024)])
  assert.ok(performance.now() - before >= 95)
})

test('another rate holds from the next bytes on', async () => {
  let rate = 0
  const limiter = new BandwidthLimiter(() => rate)
  assert.equal(limiter.take(1e9), undefined)
  rate = 1
  const waiting = limiter.take(1e9)
  assert.ok(waiting)
  rate = 0
  assert.equal(limiter.take(1e9), undefined)
  limiter.stop()
  await waiting
})

test('who waits by a rate goes on when it is another one, and owes nothing', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let [now, rate, isDone] = [0, 1, false]
  const limiter = new BandwidthLimiter(
    () => rate,
    () => now,
  )
  const waiting = limiter.take(256 * 1024)?.then(() => {
    isDone = true
  })
  now = 1_000
  mock.timers.tick(1_000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(!isDone)
  rate = 10_240
  now = 2_000
  mock.timers.tick(1_000)
  await waiting
  assert.equal(limiter.take(1024), undefined)
})

test('time that was not used buys no burst', () => {
  let now = 0
  const limiter = new BandwidthLimiter(
    () => 1,
    () => now,
  )
  now = 1_000_000
  assert.notEqual(limiter.take(1024), undefined)
  limiter.stop()
})

test('a limiter that is stopped lets everybody go', async () => {
  const limiter = new BandwidthLimiter(() => 1)
  const [one, other] = [limiter.take(1e9), limiter.take(1e9)]
  limiter.stop()
  await one
  await other
  assert.equal(limiter.take(1e9), undefined)
})

test('tells how long something waited, counting once what waits at the same time', async () => {
  let now = 0
  const limiter = new BandwidthLimiter(
    () => 1,
    () => now,
  )
  assert.equal(limiter.waitedMs, 0)
  const [one, other] = [limiter.take(10 * 1024), limiter.take(10 * 1024)]
  now = 3_000
  assert.equal(limiter.waitedMs, 3_000)
  limiter.stop()
  await one
  await other
  now = 9_000
  assert.equal(limiter.waitedMs, 3_000)
})
