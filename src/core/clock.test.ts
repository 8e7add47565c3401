import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { RateLimit } from './auth/rate-limit.ts'
import { steadyClock } from './clock.ts'
import { BandwidthLimiter } from './files/bandwidth-limiter.ts'

const hour = 3_600_000

/** Sets the time of the machine back by an hour when it is called. */
function wallClock(t: TestContext): () => void {
  t.mock.timers.enable({ apis: ['Date'], now: 10 * hour })
  return () => t.mock.timers.setTime(9 * hour)
}

test('the steady clock goes on when the time of the machine is set back', (t) => {
  const setBack = wallClock(t)
  const before = steadyClock()
  setBack()
  assert.ok(steadyClock() >= before && steadyClock() - before < hour / 2)
})

test('a transfer with a limit goes on when the time of the machine is set back', async (t) => {
  const setBack = wallClock(t)
  const limiter = new BandwidthLimiter(() => 1000)
  await limiter.take(20 * 1024)
  setBack()
  const late = AbortSignal.timeout(5_000)
  const isLate = new Promise((resolve) => late.addEventListener('abort', () => resolve('late')))
  assert.notEqual(await Promise.race([limiter.take(20 * 1024), isLate]), 'late')
})

test('a limit by time lets through again when the time of the machine is set back', async (t) => {
  const setBack = wallClock(t)
  const limit = new RateLimit({ perName: 1, overall: 1, windowMs: 50 })
  assert.deepEqual([limit.admits('a'), limit.admits('a')], [true, false])
  setBack()
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.ok(limit.admits('a'))
})
