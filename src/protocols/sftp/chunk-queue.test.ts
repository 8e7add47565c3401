import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChunkQueue } from './chunk-queue.ts'

test('gives back the bytes that were put in, in order', () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 50 }), keep: fc.boolean() }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ChunkQueue()
      const [put, got]: [Buffer[], Buffer[]] = [[], []]
      for (const step of steps)
        if ('push' in step) {
          queue.push(Buffer.from(step.push))
          put.push(Buffer.from(step.push))
        } else {
          const taken = queue.take(step.take) ?? Buffer.alloc(0)
          assert.ok(taken.length <= step.take)
          const used = step.keep ? taken : taken.subarray(0, taken.length >> 1)
          queue.putBack(taken.subarray(used.length))
          got.push(Buffer.from(used))
        }
      for (let rest = queue.take(); rest; rest = queue.take()) got.push(rest)
      assert.deepEqual(Buffer.concat(got), Buffer.concat(put))
      assert.equal(queue.length, 0)
    }),
    { interruptAfterTimeLimit: 1_000 },
  )
})

test('keeps a flood of small chunks in few blocks', () => {
  const queue = new ChunkQueue()
  for (let i = 0; i < 100_000; i++) queue.push(Buffer.from([i]))
  let chunks = 0
  while (queue.take()) chunks++
  assert.ok(chunks <= 10, `${chunks} chunks`)
})
