import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { quotaIsTrue } from '../../support/disk-truth.ts'
import { relayAll } from '../../support/hostile-relay.ts'
import { nothingIsLeft, stateOf } from '../../support/process-state.ts'
import { startProduct } from '../../support/product.ts'
import { openTransferClient, transferProtocols } from '../../support/transfer-clients.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { placeOf } from '../crash-writers.ts'

/**
 * All protocols give up a client that is silent in the middle of a transfer after two minutes or little more. Over HTTP
 * the upload stays, to be gone on with, as long as its session.
 */
const givenUpWithinMs = 240_000
const original = Buffer.alloc(50_000, 1)
const host = '127.0.0.9'

interface Connected {
  readonly protocol: string
  readonly connection_id: string
  readonly active_transfers?: readonly unknown[]
}

test('clients that vanish in the middle of an upload are given up, and leave the original and nothing else', async () => {
  await using product = await startProduct()
  await product.addUser('ann')
  const home = product.homeOf('ann')
  await mkdir(home, { recursive: true })
  const place = placeOf(product)
  const httpPort = Number(new URL(product.httpUrl).port)
  const ports = [product.sftpPort, product.ftpPort, httpPort, ...product.passivePorts]
  await using relays = await relayAll(ports, host)
  for (const protocol of transferProtocols) {
    using client = await openTransferClient(protocol, place, 'ann')
    await client.put(`/${protocol}`, original)
  }
  await nothingIsLeft(product, { descriptors: Infinity, memory: 0 })
  const quiet = await stateOf(product.pid)
  const far = { ...place, host, httpUrl: product.httpUrl.replace('127.0.0.1', host) }
  const clients = await Promise.all(
    transferProtocols.map((protocol) => openTransferClient(protocol, far, 'ann')),
  )
  const work = clients.map((client) =>
    client.put(`/${client.protocol}`, Buffer.alloc(200_000_000, 2)).catch(() => {}),
  )
  await waitUntil('uploads of all', async () => {
    const staged = (await readdir(home)).filter((name) => name.endsWith('.part'))
    return staged.length === clients.length
  })
  relays.become({ isFrozen: true })
  const transferring = async () => {
    const { body } = await product.api('GET', '/connections')
    return (body as Connected[]).filter(({ active_transfers: transfers = [] }) => transfers.length > 0)
  }
  const isOver = async () => (await transferring()).every(({ protocol }) => protocol === 'HTTP')
  await waitUntil('the end of the last transfer but that over HTTP', isOver, givenUpWithinMs, 1_000)
  const [waiting] = await transferring()
  assert.ok(waiting)
  await product.api('DELETE', `/connections/${waiting.connection_id}`)
  await waitUntil('no staged file', async () => (await readdir(home)).length === clients.length)
  relays.resetAll()
  await Promise.all(work)
  for (const client of clients) client[Symbol.dispose]()
  await nothingIsLeft(product, quiet, 60_000)
  for (const protocol of transferProtocols) {
    using client = await openTransferClient(protocol, place, 'ann')
    assert.ok((await client.get(`/${protocol}`)).equals(original), protocol)
  }
  await quotaIsTrue(product, 'ann')
})
