import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesOf, limitText, noSize, sizeAmount, wholeNumber } from './size-amount.ts'

describe('sizes as people type them', () => {
  it('are shown in the largest unit without a fraction', () => {
    assert.deepEqual(sizeAmount(10 * 1024 ** 3), { amount: '10', unit: 'GiB' })
    assert.deepEqual(sizeAmount(1536), { amount: '1536', unit: 'B' })
    assert.deepEqual(sizeAmount(1536 * 1024), { amount: '1536', unit: 'KiB' })
    assert.deepEqual(sizeAmount(0), noSize)
  })

  it('come back as the same bytes', () => {
    for (const bytes of [0, 1, 1023, 1024, 5 * 1024 ** 4, Number.MAX_SAFE_INTEGER])
      assert.equal(bytesOf(sizeAmount(bytes)), bytes)
  })

  it('may have a fraction', () => {
    assert.equal(bytesOf({ amount: '1.5', unit: 'KiB' }), 1536)
  })

  it('are refused when they are no size', () => {
    for (const amount of ['-1', 'x', '1e30']) assert.equal(bytesOf({ amount, unit: 'GiB' }), undefined)
  })
})

describe('whole numbers as people type them', () => {
  it('are 0 when nothing is typed', () => {
    assert.equal(wholeNumber(''), 0)
    assert.equal(limitText(0), '')
    assert.equal(limitText(7), '7')
  })

  it('are refused when they are something else or too large', () => {
    for (const text of ['1.5', '-1', 'x']) assert.equal(wholeNumber(text), undefined)
    assert.equal(wholeNumber('11', 10), undefined)
  })
})
