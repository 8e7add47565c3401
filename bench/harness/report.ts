import { compare, type MeasurementOutcome, mediansOf, type RowOutcome } from './outcome.ts'
import type { MeasuredValue, ServerName } from './row.ts'

const missed = ' ✗'

/** The table of all races: what README shows. */
export function renderRows(rows: readonly RowOutcome[]): string {
  return [
    ...line(
      'Row',
      'ours',
      'best peer',
      'speed',
      'goal',
      'CPU ours',
      'CPU peer',
      'ratio',
      'goal',
      'CPU of clients',
      'peak memory ours / peer',
      'others: speed',
    ),
    ...line('---', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---'),
    ...rows.flatMap(renderRow),
  ].join('\n')
}

function renderRow(row: RowOutcome): string[] {
  const title = row.storage === 'disk' ? `${row.title}, on disk` : row.title
  const found = compare(row)
  if (!found) return line(title, 'failed', '', '', '', '', '', '', '', '', '', failuresOf(row))
  const { ours, best, speed, cpu, others } = found
  const { goals } = row
  const unit = ours.cpuSecondsPerGib === undefined ? 's' : 's/GiB'
  const cpuOf = ({ cpuSecondsPerGib, cpuSeconds }: typeof ours) =>
    `${(cpuSecondsPerGib ?? cpuSeconds).toFixed(2)} ${unit}`
  return line(
    title,
    secondsText(ours.seconds),
    `${secondsText(best.seconds)} (${best.name})`,
    speed.toFixed(2),
    goals.speed === undefined ? '' : `≥ ${goals.speed}${speed >= goals.speed ? '' : missed}`,
    cpuOf(ours),
    cpuOf(best),
    cpu?.toFixed(2) ?? '',
    goals.cpu === undefined || cpu === undefined ? '' : `≤ ${goals.cpu}${cpu <= goals.cpu ? '' : missed}`,
    `${ours.clientCpuSeconds.toFixed(2)} s`,
    `${mebibytes(ours.peakPss)} / ${mebibytes(best.peakPss)} MiB`,
    [...others.map(({ name, speed: other }) => `${name} ${other.toFixed(2)}`), failuresOf(row)]
      .filter((text) => text !== '')
      .join(', '),
  )
}

function failuresOf({ failures }: RowOutcome): string {
  return Object.keys(failures)
    .map((name) => `${name} failed`)
    .join(', ')
}

/** What is measured without a race. */
export function renderMeasurements(measurements: readonly MeasurementOutcome[]): string {
  return [
    ...line('Measured', 'value', 'goal'),
    ...line('---', '---:', '---:'),
    ...measurements.flatMap(({ title, values, failure }) =>
      failure === undefined ? values.flatMap(renderValue) : line(title, 'failed', ''),
    ),
  ].join('\n')
}

function renderValue({ title, value, unit, goal }: MeasuredValue): string[] {
  const shown = `${Number(value.toPrecision(3))} ${unit}`.trim()
  if (!goal) return line(title, shown, '')
  const isAtMost = 'atMost' in goal
  const limit = isAtMost ? goal.atMost : goal.atLeast
  const isReached = isAtMost ? value <= limit : value >= limit
  return line(title, shown, `${isAtMost ? '≤' : '≥'} ${limit}${isReached ? '' : missed}`)
}

/** Which functions of ours took its time, longest first. */
export function renderProfiles(rows: readonly RowOutcome[]): string {
  return [
    ...line('Row', 'function of ours', 'of its time', 'alone'),
    ...line('---', '---', '---:', '---:'),
    ...rows.flatMap(({ title, profile = [] }) =>
      profile.flatMap(({ name, milliseconds, share }) =>
        line(title, name, `${(share * 100).toFixed(1)} %`, `${milliseconds.toFixed(0)} ms`),
      ),
    ),
  ].join('\n')
}

export interface Curve {
  readonly title: string
  readonly unit: { readonly name: string; readonly count: number }
  readonly points: readonly RowOutcome[]
}

/** Seconds for each unit of work at each size: where they stay equal, cost grows as work grows. */
export function renderCurves(curves: readonly Curve[]): string {
  return [
    ...line('Curve', 'server', 'size', 'seconds', 'seconds for one', 'CPU for one', 'peak memory'),
    ...line('---', '---', '---:', '---:', '---:', '---:', '---:'),
    ...curves.flatMap(({ title, unit, points }) =>
      namesIn(points).flatMap((name) =>
        points.flatMap(({ scale, servers }) => {
          const server = servers.find((one) => one.name === name)
          if (!server) return []
          const { seconds, cpuSeconds, peakPss } = mediansOf(server)
          const count = unit.count * scale
          return line(
            title,
            name,
            `${Number(count.toPrecision(4))} ${unit.name}`,
            secondsText(seconds),
            secondsText(seconds / count),
            secondsText(cpuSeconds / count),
            `${mebibytes(peakPss)} MiB`,
          )
        }),
      ),
    ),
  ].join('\n')
}

function namesIn(points: readonly RowOutcome[]): ServerName[] {
  return [...new Set(points.flatMap(({ servers }) => servers.map(({ name }) => name)))]
}

function secondsText(seconds: number): string {
  return seconds < 0.1 ? `${(seconds * 1000).toPrecision(3)} ms` : `${seconds.toFixed(2)} s`
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

function line(...cells: readonly string[]): string[] {
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`]
}
