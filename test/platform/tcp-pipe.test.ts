import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '../support/fake-thinger/platform-fixture.ts'
import { tcpPipe, type TcpPipe, type TcpPipeOptions } from '../support/tcp-pipe.ts'

type World = AsyncDisposable & { readonly pipe: TcpPipe; readonly accepted: Socket[]; dial(): Socket }

async function startWorld(
  serve: (socket: Socket) => void,
  options: Partial<TcpPipeOptions> = {},
): Promise<World> {
  const accepted: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const pipe = await tcpPipe({ target, ...options })
  const dialled: Socket[] = []
  return {
    pipe,
    accepted,
    dial() {
      const socket = connect({ port: pipe.port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', () => {})
      dialled.push(socket)
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...dialled, ...accepted]) socket.destroy()
      await pipe[Symbol.asyncDispose]()
      server.close()
    },
  }
}

describe('tcp pipe', () => {
  it('carries bytes unchanged both ways', async () => {
    await using world = await startWorld((socket) => void socket.pipe(socket))
    const sent = randomBytes(3_000_000)
    const client = world.dial()
    const received: Buffer[] = []
    client.on('data', (chunk: Buffer) => received.push(chunk))
    client.write(sent)
    await waitUntil(() => received.reduce((sum, chunk) => sum + chunk.length, 0) === sent.length)
    assert.ok(Buffer.concat(received).equals(sent))
  })

  it('makes all clients come from one and the same address', async () => {
    await using world = await startWorld(() => {})
    world.dial()
    world.dial()
    await waitUntil(() => world.accepted.length === 2)
    assert.deepEqual(
      world.accepted.map((socket) => socket.remoteAddress),
      ['127.0.0.2', '127.0.0.2'],
    )
    assert.equal(world.pipe.connections, 2)
  })

  it('lets no half-close survive', async () => {
    await using world = await startWorld((socket) => {
      socket.resume()
      socket.on('end', () => setTimeout(() => socket.writable && socket.end('too late'), 50))
    })
    const client = world.dial()
    client.end('request')
    assert.equal((await buffer(client)).toString(), '')
    await waitUntil(() => world.pipe.connections === 0)
  })

  it('delivers all bytes of a target that ends, then closes both sides', async () => {
    const sent = randomBytes(2_000_000)
    await using world = await startWorld((socket) => void socket.end(sent))
    const client = world.dial()
    assert.ok((await buffer(client)).equals(sent))
    await waitUntil(() => world.accepted[0]?.destroyed === true || world.pipe.connections === 0)
  })

  it('closes the client when the target cannot be reached', async () => {
    await using world = await startWorld(() => {})
    await using pipe = await tcpPipe({ target: { host: '127.0.0.1', port: 1 } })
    assert.ok(world)
    const client = connect(pipe.port, '127.0.0.1').resume()
    client.on('error', () => {})
    await once(client, 'close')
    assert.equal(pipe.connections, 0)
  })

  it('delays every chunk by the same time, in order, without holding up the next', async () => {
    const delayMs = 60
    await using world = await startWorld((socket) => void socket.pipe(socket), { delayMs })
    const client = world.dial()
    await once(client, 'connect')
    let received = ''
    client.on('data', (chunk: Buffer) => (received += chunk.toString()))
    const startedAt = performance.now()
    const expected = Array.from({ length: 20 }, (_, index) => `chunk ${index};`)
    for (const chunk of expected) {
      client.write(chunk)
      await delay(2)
    }
    await waitUntil(() => received.length === expected.join('').length)
    const durationMs = performance.now() - startedAt
    assert.equal(received, expected.join(''))
    assert.ok(durationMs >= 2 * delayMs - 2, `${durationMs} ms`)
    assert.ok(durationMs < 10 * delayMs, `${durationMs} ms`)
  })

  for (const delayMs of [0, 5]) {
    it(`stops the sender when the receiver does not read, with a delay of ${delayMs} ms`, async () => {
      const chunk = Buffer.alloc(1 << 20)
      let taken = 0
      await using world = await startWorld(
        (socket) => {
          const more = (): void => {
            taken += chunk.length
            if (taken < 256 << 20) socket.write(chunk, (error) => (error ? undefined : more()))
          }
          more()
        },
        { delayMs },
      )
      const client = world.dial().pause()
      assert.ok(client)
      let before = -1
      while (before !== taken) {
        before = taken
        await delay(100)
      }
      assert.ok(taken > 1 << 20 && taken < 64 << 20, `${taken} bytes went on their way`)
    })
  }

  it('cuts both sides after the given number of bytes', async () => {
    await using world = await startWorld((socket) => socket.resume(), { killAfterBytes: 100_000 })
    const client = world.dial().resume()
    client.write(Buffer.alloc(99_999))
    await waitUntil(() => world.accepted[0]?.bytesRead === 99_999)
    assert.equal(world.pipe.connections, 1)
    client.write('x')
    await once(client, 'end')
    assert.equal(world.pipe.connections, 0)
  })
})
