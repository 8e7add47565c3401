import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WrittenRanges } from './written-ranges.ts'

test('the prefix is what a byte map says, whatever order the writes come in', () => {
  const write = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }))
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
      const ranges = new WrittenRanges()
      const bytes = new Set<number>()
      for (const [start, length] of writes) {
        ranges.add(start, start + length)
        for (let i = start; i < start + length; i++) bytes.add(i)
      }
      let prefix = 0
      while (bytes.has(prefix)) prefix++
      assert.equal(ranges.prefix, prefix)
    }),
    { numRuns: 2000 },
  )
})

test('truncating takes later writes away', () => {
  const ranges = new WrittenRanges()
  ranges.add(0, 10)
  ranges.add(20, 30)
  ranges.truncate(25)
  ranges.add(10, 20)
  assert.equal(ranges.prefix, 25)
  ranges.truncate(5)
  assert.equal(ranges.prefix, 5)
})

test('what was there before counts as written', () => {
  const ranges = new WrittenRanges(100)
  ranges.add(100, 150)
  assert.equal(ranges.prefix, 150)
})

test('all that has arrived ends somewhere when it has no gap, wherever it begins', () => {
  const ranges = new WrittenRanges()
  assert.equal(ranges.pieceEnd, 0)
  ranges.add(66, 100)
  assert.equal(ranges.pieceEnd, 100)
  ranges.add(0, 33)
  assert.equal(ranges.pieceEnd, 0)
  ranges.add(33, 66)
  assert.equal(ranges.pieceEnd, 100)
})
