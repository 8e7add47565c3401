import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../../core/files/storage.ts'
import { rootPath } from '../../../core/files/virtual-path.ts'
import { waitUntil } from '../../../../test/support/wait-until.ts'
import { OpenListings } from './open-listings.ts'

function entry(name: string): Entry {
  return { name, type: 'file', size: 0, mode: 0, modifiedAt: 0, accessedAt: 0, links: 1 }
}

async function* batches(sizes: readonly number[], onEnd: () => void): AsyncGenerator<readonly Entry[]> {
  try {
    for (const [turn, size] of sizes.entries())
      yield Array.from({ length: size }, (_, i) => entry(`${turn}-${i}`))
  } finally {
    onEnd()
  }
}

test('pages are filled up to their size, and nothing is left out between two', async () => {
  const listings = new OpenListings()
  const sizes = [3, 250, 256, 0, ...Array<number>(20).fill(256), 5]
  let { entries, cursor } = await listings.first(
    rootPath,
    batches(sizes, () => undefined),
  )
  const pages = [entries.length]
  const names = new Set(entries.map(({ name }) => name))
  while (cursor !== undefined) {
    ;({ entries, cursor } = await listings.next(rootPath, cursor))
    pages.push(entries.length)
    for (const { name } of entries) names.add(name)
  }
  assert.deepEqual(pages, [253, 1792, 1792, 1797])
  assert.equal(
    names.size,
    sizes.reduce((sum, size) => sum + size, 0),
  )
})

test('a listing that nobody goes on with is closed', async () => {
  const listings = new OpenListings({ idleMs: 10 })
  let isClosed = false
  const { cursor = '' } = await listings.first(
    rootPath,
    batches([256, 256], () => {
      isClosed = true
    }),
  )
  await waitUntil('it is closed', () => isClosed)
  assert.throws(() => listings.next(rootPath, cursor), /begin anew/)
})
