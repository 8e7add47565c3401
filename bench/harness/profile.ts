import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** What V8 writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  /** Microseconds of the system's monotonic clock. */
  readonly startTime: number
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  /** The node that was found running, and the microseconds since the one before. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface CallFrame {
  readonly functionName: string
  readonly url: string
  /** From 0. */
  readonly lineNumber: number
}

/** The time in which one function itself ran, without those that it called. */
export interface SelfTime {
  readonly name: string
  readonly milliseconds: number
  /** Of the time in which the process had something to do. */
  readonly share: number
}

const shownFunctions = 15
const waiting = '(idle)'

/** Environment with which Node writes a profile of each of its processes into `directory` when it ends. */
export async function profilingInto(directory: string): Promise<Record<string, string>> {
  await mkdir(directory, { recursive: true })
  return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}` }
}

/**
 * The top rows of the flame graphs in `directory`, all processes together, since monotonicMicroseconds() was `since`.
 * @throws when there is none
 */
export async function topOf(directory: string, since = 0): Promise<SelfTime[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile'))
  if (files.length === 0) throw new Error(`no profile was written to ${directory}`)
  const profiles = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as CpuProfile),
  )
  return selfTimesOf(profiles, since).slice(0, shownFunctions)
}

/** As profiles count. */
export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Longest first. */
export function selfTimesOf(profiles: readonly CpuProfile[], since = 0): SelfTime[] {
  const times = new Map<string, number>()
  for (const { startTime, nodes, samples, timeDeltas } of profiles) {
    let end = startTime + (timeDeltas[0] ?? 0)
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    // What stands beside a sample is the time before it, so it belongs to the sample before.
    samples.forEach((id, index) => {
      const time = Math.max(0, timeDeltas[index + 1] ?? 0)
      end += time
      if (end <= since) return
      const name = names.get(id) ?? '(unknown)'
      times.set(name, (times.get(name) ?? 0) + time)
    })
  }
  times.delete(waiting)
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, time]) => ({ name, milliseconds: time / 1000, share: total > 0 ? time / total : 0 }))
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`
}
