import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { amount } from '../support/amount.ts'
import { quotaIsTrue } from '../support/disk-truth.ts'
import { type HostileRelays, relayAll } from '../support/hostile-relay.ts'
import { nothingIsLeft, type ProcessState, stateOf } from '../support/process-state.ts'
import { type Product, startProduct } from '../support/product.ts'
import { openTransferClient, type TransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { waitUntil } from '../support/wait-until.ts'
import { placeOf } from './crash-writers.ts'

const rounds = amount('NETWORK_ROUNDS', { short: 2, long: 40 })
const slowClients = amount('SLOW_CLIENTS', { short: 10, long: 100 })
const slowSeconds = amount('SLOW_SECONDS', { short: 3, long: 60 })
/** Another address than the product's, so that its ports can be the same. */
const relayHost = '127.0.0.9'
const content = randomBytes(400_000)

describe('a network that goes wrong', { concurrency: 1 }, () => {
  let product: Product
  let relays: HostileRelays
  let quiet: ProcessState
  before(async () => {
    product = await startProduct({ env: { IDLE_TIMEOUT: '4', LOG_LEVEL: 'warn' } })
    await product.addUser('ann')
    await mkdir(product.homeOf('ann'), { recursive: true })
    const httpPort = Number(new URL(product.httpUrl).port)
    relays = await relayAll([product.sftpPort, product.ftpPort, httpPort, ...product.passivePorts], relayHost)
    // What is opened once and kept, for a certificate or the first transfer, is no leak.
    for (const client of await openAll()) {
      await client.put('/warm', content)
      assert.ok((await client.get('/warm')).equals(content))
      client[Symbol.dispose]()
    }
    await delay(500)
    quiet = await stateOf(product.pid)
  })
  after(async () => {
    await relays[Symbol.asyncDispose]()
    await product[Symbol.asyncDispose]()
  })

  function openAll(): Promise<TransferClient[]> {
    const httpUrl = product.httpUrl.replace('127.0.0.1', relayHost)
    const place = { ...placeOf(product), httpUrl, host: relayHost }
    return Promise.all(transferProtocols.map((protocol) => openTransferClient(protocol, place, 'ann')))
  }

  async function stillServes(): Promise<void> {
    using direct = await openTransferClient('SFTP', placeOf(product), 'ann')
    await direct.put('/still', content)
    assert.ok((await direct.get('/still')).equals(content))
  }

  test('connections that are reset in the middle leave no session and no descriptor', async (t) => {
    let cut = 0
    for (let round = 0; round < rounds; round++) {
      const clients = await openAll()
      let isOver = false
      const work = clients.map(async (client) => {
        while (!isOver) {
          await client.put(`/reset-${client.protocol}`, content)
          assert.ok((await client.get(`/reset-${client.protocol}`)).equals(content))
        }
      })
      await delay(50 + Math.random() * 300)
      relays.resetAll()
      isOver = true
      for (const outcome of await Promise.allSettled(work)) {
        // HTTP has a connection for each request, and may have had none in that moment.
        if (outcome.status === 'fulfilled') continue
        assert.ok(!(outcome.reason instanceof assert.AssertionError), String(outcome.reason))
        cut++
      }
      for (const client of clients) client[Symbol.dispose]()
    }
    assert.ok(cut >= rounds, `${cut} of ${rounds} rounds hit nobody`)
    await nothingIsLeft(product, quiet)
    await stillServes()
    await quotaIsTrue(product, 'ann')
    t.diagnostic(`${cut} clients reset`)
  })

  test('clients that vanish without a word are given up, and leave no session and no descriptor', async () => {
    const clients = await openAll()
    relays.become({ isFrozen: true })
    await stillServes()
    const sessions = async () =>
      ((await product.api('GET', '/connections')).body as { protocol: string }[]).filter(
        ({ protocol }) => protocol !== 'HTTP',
      )
    await waitUntil('their end', async () => (await sessions()).length === 0, 30_000, 200)
    for (const client of clients) client[Symbol.dispose]()
    relays.resetAll()
    relays.become({})
    await nothingIsLeft(product, quiet)
  })

  test('readers and writers of a byte a second hold up nobody and leave nothing', async (t) => {
    const ports = [product.sftpPort, product.ftpPort, Number(new URL(product.httpUrl).port)]
    const beginnings = [
      'SSH-2.0-slow client that takes its time\r\n',
      'USER somebody who types slowly\r\n',
      'GET /healthz HTTP/1.1\r\nHost: slow\r\n',
    ]
    const sockets = Array.from({ length: slowClients }, (_, index) => {
      const socket = connect({ port: ports[index % ports.length] ?? 0, host: '127.0.0.1' })
      socket.on('error', () => {})
      // A reader of a byte a second: what it leaves unread fills its buffers.
      socket.pause()
      const words = beginnings[index % beginnings.length] ?? ''
      let at = 0
      const timer = setInterval(() => {
        if (socket.writable) socket.write(words[at++ % words.length] ?? '')
        socket.read(1)
      }, 1000)
      socket.on('close', () => clearInterval(timer))
      return socket
    })
    const until = performance.now() + slowSeconds * 1000
    let served = 0
    while (performance.now() < until) {
      await stillServes()
      served++
    }
    for (const socket of sockets) socket.destroy()
    await nothingIsLeft(product, quiet)
    t.diagnostic(`${slowClients} slow clients, ${served} others served beside them`)
  })

  test('files are right over 200 ms of delay and 5 % of loss', async (t) => {
    relays.become({ delayMs: 100, loss: 0.05, resendMs: 300 })
    const clients = await openAll()
    // None waits for another one: it would be idle for longer than it may be.
    await Promise.all(
      clients.map(async (client) => {
        using own = client
        for (let round = 0; round < Math.ceil(rounds / 4); round++) {
          await own.put(`/far-${own.protocol}`, content)
          assert.ok((await own.get(`/far-${own.protocol}`)).equals(content), own.protocol)
        }
      }),
    )
    relays.become({})
    relays.resetAll()
    await nothingIsLeft(product, quiet)
    await quotaIsTrue(product, 'ann')
    t.diagnostic(`${Math.ceil(rounds / 4) * clients.length * 2} files`)
  })
})
