import { readdir, readFile } from 'node:fs/promises'
import type { Product } from './product.ts'
import { waitUntil } from './wait-until.ts'

/** What all processes of a product hold together. */
export interface ProcessState {
  readonly descriptors: number
  /** Bytes of memory, shared pages counted once. */
  readonly memory: number
}

export async function stateOf(pid: number): Promise<ProcessState> {
  const pids = [pid, ...(await childrenOf(pid))]
  const parts = await Promise.all(
    pids.map(async (one) => ({
      descriptors: (await readdir(`/proc/${one}/fd`)).length,
      memory: Number(/^Pss:\s+(\d+)/m.exec(await readFile(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1]) * 1024,
    })),
  )
  return {
    descriptors: parts.reduce((sum, part) => sum + part.descriptors, 0),
    memory: parts.reduce((sum, part) => sum + part.memory, 0),
  }
}

/** Waits until a product has no session and no more descriptors than `before`. */
export async function nothingIsLeft(
  product: Product,
  before: ProcessState,
  timeoutMs = 15_000,
): Promise<void> {
  let seen = ''
  await waitUntil(
    'no session and no descriptor more than before',
    async () => {
      const { body } = await product.api('GET', '/connections')
      const sessions = (body as { protocol: string }[]).filter(({ protocol }) => protocol !== 'HTTP').length
      const { descriptors } = await stateOf(product.pid)
      seen = `${sessions} sessions, ${descriptors} descriptors, ${before.descriptors} before`
      return sessions === 0 && descriptors <= before.descriptors
    },
    timeoutMs,
    100,
  ).catch((error: unknown) => {
    throw new Error(seen, { cause: error })
  })
}

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(/\s+/).filter(Boolean).map(Number)
}
