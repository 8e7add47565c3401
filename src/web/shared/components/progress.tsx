import { formatPercent } from '../format.ts'

export interface ProgressProps {
  readonly label: string
  readonly value: number
  readonly max: number
  /** Colours it as it fills up, for quotas. */
  readonly isUsage?: boolean
}

/** The browser's own progress bar, with its value in words for those who do not see it. */
export function Progress({ label, value, max, isUsage = false }: ProgressProps) {
  const share = max === 0 ? 0 : value / max
  const state = !isUsage || share < 0.8 ? '' : share < 0.95 ? ' progress-high' : ' progress-full'
  return (
    <progress
      className={`progress${state}`}
      aria-label={label}
      value={Math.min(value, max)}
      max={max === 0 ? 1 : max}
      aria-valuetext={formatPercent(value, max)}
    />
  )
}
