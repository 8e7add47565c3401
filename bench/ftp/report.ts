import type { Verdict } from './checks.ts'
import type { Sample } from './workloads.ts'

export interface CheckRow {
  readonly title: string
  readonly ours: Verdict
  readonly peer: Verdict
}

export interface SpeedRow {
  readonly title: string
  readonly ours: Sample | undefined
  readonly peer: Sample | undefined
  /** How many of the runs failed. */
  readonly failed: { readonly ours: number; readonly peer: number }
}

/** Two tables in Markdown, ready for a record. */
export function renderReport(checks: readonly CheckRow[], speeds: readonly SpeedRow[]): string {
  const passed = ({ good, of }: Verdict) => (good === of ? 'passes' : of === 1 ? 'fails' : `${good} of ${of}`)
  return [
    ...row('Correctness', 'ours', 'ftp-srv', 'what ftp-srv did'),
    ...row('---', '---', '---', '---'),
    ...checks.flatMap(({ title, ours, peer }) => row(title, passed(ours), passed(peer), peer.note ?? '')),
    '',
    ...row('Speed', 'ours', 'ftp-srv', 'times faster', 'CPU ours', 'CPU ftp-srv'),
    ...row('---', '---:', '---:', '---:', '---:', '---:'),
    ...speeds.flatMap(({ title, ours, peer, failed }) =>
      row(
        title,
        wall(ours, failed.ours),
        wall(peer, failed.peer),
        ours && peer ? (peer.seconds / ours.seconds).toFixed(1) : '',
        ours ? `${ours.cpuSeconds.toFixed(2)} s` : '',
        peer ? `${peer.cpuSeconds.toFixed(2)} s` : '',
      ),
    ),
  ].join('\n')
}

function wall(sample: Sample | undefined, failures: number): string {
  if (!sample) return 'failed'
  return `${sample.seconds.toFixed(2)} s${failures > 0 ? ` (${failures} failed)` : ''}`
}

function row(...cells: readonly string[]): string[] {
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`]
}

/** The sample whose wall time is in the middle. */
export function median(samples: readonly Sample[]): Sample | undefined {
  return samples.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(samples.length / 2)]
}
