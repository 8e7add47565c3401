import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { amount } from '../support/amount.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { nothingIsLeft, type ProcessState, stateOf } from '../support/process-state.ts'
import { type Product, startProduct } from '../support/product.ts'
import { transferProtocols } from '../support/transfer-clients.ts'
import { placeOf } from '../faults/crash-writers.ts'
import { forEachIndex, openSessions, signInOften, transferUntil } from './sessions.ts'

/** Of SFTP, and as many of FTPS. */
const sessions = amount('LOAD_SESSIONS', { short: 40, long: 1000 })
const transferring = amount('LOAD_TRANSFERS', { short: 16, long: 64 })
const transferSeconds = amount('LOAD_SECONDS', { short: 2, long: 60 })
const loginsPerSecond = amount('LOGINS_PER_SECOND', { short: 15, long: 100 })
const loginSeconds = amount('LOGIN_SECONDS', { short: 2, long: 60 })

describe('many clients at once', { concurrency: 1 }, () => {
  let product: Product
  let quiet: ProcessState
  before(async () => {
    product = await startProduct({ env: { MAX_CONNECTIONS: '0', LOG_LEVEL: 'warn' } })
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
    const clients = await openSessions(placeOf(product), 'ann', { SFTP: 1, FTPS: 1 })
    for (const client of clients) {
      await transferUntil(client, `warm-${client.protocol}`, oncePassed(), 100_000)
      client[Symbol.dispose]()
    }
    await nothingIsLeft(product, { descriptors: Infinity, memory: 0 })
    quiet = await stateOf(product.pid)
  })
  after(() => product[Symbol.asyncDispose]())

  test('SFTP and FTPS sessions by the hundred stay while some of them move files, and leave nothing', async (t) => {
    const place = placeOf(product)
    const clients = await openSessions(place, 'ann', { SFTP: sessions, FTPS: sessions })
    const { body } = await product.api('GET', '/connections')
    assert.equal((body as unknown[]).length, 2 * sessions)
    const full = await stateOf(product.pid)
    const until = performance.now() + transferSeconds * 1000
    const isOver = () => performance.now() > until
    const busy = clients.filter((_, index) => index % Math.floor(clients.length / transferring) === 0)
    const counts = await Promise.all(
      busy
        .slice(0, transferring)
        .map((client, index) => transferUntil(client, `busy-${index}`, isOver, 1_000_000)),
    )
    // Those that did nothing meanwhile are as good as ever.
    await forEachIndex(Math.ceil(clients.length / 10), 8, async (index) => {
      assert.ok((await clients[index * 10]?.list('/'))?.includes('busy-0'))
    })
    for (const client of clients) client[Symbol.dispose]()
    await nothingIsLeft(product, quiet, 60_000)
    await quotaIsTrue(product, 'ann')
    const transfers = counts.reduce((sum, count) => sum + count, 0)
    t.diagnostic(
      `${clients.length} sessions, ${counts.length} transferring: ${transfers} transfers in ${transferSeconds} s; ` +
        `${Math.round((full.memory - quiet.memory) / clients.length / 1024)} KiB for a session`,
    )
  })

  test('logins in quick succession over every protocol all succeed and leave nothing', async (t) => {
    const logins = await signInOften(placeOf(product), 'ann', {
      perSecond: loginsPerSecond,
      seconds: loginSeconds,
      protocols: transferProtocols,
    })
    assert.deepEqual(logins.failures.slice(0, 3), [])
    await nothingIsLeft(product, quiet, 60_000)
    t.diagnostic(`${loginsPerSecond} a second asked for, ${JSON.stringify(logins)}`)
  })
})

/** False once, so that what waits for it has one round. */
function oncePassed(): () => boolean {
  let asked = 0
  return () => asked++ > 0
}
