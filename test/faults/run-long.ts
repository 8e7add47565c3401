/** `npm run faults`: the tests of this folder and the load tests in their long form, each printing its counts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const usage = `npm run faults -- [options] [part of a file's name…]
  --rounds 200   kills of the server; other amounts by variables of their own, as KILL_ROUNDS, see amount() in the tests
  --short        the amounts of npm test`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '../..')
const files = globSync(['test/faults/*.test.ts', 'test/faults/long/*.ts', 'test/soak/load.test.ts'], {
  cwd: root,
})
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  .sort()
if (values.help || files.length === 0) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  const runner = ['--test', '--test-concurrency=1', '--test-reporter=spec', '--test-timeout=7200000']
  const child = spawn(process.execPath, [...runner, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(!values.short && { FAULTS: 'long' }),
      ...(values.rounds !== undefined && { KILL_ROUNDS: values.rounds }),
    },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
}
