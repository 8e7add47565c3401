import { t } from '../../../shared/i18n.ts'

/** 'info': neither good nor bad, or not known. */
export type Level = 'good' | 'info' | 'warning' | 'bad'

/** One line of the health page, in the reader's language. */
export interface Finding {
  readonly level: Level
  /** What it is about. */
  readonly subject: string
  readonly state: string
  /** What to do; every warning and everything bad has it. */
  readonly advice?: string
  /** The server's own words, or a value to be compared. */
  readonly detail?: string
}

export interface Section {
  readonly id: string
  readonly title: string
  readonly findings: readonly Finding[]
}

const order: readonly Level[] = ['good', 'info', 'warning', 'bad']

export function countOf(sections: readonly Section[], level: Level): number {
  return sections.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length
}

/** The one sentence above everything. */
export function verdictOf(sections: readonly Section[]): Pick<Finding, 'level' | 'state'> {
  const bad = countOf(sections, 'bad')
  const warnings = countOf(sections, 'warning')
  if (bad > 0) return { level: 'bad', state: t('health.verdict.bad', { n: bad }) }
  if (warnings > 0) return { level: 'warning', state: t('health.verdict.warning', { n: warnings }) }
  return { level: 'good', state: t('health.verdict.good') }
}

/** The worst first, else as they came. */
export function byLevel(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => order.indexOf(other.level) - order.indexOf(one.level))
}
