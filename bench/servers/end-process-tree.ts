import { setTimeout as sleep } from 'node:timers/promises'
import { readTree } from '../harness/process-tree.ts'

const patienceMs = 3000

/** Ends a server with the processes of its sessions: politely first, all that is left after that. */
export async function endProcessTree(root: number): Promise<void> {
  const tree = readTree(root)
  for (const { pid } of tree) signal(pid, 'SIGTERM')
  const deadline = performance.now() + patienceMs
  const isLeft = ({ pid, startedAt }: { pid: number; startedAt: number }) =>
    readTree(pid).some((found) => found.pid === pid && found.startedAt === startedAt)
  let left = tree
  while ((left = left.filter(isLeft)).length > 0 && performance.now() < deadline) await sleep(20)
  for (const { pid } of left) signal(pid, 'SIGKILL')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
