import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ProductStart } from '../support/product-start.ts'

/** Less than the five seconds after which a silent database server is given up. */
const atOnceMs = 3_000

describe('a start that is told to stop while PostgreSQL is away ends at once with 0', () => {
  test('when its connections are refused', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    await stoppedStart(port, (start) => start.line('"retryMs":2000'))
  })

  test('when it takes connections and says nothing', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
    }).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      await stoppedStart((server.address() as AddressInfo).port, () => once(server, 'connection'))
    } finally {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  })
})

async function stoppedStart(port: number, moment: (start: ProductStart) => Promise<unknown>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stopped-start-'))
  try {
    using start = await ProductStart.begin(directory, { DATABASE_URL: `postgres://u:p@127.0.0.1:${port}/d` })
    await moment(start)
    const toldAt = performance.now()
    start.kill('SIGTERM')
    assert.equal(await start.end(45_000), 0)
    const tookMs = performance.now() - toldAt
    assert.ok(tookMs < atOnceMs, `${tookMs} ms`)
    assert.ok(!start.log.some((line) => line.includes('"msg":"start failed"')), start.log.join('\n'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
