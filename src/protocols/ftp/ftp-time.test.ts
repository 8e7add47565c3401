import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatListTime, formatTime, parseTime } from './ftp-time.ts'

const now = Date.UTC(2026, 6, 15, 12, 0, 0)

test('a time is written and read in UTC', () => {
  assert.equal(formatTime(Date.UTC(2024, 1, 29, 23, 59, 1, 999)), '20240229235901')
  assert.equal(parseTime('20240229235901'), Date.UTC(2024, 1, 29, 23, 59, 1))
  assert.equal(parseTime('20240229235901.25'), Date.UTC(2024, 1, 29, 23, 59, 1, 250))
})

test('what is no time is not taken for one', () => {
  for (const text of [
    '',
    '2024',
    '20240230000000',
    '20241301000000',
    '20240101240000',
    '2024010100000a',
    'x',
  ])
    assert.equal(parseTime(text), undefined, text)
})

test('a list shows the time of day of what is recent and the year of the rest', () => {
  assert.equal(formatListTime(Date.UTC(2026, 6, 3, 4, 5), now), 'Jul  3 04:05')
  assert.equal(formatListTime(Date.UTC(2025, 6, 13), now), 'Jul 13  2025')
  assert.equal(formatListTime(Date.UTC(2027, 0, 1), now), 'Jan  1  2027')
})
