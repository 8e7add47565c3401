import { readFile } from 'node:fs/promises'
import { CpuWait } from './cpu-wait.ts'
import * as pooled from './disk-calls.ts'
import { DiskPace, type Stopwatch } from './disk-pace.ts'
import { loopIdle } from './loop-idle.ts'
import { LoopTurn } from './loop-turn.ts'

/** Those that keep nothing but memory: a sync has nothing to do there (statfs(2)). */
const inMemory = new Set([0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */])
/** Those of devices of this machine. What is not listed, as NFS, SMB, FUSE and 9p, may wait for somebody else. */
const ofThisMachine = new Set([
  ...inMemory,
  0xef53 /* ext2, ext3, ext4 */,
  0x58465342 /* xfs */,
  0x9123683e /* btrfs */,
  0xf2f52010 /* f2fs */,
  0x2fc12fc1 /* zfs */,
  0xca451a4e /* bcachefs */,
  0x3153464a /* jfs */,
  0x3434 /* nilfs2 */,
  0x794c7630 /* overlayfs, as in a container */,
])
/** What was found out is asked again after so many milliseconds: something else may be mounted there by then. */
const freshMs = 10_000
const maxRemembered = 10_000

/** Milliseconds. A piece of a file that comes from memory takes a twentieth of it, one from a fast disk as much. */
const slowReadMs = 1

/** How fast one file system answers. What is known of names says little about contents, and a change waits for a journal. */
export interface FileSystem {
  readonly looking: DiskPace
  readonly reading: DiskPace
  /** Contents: a kernel with much to write back makes their writer wait, and nobody else. */
  readonly writing: DiskPace
  readonly changing: DiskPace
  readonly isInMemory: boolean
}

/** What the machine says of a directory. */
export interface MountFacts {
  /** The same for all directories of one file system. */
  readonly device: number
  /** f_type of statfs(2). */
  readonly type: number
  /** True when something else is mounted somewhere below. */
  readonly holdsMounts: boolean
}

interface Known {
  readonly fileSystem: FileSystem | undefined
  readonly until: number
}

/** The file systems that the storages of this process lie on. */
export class FileSystems {
  readonly #turn = new LoopTurn()
  readonly #cpuWait = new CpuWait()
  readonly #now: Stopwatch
  readonly #look: (directory: string) => Promise<MountFacts>
  readonly #known = new Map<string, Known>()
  readonly #looking = new Set<string>()
  readonly #byDevice = new Map<number, FileSystem>()

  constructor({ now, look }: { now?: Stopwatch; look?: (directory: string) => Promise<MountFacts> } = {}) {
    this.#now = now ?? (() => performance.now())
    this.#look = look ?? mountFacts
  }

  /**
   * The file system that the whole tree below `directory` lies on; undefined as long as that is not known, and where
   * calls must not be made directly because they may wait for another machine.
   */
  at(directory: string): FileSystem | undefined {
    const known = this.#known.get(directory)
    if (known && this.#now() < known.until) return known.fileSystem
    if (!this.#looking.has(directory)) void this.#find(directory)
    return undefined
  }

  async #find(directory: string): Promise<void> {
    this.#looking.add(directory)
    // A directory that is not there yet may be made any moment, and is asked for again then.
    const facts = await this.#look(directory).catch(() => undefined)
    this.#looking.delete(directory)
    this.#known.delete(directory)
    if (!facts) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size >= maxRemembered) this.#known.delete(oldest)
    this.#known.set(directory, { fileSystem: this.#of(facts), until: this.#now() + freshMs })
  }

  #of({ device, type, holdsMounts }: MountFacts): FileSystem | undefined {
    if (holdsMounts || !ofThisMachine.has(type)) return undefined
    const isInMemory = inMemory.has(type)
    let found = this.#byDevice.get(device)
    // The number of a device that went may have been given to another one.
    if (!found || found.isInMemory !== isInMemory) {
      const shared = { turn: this.#turn, cpuWait: this.#cpuWait, now: this.#now, idle: loopIdle }
      found = {
        looking: new DiskPace(shared),
        reading: new DiskPace({ ...shared, slowMs: slowReadMs }),
        writing: new DiskPace(shared),
        changing: new DiskPace(shared),
        isInMemory,
      }
      this.#byDevice.set(device, found)
    }
    return found
  }
}

async function mountFacts(directory: string): Promise<MountFacts> {
  const path = await pooled.realpath(directory)
  const [stats, { type }, mounts] = await Promise.all([
    pooled.lstat(path),
    pooled.statfs(path),
    readFile('/proc/self/mountinfo', 'utf8'),
  ])
  return { device: stats.dev, type, holdsMounts: hasMountBelow(path, mounts) }
}

/** `mounts` as in /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function hasMountBelow(directory: string, mounts: string): boolean {
  const prefix = directory === '/' ? '/' : `${directory}/`
  return mounts.split('\n').some((line) => {
    const point = unescaped(line.split(' ', 5)[4] ?? '')
    return point.length > prefix.length && point.startsWith(prefix)
  })
}

/** Blanks, tabs, line ends and backslashes are written as three octal digits. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}
