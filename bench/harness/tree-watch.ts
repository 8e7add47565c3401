import { setTimeout as sleep } from 'node:timers/promises'
import { CpuGroup } from './cpu-group.ts'
import { readPss, readTree } from './process-tree.ts'
import { TreeCpu } from './tree-cpu.ts'

const sampleEveryMs = 250
/** How long sessions may take to end when their client has. */
const settleMs = 2000

export interface Usage {
  readonly cpuSeconds: number
  /** The most that was seen, in bytes. */
  readonly peakPss: number
}

/** Watches a server while it works. */
export class TreeWatch implements Disposable {
  readonly #root: number
  /** What the kernel counts; where it does not, `#cpu` is what could be seen. */
  readonly #group: CpuGroup | undefined
  readonly #cpu: TreeCpu
  readonly #childrenBefore: number
  readonly #timer: NodeJS.Timeout
  #peakPss = 0

  constructor(root: number) {
    this.#root = root
    this.#group = CpuGroup.of(readTree(root).map(({ pid }) => pid))
    this.#cpu = new TreeCpu(root)
    this.#sample()
    this.#childrenBefore = this.#cpu.liveChildren
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs)
  }

  /** Waits a moment for the processes of ended sessions: only then their times are known. */
  async finish(): Promise<Usage> {
    clearInterval(this.#timer)
    this.#sample()
    const deadline = performance.now() + settleMs
    while (this.#cpu.liveChildren > this.#childrenBefore && performance.now() < deadline) {
      await sleep(20)
      this.#cpu.add(readTree(this.#root))
    }
    return { cpuSeconds: this.#group?.seconds ?? this.#cpu.seconds, peakPss: this.#peakPss }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#group?.[Symbol.dispose]()
  }

  #sample(): void {
    const tree = readTree(this.#root)
    this.#cpu.add(tree)
    this.#peakPss = Math.max(this.#peakPss, pssOf(tree))
  }
}

/** Bytes of a tree at this moment. */
export function treePss(root: number): number {
  return pssOf(readTree(root))
}

function pssOf(tree: readonly { readonly pid: number }[]): number {
  return tree.reduce((sum, { pid }) => sum + readPss(pid), 0)
}
