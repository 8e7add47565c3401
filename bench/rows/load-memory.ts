import { setTimeout as sleep } from 'node:timers/promises'
import { EndlessTransfers } from '../clients/endless-transfers.ts'
import { mixedTransfers } from '../clients/mixed-transfers.ts'
import { median } from '../harness/median.ts'
import type { Measurement } from '../harness/row.ts'
import { treePss } from '../harness/tree-watch.ts'

const mebibyte = 2 ** 20
const perKind = 16
const shortSeconds = 40
const longSeconds = 600
const sampleEveryMs = 500
/** How much of a sample's width the memory of a running server moves by itself. */
const flatMebibytes = 30

export const loadMemory: Measurement = {
  name: 'load-memory',
  title: 'Memory with 64 transfers at once',
  async measure(context) {
    const seconds = context.isLong ? longSeconds : shortSeconds
    await using server = await context.start('ours')
    const calls = await mixedTransfers(server, context, perKind)
    const idle = treePss(server.pid)
    const samples: number[] = []
    {
      await using transfers = new EndlessTransfers(calls)
      const deadline = performance.now() + seconds * 1000
      while (performance.now() < deadline) {
        await sleep(sampleEveryMs)
        samples.push(treePss(server.pid))
        transfers.assertAllRan()
      }
    }
    const third = Math.floor(samples.length / 3)
    const growth = median(samples.slice(-third)) - median(samples.slice(third, 2 * third))
    return [
      { title: 'Memory of the idle server', value: idle / mebibyte, unit: 'MiB' },
      {
        title: `Peak above it with ${4 * perKind} transfers at once for ${seconds} s (SFTP, FTP, FTPS; down and up)`,
        value: (Math.max(...samples) - idle) / mebibyte,
        unit: 'MiB',
        goal: { atMost: 300 },
      },
      {
        title: 'Growth from the second third of that time to the last, medians',
        value: growth / mebibyte,
        unit: 'MiB',
        goal: { atMost: flatMebibytes },
      },
    ]
  },
}
