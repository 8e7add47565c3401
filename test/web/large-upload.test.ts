import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { openWebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const size = 2 * 1024 ** 3
const cuts = [0.2, 0.5, 0.8]
/** What a slow machine takes for two GiB through browser and proxy, many times over. */
const patienceMs = 300_000
/** Asking more often takes from the upload what it needs of the machine. */
const everyMs = 200
/** Above what the server takes before the upload; a piece is 4 MiB. */
const maxGrowthBytes = 96 * 1024 * 1024

/** No two megabytes are alike, so that a piece in the wrong place shows. Answers its digest. */
async function writeLargeFile(path: string): Promise<string> {
  await using file = await open(path, 'w')
  const hash = createHash('sha256')
  const block = randomBytes(1024 * 1024)
  for (let position = 0; position < size; position += block.length) {
    block.writeDoubleBE(position)
    hash.update(block)
    await file.write(block, 0, block.length, position)
  }
  return hash.digest('hex')
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}

/** Bytes of memory that the process holds now. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

test('two GiB pass a proxy that takes 8 MiB at a time and breaks three times, whole and in flat memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'large-'))
  await using world = await openWebWorld()
  try {
    const local = join(directory, 'large.bin')
    const digest = await writeLargeFile(local)
    await world.product.addUser('ann')
    await world.signInUser('ann')
    const page = await world.openPage('web/client/files')
    await page
      .getByRole('button', { name: 'Upload', exact: true })
      .and(page.locator('button:enabled'))
      .waitFor()
    const { pid } = world.product
    const before = await residentBytes(pid)
    let highest = 0
    const received = async (): Promise<number> => {
      highest = Math.max(highest, await residentBytes(pid))
      const { body } = await world.product.api('GET', '/connections')
      const [connection] = body as { active_transfers: { size: number }[] }[]
      return connection?.active_transfers[0]?.size ?? 0
    }
    await world.allow('network', async () => {
      await page.setInputFiles('input[type=file][multiple]', local)
      for (const share of cuts) {
        await waitUntil(
          `${share * 100} % on the server`,
          async () => (await received()) >= size * share,
          patienceMs,
          everyMs,
        )
        world.platform.setDown(true)
        let last = -1
        await waitUntil(
          'a moment in which nothing comes',
          async () => last === (last = await received()),
          10_000,
        )
        world.platform.setDown(false)
      }
    })
    const stored = join(world.product.homeOf('ann'), 'large.bin')
    await waitUntil(
      'the whole file',
      async () => {
        highest = Math.max(highest, await residentBytes(pid))
        return (await stat(stored).catch(() => undefined))?.size === size
      },
      patienceMs,
      everyMs,
    )
    assert.equal(await digestOf(stored), digest)
    const growth = highest - before
    assert.ok(growth < maxGrowthBytes, `the server grew by ${Math.round(growth / 1024 ** 2)} MiB`)
    await page.getByRole('row', { name: /large\.bin/ }).waitFor()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
