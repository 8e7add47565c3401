import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { PassThrough } from 'node:stream'
import { connect as connectTls, TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { makeCertificate } from '../../../test/support/certificates.ts'
import { type ClientHello, parseClientHello, peekClientHello, seenClientHello } from './client-hello.ts'
import { type CertificateSource, TicketReader, TlsIdentity } from './tls-identity.ts'

const pair = await makeCertificate('localhost')
const certificates: CertificateSource = { ticketKeys: randomBytes(48), credentialsFor: () => pair }
const tickets = new TicketReader(certificates.ticketKeys)
const forever = new AbortController().signal

/** A server that looks at each ClientHello and then answers with the context that `identityFor` gives. */
async function openServer(identityFor: () => TlsIdentity) {
  const seen: { hello: ClientHello | undefined; isResumed: boolean }[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    void peekClientHello(socket, forever).then((hello) => {
      const secured = new TLSSocket(socket, { isServer: true, secureContext: identityFor().context })
      secured.on('error', () => {})
      secured.on('secure', () => {
        seen.push({ hello, isResumed: secured.isSessionReused() })
        secured.end('hello')
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function visit(port: number, options: { maxVersion: 'TLSv1.2' | 'TLSv1.3'; session?: Buffer }) {
  let session: Buffer | undefined
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: 'a.example',
    rejectUnauthorized: false,
    ...options,
  })
  socket.on('session', (newest) => (session = newest))
  socket.resume()
  await once(socket, 'end')
  socket.destroy()
  return session
}

describe('a ticket tells whose it is', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(maxVersion, async () => {
      const [mine, other] = [
        new TlsIdentity(certificates, undefined),
        new TlsIdentity(certificates, undefined),
      ]
      let current = mine
      using server = await openServer(() => current)
      const session = await visit(server.port, { maxVersion })
      assert.ok(session)
      await visit(server.port, { maxVersion, session })
      current = other
      await visit(server.port, { maxVersion, session })
      const identities = server.seen.map(({ hello }) => hello && tickets.identityOf(hello))
      assert.deepEqual(identities, [undefined, mine.id, mine.id])
      // The last one came to somebody else's context, where it is worth nothing.
      assert.deepEqual(
        server.seen.map(({ isResumed }) => isResumed),
        [false, true, false],
      )
      assert.equal(server.seen[0]?.hello?.serverName, 'a.example')
    })
  }
})

test('a ticket that is changed anywhere, or sealed by another server, tells nothing', async () => {
  using server = await openServer(() => identity)
  const identity = new TlsIdentity(certificates, undefined)
  const session = await visit(server.port, { maxVersion: 'TLSv1.2' })
  assert.ok(session)
  await visit(server.port, { maxVersion: 'TLSv1.2', session })
  const ticket = server.seen[1]?.hello?.tickets[0]
  assert.ok(ticket)
  const read = (bytes: Buffer, reader = tickets) =>
    reader.identityOf({ serverName: undefined, tickets: [bytes] })
  assert.equal(read(ticket), identity.id)
  assert.equal(read(ticket, new TicketReader(randomBytes(48))), undefined)
  for (let at = 0; at < ticket.length; at += 7) {
    const changed: Buffer = Buffer.from(ticket)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(read(changed), undefined, `byte ${at}`)
  }
  assert.equal(read(ticket.subarray(0, -16)), undefined)
})

test('a ClientHello is read however it is cut, and no bytes at all are an error', async () => {
  const hello = await captureHello()
  for (let length = 0; length < hello.length; length++)
    assert.equal(parseClientHello(hello.subarray(0, length)), undefined, `${length} bytes`)
  assert.deepEqual(parseClientHello(hello), { serverName: 'b.example', tickets: [] })
  assert.equal(parseClientHello(Buffer.from('GET / HTTP/1.1')), 'other')
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(hello)
      changed[at] = value
      parseClientHello(changed)
    }),
    { numRuns: 2000 },
  )
})

test('a ClientHello in records of one byte, sent in small pieces, is read in no time', async () => {
  const hello = await captureHello()
  const socket = new PassThrough()
  const peeked = peekClientHello(socket as unknown as Socket, AbortSignal.timeout(10_000))
  const wire = inRecordsOfOneByte(hello)
  for (let at = 0; at < wire.length; at += 7) socket.write(wire.subarray(at, at + 7))
  assert.deepEqual(await peeked, { serverName: 'b.example', tickets: [] })
  // All of it is there again for who reads next, in as many pieces as it likes.
  const rest: Buffer = (socket.read() as Buffer | null) ?? Buffer.alloc(0)
  assert.deepEqual(rest.subarray(0, wire.length), wire)
})

test('a ClientHello that was looked at is known as long as its connection is there', async () => {
  const socket = new PassThrough() as unknown as Socket
  assert.equal(seenClientHello(socket), undefined)
  const peeked = peekClientHello(socket, AbortSignal.timeout(10_000))
  socket.write(await captureHello())
  assert.equal(seenClientHello(socket), await peeked)
  assert.ok(await peeked)
  socket.destroy()
  assert.equal(seenClientHello(socket), undefined)

  const other = new PassThrough() as unknown as Socket
  const none = peekClientHello(other, AbortSignal.timeout(10_000))
  other.write('GET / HTTP/1.1')
  assert.equal(await none, undefined)
  assert.equal(seenClientHello(other), undefined)
})

test('a ClientHello that never ends does not keep the server from its work', async () => {
  const endless = Buffer.alloc(10_800)
  endless.set([1, 0, 0xea, 0x60])
  const wire = inRecordsOfOneByte(endless)
  const socket = new PassThrough({ highWaterMark: wire.length })
  const peeked = peekClientHello(socket as unknown as Socket, AbortSignal.timeout(10_000))
  const began = performance.now()
  const pieces = 40
  for (let piece = 0; piece < pieces; piece++) {
    socket.write(wire.subarray((wire.length * piece) / pieces, (wire.length * (piece + 1)) / pieces))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const elapsedMs = performance.now() - began
  assert.ok(elapsedMs < 1500, `${elapsedMs} ms`)
  socket.write(Buffer.alloc(4096, inRecordsOfOneByte(Buffer.alloc(1))))
  assert.equal(await peeked, undefined)
})

function inRecordsOfOneByte(message: Buffer): Buffer {
  const bytes = message[0] === 22 ? message.subarray(5) : message
  return Buffer.concat([...bytes].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte])))
}

async function captureHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const raw = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  const client = connectTls({ socket: raw, servername: 'b.example' })
  client.on('error', () => {})
  const [bytes] = (await once(accepted, 'data')) as [Buffer]
  client.destroy()
  accepted.destroy()
  server.close()
  return bytes
}
