import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../log.ts'
import { CountRetries } from './count-retries.ts'

const second = 1_000
const hour = 3_600 * second

/** Retries that fail again at once, unless told otherwise, in a time that is turned. */
function retriesIn(t: TestContext, { stillFails = () => true }: { stillFails?: () => boolean } = {}) {
  let now = 0
  t.mock.timers.enable({ apis: ['setTimeout'] })
  t.mock.method(performance, 'now', () => now)
  const asked: [string, number][] = []
  const retries = new CountRetries<string>({
    onDue(key) {
      asked.push([key, now / second])
      if (stillFails()) retries.later(key, new Error('away'), key)
      else retries.done(key)
    },
    log: silentLog,
  })
  return {
    ...{ retries, asked },
    fail: (key: string, tookMs?: number) => retries.later(key, new Error('away'), key, tookMs),
    turn(ms: number) {
      for (const until = now + ms; now < until;) {
        now += second
        t.mock.timers.tick(second)
      }
    },
  }
}

test('what failed is tried again after five seconds, then ever more rarely, and less than 300 times a day', (t) => {
  const { asked, fail, turn } = retriesIn(t)
  fail('a')
  turn(24 * hour)
  const times = asked.map(([, at]) => at)
  assert.deepEqual(times.slice(0, 8), [5, 15, 35, 75, 155, 315, 615, 915])
  assert.ok(times.length > 280 && times.length < 300, `${times.length} times`)
})

test('each that failed has a pause of its own, and begins with the short one after it went well', (t) => {
  let isAway = true
  const { asked, retries, fail, turn } = retriesIn(t, { stillFails: () => isAway })
  fail('a')
  turn(20 * second)
  fail('b')
  turn(10 * second)
  assert.deepEqual(asked.splice(0), [
    ['a', 5],
    ['a', 15],
    ['b', 25],
  ])
  isAway = false
  turn(hour)
  assert.deepEqual(asked.splice(0), [
    ['a', 35],
    ['b', 35],
  ])
  assert.equal(retries.get('a'), undefined)
  fail('a')
  turn(5 * second)
  assert.deepEqual(asked, [['a', 3635]])
})

test('what took long before it failed is tried again after four times as long', (t) => {
  const { asked, fail, turn } = retriesIn(t)
  fail('a', 600 * second)
  turn(2399 * second)
  assert.deepEqual(asked, [])
  turn(second)
  assert.equal(asked.length, 1)
})

test('nothing is tried again after the end, whatever fails then', (t) => {
  const { asked, retries, fail, turn } = retriesIn(t)
  fail('a')
  retries[Symbol.dispose]()
  fail('b')
  turn(hour)
  assert.deepEqual(asked, [])
})
