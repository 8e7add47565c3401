import { mkdir } from 'node:fs/promises'
import { startServer } from '../servers/start-server.ts'
import type { Credentials, Row, RowContext, RunResult, ServerName, ServerUnderTest } from './row.ts'
import { monotonicMicroseconds } from './profile.ts'
import type { RowOutcome, ServerOutcome, Sample } from './outcome.ts'
import { readTimes, ticksPerSecond } from './process-tree.ts'
import { emptyDirectory, type Storage } from './storage.ts'
import { TreeWatch } from './tree-watch.ts'

export interface RowOptions {
  readonly credentials: Credentials
  readonly storage: Storage
  readonly scale: number
  readonly runs: number
  /** Which servers take part. Default: all that the row names. */
  readonly beside?: 'the first peer' | 'nobody'
  /** Where ours is to leave its profiles. */
  readonly profileDirectory?: string | undefined
  readonly signal: AbortSignal
  readonly tell: (line: string) => void
}

/** The first two are up to 1.5 times as slow as the third, where a server compiles. */
const usualWarmUps = 2

interface Contestant {
  readonly server: ServerUnderTest
  readonly runs: number
  readonly samples: Sample[]
  error?: string
}

/** Runs a workload on its servers in turn. What fails for one server is told in the outcome and does not stop the others. */
export async function runRow(row: Row, options: RowOptions): Promise<RowOutcome> {
  await using stack = new AsyncDisposableStack()
  const { storage, credentials, scale, signal, profileDirectory } = options
  const ours = row.ours ?? 'ours'
  const context: RowContext = { credentials, scratch: storage.scratch, scale, verifiesContent: false }
  stack.defer(() => emptyDirectory(storage.scratch))
  const contestants: Contestant[] = []
  const failures = new Map<ServerName, string>()
  for (const { name, runs } of namesOf(row, options)) {
    signal.throwIfAborted()
    try {
      const directory = storage.placeOf(name)
      await mkdir(directory, { recursive: true })
      const server = await startServer(name, { directory, credentials, profileDirectory })
      // The stack ends the last first: a home is emptied when its server has ended.
      stack.defer(() => emptyDirectory(server.home))
      stack.use(server)
      await emptyDirectory(server.home)
      await row.prepare(server, context)
      contestants.push({ server, runs, samples: [] })
    } catch (error) {
      failures.set(name, messageOf(error))
    }
  }
  const startedAt = await runRounds(row, contestants, context, options)
  signal.throwIfAborted()
  for (const { server, error } of contestants) if (error !== undefined) failures.set(server.name, error)
  return {
    name: row.name,
    title: row.title,
    storage: storage.kind,
    scale,
    ours,
    peers: row.peers,
    goals: row.goals,
    startedAt,
    servers: contestants.filter(({ error }) => error === undefined).map(outcomeOf),
    failures: Object.fromEntries(failures),
  }
}

/** All in turn, each time another one first; what comes before the first round warms up and does not count. Answers when that began. */
async function runRounds(
  row: Row,
  contestants: readonly Contestant[],
  context: RowContext,
  options: RowOptions,
): Promise<number> {
  // Ten times the work is long enough by itself.
  const warmUps = options.scale > 1 ? 0 : (row.warmUps ?? usualWarmUps)
  const rounds = Math.max(0, ...contestants.map(({ runs }) => runs))
  let startedAt = monotonicMicroseconds()
  for (let round = -warmUps; round < rounds; round++) {
    const verifiesContent = round === -warmUps
    const first = (round + warmUps) % contestants.length
    if (round === 0) startedAt = monotonicMicroseconds()
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      if (round >= contestant.runs || contestant.error !== undefined) continue
      options.signal.throwIfAborted()
      await runOnce(row, contestant, { ...context, verifiesContent }, options)
      if (round < 0) contestant.samples.pop()
    }
  }
  return startedAt
}

function namesOf(row: Row, { runs, beside }: RowOptions): { name: ServerName; runs: number }[] {
  const ours = { name: row.ours ?? 'ours', runs }
  if (beside === 'nobody') return [ours]
  const peers = row.peers.map((name) => ({ name, runs }))
  if (beside === 'the first peer') return [ours, ...peers.slice(0, 1)]
  return [ours, ...peers, ...(row.forTheRecord ?? []).map((name) => ({ name, runs: 1 }))]
}

async function runOnce(
  row: Row,
  contestant: Contestant,
  context: RowContext,
  { storage, tell }: RowOptions,
): Promise<void> {
  const { server, samples } = contestant
  try {
    await row.reset?.(server, context)
    await storage.settle()
    using watch = new TreeWatch(server.pid)
    const before = clientTicks()
    const result = await row.run(server, context)
    const clientCpuSeconds = (clientTicks() - before) / ticksPerSecond
    const sample = sampleOf(result, { ...(await watch.finish()), clientCpuSeconds })
    samples.push(sample)
    tell(
      `${row.name} ${storage.kind} ${server.name}: ${sample.seconds.toFixed(3)} s, CPU ${sample.cpuSeconds.toFixed(2)} s, of clients ${sample.clientCpuSeconds.toFixed(2)} s`,
    )
    await row.reset?.(server, context)
  } catch (error) {
    contestant.error = messageOf(error)
    tell(`${row.name} ${storage.kind} ${server.name}: ${contestant.error}`)
  }
}

/** What the children of this process that have ended used: clients, while the servers run. */
function clientTicks(): number {
  return readTimes(process.pid)?.reapedTicks ?? 0
}

function sampleOf(
  { seconds, bytes, cpuSeconds }: RunResult,
  usage: Pick<Sample, 'cpuSeconds' | 'clientCpuSeconds' | 'peakPss'>,
): Sample {
  return {
    seconds,
    ...usage,
    cpuSeconds: cpuSeconds ?? usage.cpuSeconds,
    ...(bytes && { bytes }),
  }
}

function outcomeOf({ server, samples }: Contestant): ServerOutcome {
  return { name: server.name, samples }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
