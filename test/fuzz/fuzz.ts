/** `npm run fuzz`: see `usage`. Ends with 1 when there is a finding. */
import { parseArgs } from 'node:util'
import { fuzzTargets } from './fuzz-targets.ts'
import { runFuzz } from './run-fuzz.ts'

const usage = `npm run fuzz -- [options]
  --inputs 1100000   over all targets
  --seed 7           the same inputs as a run with this seed; told at the beginning otherwise
  --target NAME      one alone, or those whose names begin so: ${fuzzTargets.map(({ name }) => name).join(', ')}`

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1100000' },
    seed: { type: 'string' },
    target: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
const targets = fuzzTargets.filter(({ name }) => name.startsWith(values.target))
const inputs = Number(values.inputs)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (values.help || targets.length === 0 || !(inputs > 0) || !Number.isInteger(seed)) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  console.log(`seed ${seed}, ${inputs} inputs for ${targets.length} targets`)
  const { findings } = await runFuzz({ inputs, seed, targets, report: (line) => console.log(line) })
  for (const finding of findings) console.error(finding)
  if (findings.length > 0) process.exitCode = 1
}
