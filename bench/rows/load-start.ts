import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startProduct } from '../../test/support/product.ts'
import { median } from '../harness/median.ts'
import type { Measurement } from '../harness/row.ts'
import { builtMain } from '../servers/product.ts'

const starts = 5

/** Seconds from the start of its process to the line that tells it is ready. */
async function timeStart(directory: string): Promise<number> {
  const main = await builtMain()
  const startedAt = performance.now()
  await using _product = await startProduct({ directory, keepsLog: false, main })
  return (performance.now() - startedAt) / 1000
}

export const startTime: Measurement = {
  name: 'start-time',
  title: 'Start to ready',
  async measure({ scratch }) {
    const [fresh, again]: [number[], number[]] = [[], []]
    for (let run = 0; run < starts; run++) {
      const directory = join(scratch, `start-${run}`)
      fresh.push(await timeStart(directory))
      again.push(await timeStart(directory))
      await rm(directory, { recursive: true })
    }
    const goal = { atMost: 1 }
    return [
      {
        title: 'Start to ready, first start in an empty directory',
        value: median(fresh),
        unit: 's',
        goal,
      },
      { title: 'Start to ready, with its data there', value: median(again), unit: 's', goal },
    ]
  },
}
