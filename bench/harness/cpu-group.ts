import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

let made = 0

/**
 * A control group of the kernel, which counts the processor time of all that descends from its members, to the end of each,
 * whether anybody waits for it or not (cgroups(7); `cpuacct` of version 1, `cpu.stat` of version 2).
 */
export class CpuGroup implements Disposable {
  readonly #directory: string
  readonly #read: (directory: string) => number

  private constructor(directory: string, read: (directory: string) => number) {
    this.#directory = directory
    this.#read = read
  }

  /** With these processes, and what they start from now on. Undefined where this process may not make one. */
  static of(pids: readonly number[]): CpuGroup | undefined {
    for (const { mountPoint, read } of placesIn(readFileSync('/proc/self/mounts', 'latin1'))) {
      const directory = join(mountPoint, `bench-${process.pid}-${++made}`)
      try {
        mkdirSync(directory)
      } catch {
        continue
      }
      const group = new CpuGroup(directory, read)
      try {
        for (const pid of pids) move(pid, directory)
        group.#read(directory)
        return group
      } catch {
        group[Symbol.dispose]()
      }
    }
    return undefined
  }

  /** Used since it was made. */
  get seconds(): number {
    return this.#read(this.#directory)
  }

  /** Its members go back to the group above. */
  [Symbol.dispose](): void {
    try {
      for (const pid of membersOf(this.#directory)) move(pid, dirname(this.#directory))
      rmdirSync(this.#directory)
    } catch {
      // A member ended or began meanwhile: an empty group that is left harms nobody.
    }
  }
}

interface GroupPlace {
  readonly mountPoint: string
  /** Seconds that a group has used. */
  readonly read: (directory: string) => number
}

/** Where groups are made, by the mounts of this machine (proc_pid_mounts(5)). */
export function placesIn(mounts: string): GroupPlace[] {
  return mounts.split('\n').flatMap((line): GroupPlace[] => {
    const [, mountPoint = '', type, options = ''] = line.split(' ')
    if (type === 'cgroup' && options.split(',').includes('cpuacct'))
      return [{ mountPoint, read: readVersion1 }]
    return type === 'cgroup2' ? [{ mountPoint, read: readVersion2 }] : []
  })
}

function readVersion1(directory: string): number {
  return Number(readFileSync(join(directory, 'cpuacct.usage'), 'latin1')) / 1e9
}

/** @throws when it does not tell */
function readVersion2(directory: string): number {
  const [, microseconds] =
    /^usage_usec (\d+)$/m.exec(readFileSync(join(directory, 'cpu.stat'), 'latin1')) ?? []
  if (microseconds === undefined) throw new Error('cpu.stat tells no usage')
  return Number(microseconds) / 1e6
}

function membersOf(directory: string): number[] {
  return readFileSync(join(directory, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number)
}

function move(pid: number, directory: string): void {
  writeFileSync(join(directory, 'cgroup.procs'), String(pid))
}
