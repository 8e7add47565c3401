import { readdirSync, readFileSync } from 'node:fs'

/** Times of one process in clock ticks, as /proc shows them. */
export interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  /** Tells a process from a later one with the same number. */
  readonly startedAt: number
  readonly ownTicks: number
  /** Of children that ended and were waited for, and of theirs. */
  readonly reapedTicks: number
}

/** Linux tells every program the same, whatever the kernel was built with (proc(5), `CLK_TCK`). */
export const ticksPerSecond = 100

/** A process and all that descend from it; empty when it is gone. */
export function readTree(root: number): ProcessTimes[] {
  const children = new Map<number, ProcessTimes[]>()
  let first: ProcessTimes | undefined
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const times = readTimes(Number(name))
    if (!times) continue
    if (times.pid === root) first = times
    const siblings = children.get(times.parent)
    if (siblings) siblings.push(times)
    else children.set(times.parent, [times])
  }
  const found = first ? [first] : []
  for (const process of found) found.push(...(children.get(process.pid) ?? []))
  return found
}

/** Undefined when there is no such process (any more). */
export function readTimes(pid: number): ProcessTimes | undefined {
  try {
    return parseTimes(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** proc_pid_stat(5). The name of the program may hold blanks and brackets, so fields are counted from its end. */
export function parseTimes(pid: number, stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // The first of them is field 3 of the manual.
  const field = (number: number) => Number(fields[number - 3])
  return {
    pid,
    parent: field(4),
    startedAt: field(22),
    ownTicks: field(14) + field(15),
    reapedTicks: field(16) + field(17),
  }
}

/** Proportional set size in bytes: what several processes share is divided among them. 0 when it is gone. */
export function readPss(pid: number): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0
  }
}
