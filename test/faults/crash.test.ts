import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { amount } from '../support/amount.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { type Product, startProduct } from '../support/product.ts'
import { hostKeyFingerprint } from '../support/ssh-programs.ts'
import { stagedIn } from '../support/ssh-world.ts'
import { openTransferClient } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { isRunning, workersOf } from '../workers/workers-world.ts'
import { type Acknowledged, checkFiles, openWriters, originals, placeOf, version } from './crash-writers.ts'

const rounds = amount('KILL_ROUNDS', { short: 3, long: 200 })
const longestWaitMs = 900
/** What is killed: the one process, the primary of two workers, or one of two workers alone. */
const victims = ['process', 'primary', 'worker'] as const

test('kill -9 during twenty uploads over SFTP, FTPS and HTTP damages no file, loses none that was acknowledged, leaves nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'crash-'))
  const totals = { files: 0, acknowledged: 0, staged: 0, process: 0, primary: 0, worker: 0 }
  let product: Product | undefined
  try {
    let hostKeys: unknown
    for (let round = 1; round <= rounds; round++) {
      const victim = victims[(round - 1) % victims.length] ?? 'process'
      const workers = victim === 'process' ? '1' : '2'
      const start = () => startProduct({ directory, env: { WORKERS: workers, LOG_LEVEL: 'warn' } })
      if (product) assert.equal(await product.stop(), 0)
      product = await start()
      hostKeys ??= await hostKeysOf(product)
      const username = `user${round}`
      const home = await prepareUser(product, username)
      const writers = await openWriters(product, username)
      const acknowledged: Acknowledged = new Map()
      const stop = new AbortController()
      const work = writers.map((writer) => writer.run(acknowledged, stop.signal))
      await waitUntil('uploads under way', async () => (await stagedIn(home)).length >= 3)
      await delay(Math.random() * longestWaitMs)
      if (victim === 'worker') await killOneWorker(product)
      else {
        const children = await workersOf(product)
        await product.stop('SIGKILL')
        await waitUntil('its workers are gone', () => !children.some(isRunning), 5_000)
        totals.staged += (await stagedIn(home)).length
      }
      stop.abort()
      await allEnd(work)
      for (const writer of writers) writer.end()
      if (victim !== 'worker') product = await start()
      totals.files += await checkFiles(home, acknowledged)
      await waitUntil('no staged file is left', async () => (await stagedIn(home)).length === 0, 10_000)
      await quotaIsTrue(product, username, 10_000)
      await canGoOn(product, username)
      assert.deepEqual(await hostKeysOf(product), hostKeys)
      totals.acknowledged += acknowledged.size
      totals[victim]++
      await rm(home, { recursive: true })
    }
    assert.ok(totals.acknowledged > 0, 'no upload ended before its server was killed')
    assert.ok(totals.staged > 0, 'no kill hit an upload under way')
    t.diagnostic(`${rounds} rounds, ${JSON.stringify(totals)}`)
  } finally {
    await product?.stop('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
})

/** With files that are counted and will be overwritten. */
async function prepareUser(product: Product, username: string): Promise<string> {
  await product.addUser(username)
  const home = product.homeOf(username)
  await mkdir(home, { recursive: true })
  using client = await openTransferClient('SFTP', placeOf(product), username)
  for (const name of originals) await client.put(`/${name}`, version(1))
  return home
}

async function killOneWorker(product: Product): Promise<void> {
  const workers = await workersOf(product)
  const victim = workers[Math.floor(Math.random() * workers.length)]
  assert.ok(victim)
  process.kill(victim, 'SIGKILL')
  let seen: readonly number[] = []
  await waitUntil(
    'another worker in its place',
    async () => {
      seen = await workersOf(product)
      return seen.length === workers.length && !seen.includes(victim)
    },
    30_000,
  ).catch((error: unknown) => {
    const log = product.log.slice(-5).join('\n')
    throw new Error(`killed ${victim} of ${workers.join()}, now ${seen.join()}\n${log}`, { cause: error })
  })
}

/** Each sees the end of its connections, whatever these were at. */
async function allEnd(work: readonly Promise<void>[]): Promise<void> {
  const late = delay(30_000, undefined, { ref: false }).then(() =>
    assert.fail('a client still waits for its server'),
  )
  await Promise.race([Promise.all(work), late])
}

async function canGoOn(product: Product, username: string): Promise<void> {
  await waitUntil('an upload that is taken', async () => {
    using client = await openTransferClient('SFTP', placeOf(product), username)
    await client.put('/after', version(3))
    return (await client.get('/after')).equals(version(3))
  })
}

async function hostKeysOf(product: Product): Promise<unknown> {
  const state = join(product.directory, 'state')
  const names = ['id_rsa', 'id_ecdsa', 'id_ed25519']
  return {
    files: await Promise.all(names.map((name) => readFile(join(state, name), 'utf8'))),
    shown: await hostKeyFingerprint(product.sftpPort),
  }
}
