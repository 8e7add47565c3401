import type { InitialFiles } from './initial-files.ts'
import type { Finding, Preset } from './lighthouse.ts'

export interface PageRow {
  readonly page: string
  readonly preset: Preset
  /** Undefined when every run failed. */
  readonly finding: Finding | undefined
}

export interface SizeRow {
  readonly app: string
  readonly files: InitialFiles
}

/** Tables in Markdown, ready for a record, and what costs points. */
export function renderReport(pages: readonly PageRow[], sizes: readonly SizeRow[]): string {
  return [
    row('Page', 'as', 'performance', 'accessibility', 'best practices', 'FCP', 'LCP', 'TBT', 'CLS', 'bytes'),
    row('---', '---', ...Array.from({ length: 8 }, () => '---:')),
    ...pages.map(({ page, preset, finding }) => row(page, preset, ...cellsOf(finding))),
    '',
    row('App', 'initial JS, gzip', 'initial CSS, gzip', 'files'),
    row('---', '---:', '---:', '---'),
    ...sizes.map(({ app, files }) =>
      row(app, kilobytes(files.scriptBytes), kilobytes(files.styleBytes), files.names.join(', ')),
    ),
    ...faultsOf(pages),
  ].join('\n')
}

function cellsOf(finding: Finding | undefined): string[] {
  if (!finding) return ['failed']
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  return [
    String(finding.performance),
    String(finding.accessibility),
    String(finding.bestPractices),
    seconds(finding.firstPaintMs),
    seconds(finding.largestPaintMs),
    `${Math.round(finding.blockedMs)} ms`,
    finding.shift.toFixed(3),
    kilobytes(finding.transferredBytes),
  ]
}

function faultsOf(pages: readonly PageRow[]): string[] {
  const lines = pages.flatMap(({ page, preset, finding }) =>
    (finding?.faults ?? []).map((fault) => `- ${page} (${preset}): ${fault}`),
  )
  return lines.length === 0 ? [] : ['', 'What costs points:', ...lines]
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
