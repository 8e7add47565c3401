/**
 * The product beside the servers it is compared with: equal files, the same clients, in turn. See `usage` in
 * harness/command-line.ts. Tables and one line of JSON go to stdout, progress to stderr; a row that fails makes exit code 1.
 */
import { writeFile } from 'node:fs/promises'
import { Bench } from './harness/bench-run.ts'
import { parseCommandLine, selectByName, usage } from './harness/command-line.ts'
import { installMissingTools } from './harness/debian-tools.ts'
import { describeMachine } from './harness/machine.ts'
import { renderResults, type Results } from './harness/results.ts'
import { messageOf } from './harness/run-row.ts'
import { measurements, rows } from './rows/catalogue.ts'

async function main(): Promise<void> {
  const line = parseCommandLine(process.argv.slice(2))
  if (line.help) return console.log(usage)
  const selected = selectByName([...rows, ...measurements], line.names)
  if (line.isListing) return console.log(selected.map(({ name, title }) => `${name}: ${title}`).join('\n'))
  await installMissingTools()
  const races = rows.filter((row) => selected.includes(row))
  const results = await runAll(races, line)
  console.log(`${renderResults(results)}\n`)
  const json = JSON.stringify(results)
  if (line.jsonFile !== undefined)
    await writeFile(line.jsonFile, `${JSON.stringify(results, undefined, 2)}\n`)
  console.log(json)
  if (results.failures.length > 0) process.exitCode = 1

  async function runAll(
    races: readonly (typeof rows)[number][],
    { runs, scale, storages, isLong, drawsCurves, profileDirectory }: typeof line,
  ): Promise<Results> {
    const machine = await describeMachine()
    await using bench = await Bench.open({ runs, scale, storages, isLong, profileDirectory })
    if (drawsCurves) {
      const curves = await bench.drawCurves(races)
      return { ...machine, ...bench.facts, curves, rows: [], measurements: [], failures: bench.failures }
    }
    const outcomes = await bench.runRows(races)
    const measured = await bench.measure(measurements.filter((one) => selected.includes(one)))
    return {
      ...machine,
      ...bench.facts,
      curves: [],
      rows: outcomes,
      measurements: measured,
      failures: bench.failures,
    }
  }
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
}
