import { median } from './median.ts'
import type { SelfTime } from './profile.ts'
import type { Goals, MeasuredValue, ServerName } from './row.ts'
import type { StorageKind } from './storage.ts'

/** One run of one server. */
export interface Sample {
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of all clients: what a server that costs nothing would still have to wait for. */
  readonly clientCpuSeconds: number
  /** Bytes. */
  readonly peakPss: number
  readonly bytes?: number
}

export interface ServerOutcome {
  readonly name: ServerName
  readonly samples: readonly Sample[]
}

export interface RowOutcome {
  readonly name: string
  readonly title: string
  readonly storage: StorageKind
  readonly scale: number
  readonly ours: ServerName
  readonly peers: readonly ServerName[]
  readonly goals: Goals
  /** Those that did all of their runs. */
  readonly servers: readonly ServerOutcome[]
  /** Why others did not. */
  readonly failures: Readonly<Partial<Record<ServerName, string>>>
  /** When the first run began, as monotonicMicroseconds() tells it. */
  readonly startedAt: number
  /** What ours did since then, where it was profiled. */
  readonly profile?: readonly SelfTime[]
}

export interface MeasurementOutcome {
  readonly name: string
  readonly title: string
  readonly values: readonly MeasuredValue[]
  readonly failure?: string
}

/** Medians of a server's runs; the peak of memory is the highest of all. */
export interface Medians {
  readonly name: ServerName
  readonly seconds: number
  readonly cpuSeconds: number
  readonly clientCpuSeconds: number
  /** Where bytes are moved. */
  readonly cpuSecondsPerGib?: number
  readonly peakPss: number
}

export function mediansOf({ name, samples }: ServerOutcome): Medians {
  const perGib = samples.flatMap(({ cpuSeconds, bytes }) => (bytes ? [(cpuSeconds / bytes) * 2 ** 30] : []))
  return {
    name,
    seconds: median(samples.map(({ seconds }) => seconds)),
    cpuSeconds: median(samples.map(({ cpuSeconds }) => cpuSeconds)),
    clientCpuSeconds: median(samples.map(({ clientCpuSeconds }) => clientCpuSeconds)),
    ...(perGib.length > 0 && { cpuSecondsPerGib: median(perGib) }),
    peakPss: Math.max(...samples.map(({ peakPss }) => peakPss)),
  }
}

export interface Comparison {
  readonly ours: Medians
  readonly best: Medians
  /** Its seconds through ours: more than 1 is faster. */
  readonly speed: number
  /** Our CPU seconds through its: less than 1 is cheaper. Undefined when it used less than can be measured. */
  readonly cpu: number | undefined
  /** All other servers: their seconds through ours. */
  readonly others: readonly { readonly name: ServerName; readonly speed: number }[]
}

/** Ours beside the fastest of the peers; undefined when one of the two sides has no result. */
export function compare(row: RowOutcome): Comparison | undefined {
  const all = row.servers.map(mediansOf)
  const ours = all.find(({ name }) => name === row.ours)
  const peers = all.filter(({ name }) => row.peers.includes(name)).toSorted((a, b) => a.seconds - b.seconds)
  const [best] = peers
  if (!ours || !best) return undefined
  return {
    ours,
    best,
    speed: best.seconds / ours.seconds,
    cpu: best.cpuSeconds >= leastCpuSeconds ? ours.cpuSeconds / best.cpuSeconds : undefined,
    others: all
      .filter((server) => server !== ours && server !== best)
      .map(({ name, seconds }) => ({ name, speed: seconds / ours.seconds })),
  }
}

/** Two ticks of the kernel's clock: below that a ratio says nothing. */
const leastCpuSeconds = 0.02
