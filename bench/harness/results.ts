import type { Machine } from './machine.ts'
import { compare, type MeasurementOutcome, type RowOutcome } from './outcome.ts'
import { type Curve, renderCurves, renderMeasurements, renderProfiles, renderRows } from './report.ts'

export interface BenchFacts {
  readonly runs: number
  /** File system of each kind of storage: memory, disk. */
  readonly fileSystems: Readonly<Record<string, string>>
}

export interface Failure {
  /** Row and server. */
  readonly where: string
  readonly why: string
}

export interface Results extends Machine, BenchFacts {
  readonly rows: readonly RowOutcome[]
  readonly measurements: readonly MeasurementOutcome[]
  readonly curves: readonly Curve[]
  readonly failures: readonly Failure[]
}

/** Markdown: tables of what there is, how they were made, and what failed. */
export function renderResults(results: Results): string {
  const { rows, measurements, curves, failures } = results
  const parts = [
    ...(rows.length > 0 ? [renderRows(rows)] : []),
    ...(measurements.length > 0 ? [renderMeasurements(measurements)] : []),
    ...(curves.length > 0 ? [renderCurves(curves)] : []),
    ...(rows.some(({ profile }) => profile) ? [renderProfiles(rows)] : []),
    footnote(results),
    ...(failures.length > 0
      ? [`Failed:\n${failures.map(({ where, why }) => `- ${where}: ${why}`).join('\n')}`]
      : []),
  ]
  return parts.join('\n\n')
}

function footnote({
  cores,
  cpu,
  memoryGib,
  kernel,
  node,
  openssh,
  runs,
  fileSystems,
  rows,
}: Results): string {
  const missedGoals = rows.flatMap((row) => {
    const found = compare(row)
    if (!found) return []
    const { speed, cpu: cpuGoal } = row.goals
    const isMissed =
      (speed !== undefined && found.speed < speed) ||
      (cpuGoal !== undefined && found.cpu !== undefined && found.cpu > cpuGoal)
    return isMissed ? [row.storage === 'disk' ? `${row.name} on disk` : row.name] : []
  })
  const scale = rows[0]?.scale ?? 1
  const isProfiled = rows.some(({ profile }) => profile)
  return [
    ...(isProfiled ? ['Profiled, which costs a little: this is not the table.'] : []),
    ...(scale === 1 ? [] : [`All sizes times ${scale}: this is a quick look, not the table.`]),
    `${cores} × ${cpu}, ${memoryGib} GiB, Linux ${kernel}; Node ${node}, ${openssh}. Clients and servers share the cores, on loopback.`,
    `Medians of ${runs} runs, servers in turn; files in ${fileSystems['memory'] ?? 'no memory'}${
      fileSystems['disk'] === undefined ? '' : `, on disk in ${fileSystems['disk']}`
    }.`,
    'Each server does the work of a row two to six times before it counts: it has been running for a while.',
    'Speed: the best peer’s seconds through ours. CPU: user and system seconds of the server, sessions included. Memory: the highest PSS seen.',
    `CPU of clients: theirs beside ours, for the whole row; a server that costs nothing would still wait for 1/${cores} of it.`,
    'Ours keeps all rules on and makes uploads durable (fsync) before it answers; none of the peers does.',
    ...(rows.some(({ peers }) => peers.includes('vsftpd'))
      ? [
          'vsftpd runs as it is shipped, privilege-separated; without privilege separation its manual calls it dangerous, and it is shown for the record.',
        ]
      : []),
    ...(missedGoals.length > 0 ? [`Goals not reached (✗): ${missedGoals.join(', ')}.`] : []),
  ].join('\n')
}
