import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rangeOf } from './byte-range.ts'

test('reads a range of RFC 9110, and takes what is none for the whole file', () => {
  const cases = {
    'bytes=0-0': { start: 0, end: 1 },
    'bytes=2-5': { start: 2, end: 6 },
    'BYTES= 2- ': { start: 2, end: 10 },
    'bytes=-4': { start: 6, end: 10 },
    'bytes=-11': { start: 0, end: 10 },
    'bytes=9-9999999999999999': { start: 9, end: 10 },
    'bytes=10-': 'none',
    'bytes=-0': 'none',
    'bytes=4-3': undefined,
    'bytes=0-1,2-3': undefined,
    'bytes=': undefined,
    'bytes=-': undefined,
    'bytes=1-99999999999999999': undefined,
    'items=0-1': undefined,
  } as const
  for (const [header, expected] of Object.entries(cases))
    assert.deepEqual(rangeOf(header, 10), expected, header)
  assert.equal(rangeOf(undefined, 10), undefined)
  assert.equal(rangeOf('bytes=0-', 0), 'none')
})
