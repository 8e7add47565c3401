import type { TrafficSample } from '../../../../contract/live.ts'

/** Milliseconds that the chart shows. */
export const chartSpan = 5 * 60_000

export interface ChartLines {
  /** Bytes per second at the top. */
  readonly top: number
  /** Paths in a box of 1000 × 100, newest on the right. */
  readonly received: string
  readonly sent: string
}

/** The least that fills the height: a few bytes shall not look like a storm. */
const minTop = 1024

/** A power of two, so that half of it is a round number of KiB or MiB as well. */
export function topOf(values: readonly number[]): number {
  const highest = values.reduce((most, value) => Math.max(most, value), 0)
  return Math.max(minTop, 2 ** Math.ceil(Math.log2(Math.max(1, highest))))
}

/** Two lines over the last five minutes before `now`, in milliseconds since the epoch. */
export function chartLines(samples: readonly TrafficSample[], now: number): ChartLines {
  const shown = samples.filter(({ at }) => at > now - chartSpan && at <= now)
  const top = topOf(shown.flatMap(({ received, sent }) => [received, sent]))
  const line = (value: (sample: TrafficSample) => number) => {
    const points = shown.map((sample) => [xOf(sample.at, now), 100 - (value(sample) / top) * 100] as const)
    const last = points.at(-1)
    // The server is silent while nothing moves: from its last word on there is nothing to show but zero.
    if (last && last[0] < 990) points.push([Math.min(1000, last[0] + secondWidth), 100], [1000, 100])
    return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
  }
  return { top, received: line(({ received }) => received), sent: line(({ sent }) => sent) }
}

/** What moves now; nothing when the newest second is long gone. */
export function currentTraffic(samples: readonly TrafficSample[], now: number): TrafficSample {
  const last = samples.at(-1)
  return last && now - last.at < 5000 ? last : { at: now, received: 0, sent: 0 }
}

const secondWidth = (1000 * 1000) / chartSpan

function xOf(at: number, now: number): number {
  return 1000 - ((now - at) / chartSpan) * 1000
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
