import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProduct } from '../support/product.ts'

/** How long the primary process may take to hear of its workers' ends. */
const hearingMs = 500

test('a stop waits for nothing when all workers have ended', async () => {
  await using product = await startProduct({ env: { WORKERS: '2' } })
  assert.equal(await product.stop(), 0)
  const endedAt = Date.now()
  const stopped = product.log.find((line) => line.includes('"stopped"')) ?? '{}'
  const { time } = JSON.parse(stopped) as { time: number }
  assert.ok(endedAt - time < hearingMs, `${endedAt - time} ms`)
})
