import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDate, formatTime } from './format.ts'

test('what is no time is shown as a dash, whatever a server or its database holds', () => {
  for (const at of [0, 8.64e15 + 1, -8.64e15 - 1, Number.MAX_SAFE_INTEGER, Number.NaN, Infinity]) {
    assert.equal(formatDate(at), '–', String(at))
    assert.equal(formatTime(at), '–', String(at))
    assert.equal(formatTime(at, 'short'), '–', String(at))
  }
})

test('a time is shown to the end of what there is', () => {
  assert.match(formatDate(Date.UTC(2031, 4, 5, 12)), /2031/)
  assert.match(formatDate(8.64e15), /275760/)
})
