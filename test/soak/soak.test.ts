import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amount } from '../support/amount.ts'
import { runSoak } from './run-soak.ts'

const seconds = amount('SOAK_SECONDS', { short: 5, long: 60 })

test('mixed work over every protocol goes on without an error and leaves nothing', async (t) => {
  const result = await runSoak({ seconds, clients: 2, workers: 2, report: () => {} })
  assert.deepEqual(result.errors, [])
  assert.ok(result.transfers > 0 && result.apiCalls > 0)
  t.diagnostic(JSON.stringify(result))
})
