import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amount } from '../support/amount.ts'
import { parserTarget } from './fuzz-target.ts'
import { fuzzTargets } from './fuzz-targets.ts'
import { runFuzz } from './run-fuzz.ts'

const inputs = amount('FUZZ_INPUTS', { short: 15_000, long: 15_000 })

test('what anybody may send, or may lie on the disk, is refused and never breaks anything', async (t) => {
  const seed = Date.now() % 1_000_000
  const report = (line: string) => t.diagnostic(line)
  const result = await runFuzz({ inputs, seed, targets: fuzzTargets, report })
  assert.deepEqual(result.findings, [])
  assert.ok(result.inputs >= inputs * 0.99)
})

test('a reader that fails on one input is a finding, and its seed finds it again', async () => {
  const target = parserTarget('reads', 1, (random) => {
    if (random.below(50) === 7) throw new RangeError('past the end')
  })
  const run = () => runFuzz({ inputs: 300, seed: 1, targets: [target], report: () => {} })
  const { findings } = await run()
  assert.ok(findings.some((finding) => /reads, seed 1, input \d+: RangeError/.test(finding)))
  const inputsOf = (all: readonly string[]) => all.flatMap((one) => /input \d+/.exec(one)?.[0] ?? [])
  assert.deepEqual(inputsOf((await run()).findings), inputsOf(findings))
})
