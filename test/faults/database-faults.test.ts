import assert from 'node:assert/strict'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { amount } from '../support/amount.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { startPostgresCluster } from '../support/postgres-cluster.ts'
import { type Product, startProduct } from '../support/product.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'
import { Trespassers } from './trespassers.ts'

const outages = amount('DATABASE_OUTAGES', { short: 1, long: 20 })
const downMs = 1_000
const content = Buffer.alloc(100_000, 7)

test('while another process holds the lock of SQLite files are served, changes wait or are refused, and no session ends', async () => {
  await using product = await startProduct()
  await addUser(product, 'ann')
  const place = placeOf(product)
  using session = await openTransferClient('SFTP', place, 'ann')
  await session.put('/before', content)
  const target = { host: '127.0.0.1', port: product.sftpPort, username: 'ann', password: '', keyFile: '' }
  using uploader = await connectSftp(
    { ...target, hostKeyFingerprint: '', scratch: '' },
    { password: 'ann-password' },
  )
  const upload = await uploader.open('/while', 'w')
  // The product may be writing in that moment.
  using holder = new DatabaseSync(product.databaseFile, { timeout: 5_000 })
  holder.exec('begin exclusive')
  const waiting = product.api('POST', '/users', newUserBody('patient'))
  await delay(500)
  holder.exec('rollback')
  assert.equal((await waiting).status, 201)

  // Longer than the 3 s that changes wait for the lock.
  holder.exec('begin exclusive')
  const refusedAfter = performance.now()
  assert.equal((await product.api('POST', '/users', newUserBody('late'))).status, 503)
  assert.ok(performance.now() - refusedAfter < 8_000, 'the refusal came late')
  for (const protocol of transferProtocols) {
    using client = await openTransferClient(protocol, place, 'ann')
    assert.ok((await client.get('/before')).equals(content), protocol)
  }
  await uploader.write(upload, 0, Buffer.from('bytes'))
  await uploader.close(upload)
  assert.equal((await session.get('/while')).toString(), 'bytes')
  await assert.rejects(openTransferClient('SFTP', place, 'ann', 'wrong'))
  holder.exec('rollback')
  assert.equal((await product.api('POST', '/users', newUserBody('late'))).status, 201)
  await session.put('/after', content)
  await quotaIsTrue(product, 'ann')
})

test('PostgreSQL that stops and starts under load lets nobody in who may not, and is used again without a restart', async (t) => {
  await using cluster = await startPostgresCluster()
  await using product = await startProduct({ env: { DATABASE_URL: await cluster.createDatabase() } })
  await addUser(product, 'ann')
  const place = placeOf(product)
  using session = await openTransferClient('SFTP', place, 'ann')
  await session.put('/kept', content)
  await using trespassers = await Trespassers.begin(product)
  const seen = { signIns: 0, refusals: 0, transfers: 0 }
  let isOver = false
  const load = transferProtocols.map(async (protocol) => {
    while (!isOver) {
      try {
        using client = await openTransferClient(protocol, place, 'ann')
        seen.signIns++
        assert.ok((await client.get('/kept')).equals(content), protocol)
        await client.put(`/load-${protocol}`, content)
        seen.transfers++
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        seen.refusals++
        await delay(20)
      }
    }
  })
  for (let outage = 0; outage < outages; outage++) {
    await cluster.stop()
    const until = performance.now() + downMs
    // Who is in goes on reading; nobody comes in, not even with the right password.
    while (performance.now() < until) assert.ok((await session.get('/kept')).equals(content))
    await cluster.start()
    const { signIns } = seen
    await waitUntil(
      'sign-ins over all protocols',
      () => seen.signIns > signIns + transferProtocols.length,
      20_000,
    )
  }
  isOver = true
  await Promise.all(load)
  const tried = await trespassers.end()
  await session.put('/after', content)
  await quotaIsTrue(product, 'ann')
  assert.ok(seen.refusals > 0, 'no outage was felt')
  t.diagnostic(`${outages} outages, ${JSON.stringify({ ...seen, trespasses: tried })}`)
})

test('a corrupt SQLite file lets nobody in who may not, and is used again once the right bytes are back', async (t) => {
  await using product = await startProduct()
  await addUser(product, 'ann')
  const place = placeOf(product)
  using session = await openTransferClient('SFTP', place, 'ann')
  await session.put('/kept', content)
  await using trespassers = await Trespassers.begin(product)
  const file = product.databaseFile
  const canSignIn = () =>
    openTransferClient('SFTP', place, 'ann').then(
      (client) => {
        client[Symbol.dispose]()
        return true
      },
      () => false,
    )
  const restore = await corrupt(file)
  await waitUntil('a sign-in that is refused', async () => {
    touch(file)
    return !(await canSignIn())
  })
  assert.ok((await session.get('/kept')).equals(content), 'who is in goes on')
  const healthy = await fetch(`${product.httpUrl}/healthz`)
  assert.equal(healthy.status, 200)
  await trespassers.nextRound()
  await restore()
  await waitUntil('a sign-in that is taken', async () => {
    touch(file)
    return canSignIn()
  })
  const tried = await trespassers.end()
  t.diagnostic(`trespasses ${tried}`)
})

test('a product does not start on a SQLite file that is none, says so, and leaves the file as it is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'database-'))
  try {
    await mkdir(join(directory, 'state'))
    const rubbish = Buffer.alloc(8192, 'no database ')
    const file = join(directory, 'state', 'sftpgo-plugin.db')
    await writeFile(file, rubbish)
    await assert.rejects(startProduct({ directory }), /not a database[^]*start failed/)
    assert.ok((await readFile(file)).equals(rubbish))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

async function addUser(product: Product, username: string): Promise<void> {
  await product.addUser(username)
  await mkdir(product.homeOf(username), { recursive: true })
}

function newUserBody(username: string) {
  return { username, password: 'long-enough-password', status: 1, permissions: { '/': ['*'] } }
}

/** Another process has written: pages that the product remembers are read anew. */
function touch(file: string): void {
  using database = new DatabaseSync(file, { timeout: 2_000 })
  database.exec(`pragma user_version = ${Math.floor(Math.random() * 1e6)}`)
}

/** Puts rubbish over every page but the first. @returns what puts the right bytes back */
async function corrupt(file: string): Promise<() => Promise<void>> {
  {
    using database = new DatabaseSync(file, { timeout: 2_000 })
    database.exec('pragma wal_checkpoint(truncate)')
  }
  const right = await readFile(file)
  const overwrite = async (bytes: Buffer) => {
    await using handle = await open(file, 'r+')
    await handle.write(bytes, 0, bytes.length, 4096)
    await handle.sync()
  }
  await overwrite(Buffer.alloc(right.length - 4096, 0xa5))
  return () => overwrite(right.subarray(4096))
}
