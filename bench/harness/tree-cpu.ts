import { type ProcessTimes, ticksPerSecond } from './process-tree.ts'

interface Known {
  first: ProcessTimes
  last: ProcessTimes
  /** Was there before the counting began, so that only what it adds counts. */
  readonly isOld: boolean
  isAlive: boolean
}

/**
 * CPU time of a process tree between the first snapshot and the last one. A session's process that ends is in the times of the
 * parent that waited for it; one that nobody waits for (the parent ignores SIGCHLD) is only in what was seen of it. Each parent
 * therefore counts the larger of the two, so nothing is counted twice and as little as possible is missed.
 */
export class TreeCpu {
  readonly #root: number
  readonly #known = new Map<string, Known>()
  #isFirst = true

  constructor(root: number) {
    this.#root = root
  }

  add(tree: readonly ProcessTimes[]): void {
    for (const known of this.#known.values()) known.isAlive = false
    for (const times of tree) {
      const key = keyOf(times)
      const known = this.#known.get(key)
      if (known) Object.assign(known, { last: { ...times, parent: known.last.parent }, isAlive: true })
      else this.#known.set(key, { first: times, last: times, isOld: this.#isFirst, isAlive: true })
    }
    this.#isFirst = false
  }

  /** Processes other than the root that the last snapshot had. */
  get liveChildren(): number {
    return [...this.#known.values()].filter(({ isAlive, last }) => isAlive && last.pid !== this.#root).length
  }

  get seconds(): number {
    const children = new Map<number, Known[]>()
    let root: Known | undefined
    for (const known of this.#known.values()) {
      if (known.last.pid === this.#root) root = known
      else children.set(known.last.parent, [...(children.get(known.last.parent) ?? []), known])
    }
    return root ? ticksOf(root, children) / ticksPerSecond : 0
  }
}

function ticksOf(known: Known, children: ReadonlyMap<number, readonly Known[]>): number {
  const { first, last, isOld } = known
  const own = last.ownTicks - (isOld ? first.ownTicks : 0)
  const reaped = last.reapedTicks - (isOld ? first.reapedTicks : 0)
  let [living, gone] = [0, 0]
  for (const child of children.get(last.pid) ?? []) {
    const ticks = ticksOf(child, children)
    if (child.isAlive) living += ticks
    // What an old child had used before the counting is in `reaped` as well.
    else gone += ticks + (child.isOld ? child.first.ownTicks + child.first.reapedTicks : 0)
  }
  return own + Math.max(reaped, gone) + living - oldPartOfGone(known, children)
}

/** What children that are gone had used before the counting began. */
function oldPartOfGone(parent: Known, children: ReadonlyMap<number, readonly Known[]>): number {
  const old = (children.get(parent.last.pid) ?? []).filter(({ isAlive, isOld }) => !isAlive && isOld)
  return old.reduce((sum, { first }) => sum + first.ownTicks + first.reapedTicks, 0)
}

function keyOf({ pid, startedAt }: ProcessTimes): string {
  return `${pid}@${startedAt}`
}
