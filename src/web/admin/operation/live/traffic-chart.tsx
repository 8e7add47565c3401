import type { TrafficSample } from '../../../../contract/live.ts'
import { formatRate } from '../../../shared/format.ts'
import { t } from '../../../shared/i18n.ts'
import { chartLines, currentTraffic } from './chart-lines.ts'

export interface TrafficChartProps {
  readonly samples: readonly TrafficSample[]
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number
}

/** Bytes per second in both directions over five minutes. */
export function TrafficChart({ samples, now }: TrafficChartProps) {
  const { top, received, sent } = chartLines(samples, now)
  const current = currentTraffic(samples, now)
  const figures = { up: formatRate(current.received), down: formatRate(current.sent) }
  return (
    <figure className="live-chart">
      <figcaption className="live-legend">
        <span className="live-key live-key-up">
          {t('live.chart.up')} <strong className="number">{figures.up}</strong>
        </span>
        <span className="live-key live-key-down">
          {t('live.chart.down')} <strong className="number">{figures.down}</strong>
        </span>
      </figcaption>
      <div className="live-plot">
        <svg
          viewBox="0 0 1000 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={t('live.chart.label', figures)}
        >
          <path className="live-grid" d="M0 0H1000M0 50H1000M0 100H1000" />
          <path className="live-area-up" d={areaOf(received)} />
          <path className="live-line-up" d={received} />
          <path className="live-line-down" d={sent} />
        </svg>
        <span className="live-axis live-axis-top number">{formatRate(top)}</span>
        <span className="live-axis live-axis-half number">{formatRate(top / 2)}</span>
      </div>
      <div className="live-times">
        <span>{t('live.chart.begin')}</span>
        <span>{t('live.chart.end')}</span>
      </div>
    </figure>
  )
}

/** The line, closed along the bottom. */
function areaOf(line: string): string {
  const start = /^M(\S+) /.exec(line)?.[1]
  return start === undefined ? '' : `${line}L1000 100L${start} 100Z`
}
