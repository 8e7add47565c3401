import type { FuzzTarget, OpenFuzzTarget } from './fuzz-target.ts'
import { Random } from './random.ts'

export interface FuzzOptions {
  /** Over all targets, divided by their shares. */
  readonly inputs: number
  readonly seed: number
  readonly targets: readonly FuzzTarget[]
  readonly report: (line: string) => void
}

export interface FuzzResult {
  readonly inputs: number
  /** What was thrown and not foreseen, with what is needed to see it again. */
  readonly findings: readonly string[]
}

/** No parser takes this long for an input of a few kilobytes, on any machine. */
const tooSlowMs = 4_000
const mebibyte = 2 ** 20
/** How much of a run counts as warming up, and how much memory may be taken after it. */
const warmUp = 0.3
const flatBytes = 120 * mebibyte
const maxFindings = 20

/** Feeds targets one after the other. Whatever reaches the process as an uncaught error is a finding as well. */
export async function runFuzz({ inputs, seed, targets, report }: FuzzOptions): Promise<FuzzResult> {
  const findings: string[] = []
  let current = ''
  const onStray = (error: unknown) => findings.push(`${current}: uncaught ${describe(error)}`)
  process.on('uncaughtException', onStray).on('unhandledRejection', onStray)
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  let done = 0
  try {
    for (const target of targets) {
      current = target.name
      const count = Math.max(1, Math.round((inputs * target.share) / shares))
      const startedAt = performance.now()
      const memory = await feedTarget(target, { count, seed, findings })
      done += count
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      report(`${target.name}: ${count} inputs in ${seconds} s, memory ${memory}, findings ${findings.length}`)
      if (findings.length >= maxFindings) break
    }
  } finally {
    process.off('uncaughtException', onStray).off('unhandledRejection', onStray)
  }
  report(`seed ${seed}: ${done} inputs, ${findings.length} findings`)
  return { inputs: done, findings }
}

async function feedTarget(
  target: FuzzTarget,
  { count, seed, findings }: { count: number; seed: number; findings: string[] },
): Promise<string> {
  await using open = await target.open()
  let next = 0
  let warm = 0
  const feeder = async () => {
    while (next < count && findings.length < maxFindings) {
      const index = next++
      if (index === Math.floor(count * warmUp)) warm = collectedRss()
      await feedOne(open, { target, seed, index, findings })
    }
  }
  await Promise.all(Array.from({ length: open.atOnce }, feeder))
  try {
    await open.stillWorks()
  } catch (error) {
    findings.push(`${target.name}: does not work any more: ${describe(error)}`)
  }
  const grown = collectedRss() - warm
  if (grown > flatBytes) findings.push(`${target.name}: ${grown} bytes of memory more`)
  return `${grown >= 0 ? '+' : ''}${Math.round(grown / mebibyte)} MiB`
}

async function feedOne(
  open: OpenFuzzTarget,
  { target, seed, index, findings }: { target: FuzzTarget; seed: number; index: number; findings: string[] },
): Promise<void> {
  const startedAt = performance.now()
  try {
    const fed = open.feed(Random.for(seed, target.name, index))
    if (fed) await fed
    else if (performance.now() - startedAt > tooSlowMs) throw new Error('it takes too long')
  } catch (error) {
    findings.push(`${target.name}, seed ${seed}, input ${index}: ${describe(error)}`)
  }
}

/** Garbage is none of the memory that grows. */
function collectedRss(): number {
  global.gc?.()
  return process.memoryUsage.rss()
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
