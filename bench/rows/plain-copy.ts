import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { askClient } from '../clients/json-client.ts'
import { makeFile } from '../harness/files.ts'
import { median } from '../harness/median.ts'
import type { MeasuredValue, Measurement } from '../harness/row.ts'

const script = join(import.meta.dirname, '../clients/plain-copy.py')
const gibibyte = 2 ** 30
const runs = 5

interface Told {
  readonly seconds: number
  readonly cpu: number
}

const titles = {
  down: 'read from memory and sent to loopback by a program that does nothing else',
  up: 'received from loopback and written to memory by a program that does nothing else',
} as const

/** What the kernel takes for the bytes of a transfer, without any protocol: no server that copies them takes less. */
export const plainCopy: Measurement = {
  name: 'plain-copy',
  title: '1 GiB by a program that does nothing else',
  async measure({ scratch }) {
    const source = join(scratch, 'plain-source.bin')
    const copy = join(scratch, 'plain-copy.bin')
    await makeFile(source, gibibyte)
    const values: MeasuredValue[] = []
    for (const direction of ['down', 'up'] as const) {
      const found: Told[] = []
      for (let run = 0; run < runs; run++) {
        found.push(await askClient<Told>('/usr/bin/python3', script, { direction, source, copy }, scratch))
        await rm(copy, { force: true })
      }
      const title = `1 GiB ${titles[direction]}`
      values.push({ title, value: median(found.map(({ seconds }) => seconds)), unit: 's' })
      values.push({
        title: `Processor time of that, ${direction}`,
        value: median(found.map(({ cpu }) => cpu)),
        unit: 's',
      })
    }
    return values
  },
}
