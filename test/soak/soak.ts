/** `npm run soak`: see `usage`. Ends with 1 when there was an error or something is left. */
import { parseArgs } from 'node:util'
import { runSoak } from './run-soak.ts'

const usage = `npm run soak -- [options]
  --minutes 30   of mixed work over every protocol
  --clients 6    of each protocol at any time
  --workers 1    processes of the server`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '6' },
    workers: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
const [seconds, clients, workers] = [
  Number(values.minutes) * 60,
  Number(values.clients),
  Number(values.workers),
]
if (values.help || !(seconds > 0 && clients > 0 && workers > 0)) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  const result = await runSoak({ seconds, clients, workers, report: (line) => console.log(line) })
  console.log(JSON.stringify(result))
  if (result.errors.length > 0) process.exitCode = 1
}
