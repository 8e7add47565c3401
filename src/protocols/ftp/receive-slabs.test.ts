import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReceiveSlabs } from './receive-slabs.ts'

const period = 251
const pattern = Buffer.from(Uint8Array.from({ length: 300_000 + period }, (_, index) => index % period))

function numbered(from: number, count: number): Buffer {
  return pattern.subarray(from % period, (from % period) + count)
}

/** Fills with numbered bytes, as much as there is room for. */
function receive(slabs: ReceiveSlabs, from: number, wanted: number): number {
  const { target } = slabs
  const count = Math.min(wanted, target.length)
  numbered(from, count).copy(target)
  slabs.fill(count)
  return count
}

test('bytes are taken once, in their order, and stay until they are released', () => {
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 300_000 }), isTurn: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const slabs = new ReceiveSlabs()
      let received = 0
      let checked = 0
      let taken: Buffer[] = []
      const turn = (): void => {
        for (const piece of taken) {
          assert.ok(piece.equals(numbered(checked, piece.length)))
          checked += piece.length
        }
        slabs.release()
        taken = slabs.take()
      }
      for (const { bytes, isTurn } of steps) {
        if (!slabs.isFull) received += receive(slabs, received, bytes)
        if (isTurn) turn()
      }
      turn()
      turn()
      assert.equal(checked, received)
      slabs.release()
      assert.equal(slabs.isFull, false)
    }),
    { numRuns: 50 },
  )
})

test('what nobody takes fills a fixed number of slabs', () => {
  const slabs = new ReceiveSlabs()
  let received = 0
  while (!slabs.isFull) received += receive(slabs, received, 65_536)
  assert.equal(received, 3 * 256 * 1024)
  assert.ok(slabs.target.length > 0, 'there is still a place for what is under way')
})

test('many small reads do not take a slab each', () => {
  const slabs = new ReceiveSlabs()
  for (let i = 0; i < 300; i++) receive(slabs, i * 100, 100)
  assert.equal(slabs.take().length, 1)
})
