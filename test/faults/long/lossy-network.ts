import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { amount } from '../../support/amount.ts'
import { runProgram } from '../../support/run-program.ts'

const rounds = amount('LOSSY_ROUNDS', { short: 1, long: 5 })
const [oneWayMs, loss] = [100, 0.05]

test('files are right where every twentieth packet is lost and an answer takes 200 ms, and nothing is left', async (t) => {
  const inner = join(import.meta.dirname, '../far-network.ts')
  const program = [process.execPath, inner, String(oneWayMs), String(loss), String(rounds)]
  const { isOk, stdout, stderr } = await runProgram(
    'unshare',
    ['--map-root-user', '--net', '--', ...program],
    {
      timeoutMs: 1_800_000,
    },
  )
  assert.ok(isOk, stderr)
  const { files, lost, carried } = JSON.parse(stdout) as Record<'files' | 'lost' | 'carried', number>
  assert.equal(files, rounds * 8)
  assert.ok(lost > (loss / 2) * (lost + carried), `${lost} of ${lost + carried} packets were lost`)
  t.diagnostic(`${files} files, ${lost} of ${lost + carried} packets lost`)
})
