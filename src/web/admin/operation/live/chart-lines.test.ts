import assert from 'node:assert/strict'
import { it } from 'node:test'
import { chartLines, chartSpan, currentTraffic, topOf } from './chart-lines.ts'

it('ends its scale at a power of two that holds everything', () => {
  assert.equal(topOf([]), 1024)
  assert.equal(topOf([1500, 3]), 2048)
  assert.equal(topOf([2048]), 2048)
})

it('draws the newest sample at the right edge and the oldest at the left', () => {
  const now = chartSpan
  const { top, received, sent } = chartLines(
    [
      { at: 1000, received: 0, sent: 2048 },
      { at: now, received: 1024, sent: 0 },
    ],
    now,
  )
  assert.equal(top, 2048)
  assert.equal(received, 'M3.3 100L1000 50')
  assert.equal(sent, 'M3.3 0L1000 100')
})

it('leaves out what is older than five minutes', () => {
  const { top, received } = chartLines([{ at: 1, received: 1e9, sent: 0 }], chartSpan + 2)
  assert.deepEqual([top, received], [1024, ''])
})

it('falls to zero after the last word of a server that is silent', () => {
  const { received } = chartLines([{ at: chartSpan - 60_000, received: 1024, sent: 0 }], chartSpan)
  assert.equal(received, 'M800 0L803.3 100L1000 100')
})

it('says that nothing moves when the newest sample is old', () => {
  const sample = { at: 10_000, received: 1, sent: 2 }
  assert.equal(currentTraffic([sample], 11_000), sample)
  assert.deepEqual(currentTraffic([sample], 20_000), { at: 20_000, received: 0, sent: 0 })
  assert.deepEqual(currentTraffic([], 5), { at: 5, received: 0, sent: 0 })
})
