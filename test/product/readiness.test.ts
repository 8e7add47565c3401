import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startPostgresCluster } from '../support/postgres-cluster.ts'
import { type Product, startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

type Answer = readonly [status: number, body: unknown]

const ready: Answer = [200, { is_ready: true, failed: [] }]

async function askReady(url: string): Promise<Answer> {
  const answer = await fetch(`${url}/readyz`)
  return [answer.status, await answer.json()]
}

const askBoth = async (product: Product) =>
  [await askReady(`http://${product.addresses.metrics}`), await askReady(product.httpUrl)] as const

/** As told on both ports, which have to agree. */
async function readinessOf(product: Product): Promise<Answer> {
  const [own, web] = await askBoth(product)
  assert.deepEqual(own, web)
  return own
}

/** A change may come between the two questions: it is there when both ports tell it. */
function bothTell(product: Product, status: number): Promise<true> {
  return waitUntil(`${status} on both ports`, async () =>
    (await askBoth(product)).every(([told]) => told === status),
  )
}

const healthCheck = join(import.meta.dirname, '../../docker/healthcheck.mjs')

async function containerCheck(product: Product) {
  const port = new URL(product.httpUrl).port
  return runProgram(process.execPath, [healthCheck], { env: { HTTP_PORT: port, LISTEN_HOST: '127.0.0.1' } })
}

for (const workers of ['1', '2'])
  test(`a server with WORKERS=${workers} is ready once its ports are open, and not while its storages are away`, async () => {
    await using product = await startProduct({ env: { WORKERS: workers } })
    assert.deepEqual(await readinessOf(product), ready)
    assert.equal((await containerCheck(product)).exitCode, 0)
    await rename(product.storagesDirectory, `${product.storagesDirectory}-away`)
    await bothTell(product, 503)
    assert.deepEqual((await readinessOf(product))[1], { is_ready: false, failed: ['storages'] })
    const check = await containerCheck(product)
    assert.equal(check.exitCode, 1)
    assert.match(check.stderr, /storages/)
    assert.equal(await (await fetch(`${product.httpUrl}/healthz`)).text(), 'ok')
    await rename(`${product.storagesDirectory}-away`, product.storagesDirectory)
    await bothTell(product, 200)
  })

test('a database that does not answer is told, and one that is back as well', async () => {
  await using cluster = await startPostgresCluster()
  await using product = await startProduct({ env: { DATABASE_URL: await cluster.createDatabase() } })
  assert.deepEqual(await readinessOf(product), ready)
  await cluster.stop()
  await bothTell(product, 503)
  assert.deepEqual((await readinessOf(product))[1], { is_ready: false, failed: ['database'] })
  await cluster.start()
  await bothTell(product, 200)
})

test('from SIGTERM on the answer is no, while a transfer that runs goes on', async () => {
  await using world = await SshWorld.open()
  const user = await world.addUser()
  const session = await connectSftp(user.target)
  const handle = await session.open('/f', 'w')
  await session.write(handle, 0, Buffer.from('content'))
  const url = `http://${world.product.addresses.metrics}`
  assert.deepEqual(await askReady(url), ready)
  const ended = world.product.stop('SIGTERM')
  await waitUntil('the signal is there', () => world.product.log.some((line) => line.includes('stopping')))
  assert.deepEqual(await askReady(url), [503, { is_ready: false, failed: ['stopping'] }])
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  await session.close(handle)
  session.destroy()
  assert.equal(await ended, 0)
})
