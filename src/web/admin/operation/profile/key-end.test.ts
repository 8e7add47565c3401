import assert from 'node:assert/strict'
import { it } from 'node:test'
import { endOfDay, isKeyEnd, toDay } from './key-end.ts'

const now = new Date(2026, 5, 1, 12).getTime()

it('ends a key with the day that was chosen, where the reader is', () => {
  const end = endOfDay('2026-06-30')
  assert.equal(toDay(end), '2026-06-30')
  assert.equal(toDay(end + 1), '2026-07-01')
  assert.equal(endOfDay(''), 0)
  assert.equal(endOfDay('2026-6'), 0)
})

it('lets a key live a year at most', () => {
  assert.ok(isKeyEnd(endOfDay('2026-06-01'), now))
  assert.ok(isKeyEnd(endOfDay('2027-06-01'), now))
  assert.ok(!isKeyEnd(endOfDay('2027-06-03'), now))
  assert.ok(!isKeyEnd(endOfDay('2026-05-31'), now))
  assert.ok(!isKeyEnd(0, now))
})
