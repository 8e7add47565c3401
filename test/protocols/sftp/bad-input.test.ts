import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { initialWindow } from '../../../src/protocols/sftp/receive-window.ts'
import { FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { statusCode } from '../../../src/protocols/sftp/sftp-status.ts'
import { farewellOf, openSftpWorld, RawSftp, type SftpWorld } from '../../support/sftp-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

async function stillServes(world: SftpWorld): Promise<void> {
  const sftp = await world.openSftp()
  assert.equal(await sftp.status(packetType.stat, (fields) => fields.text('/none')), statusCode.noSuchFile)
}

const stat = new FieldWriter(packetType.stat).uint32(1).text('/').packet()
const init = new FieldWriter(packetType.init).uint32(3).packet()
const length = (bytes: number) =>
  Buffer.from([bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes, 17, 0, 0, 0, 1])

test('ends one connection, with a reason, when the stream of packets cannot be followed', async () => {
  await using world = await openSftpWorld()
  for (const [bytes, reason] of [
    [stat, /request before INIT/],
    [Buffer.concat([init, init]), /more than one INIT/],
    [Buffer.concat([init, length(0)]), /Bad packet length/],
    [Buffer.concat([init, length(0xffff_ffff)]), /Bad packet length/],
    [Buffer.concat([init, length(40_000)]), /too long/],
    [Buffer.concat([init, Buffer.from([0, 0, 0, 3, 17, 0, 0])]), /without an id/],
    [Buffer.from([0, 0, 0, 2, 1, 0]), /malformed INIT/],
  ] as const) {
    const client = await world.connect()
    const farewell = farewellOf(client)
    const sftp = await RawSftp.openSilently(client)
    sftp.channel.write(bytes)
    assert.match(await farewell, reason)
  }
  await stillServes(world)
})

test('answers every request with rubbish in it by a status and goes on', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), 'text')
  const sftp = await world.openSftp()
  const types = Array.from({ length: 18 }, (_, i) => i + 3).filter((type) => type !== packetType.write)
  const request = fc.record({
    type: fc.constantFrom(...types, packetType.extended, 42),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('/file', '/', 'copy-data', 'limits@openssh.com', '\0')
        .map((text) => new FieldWriter(0).text(text).uint32(1).uint32(0xffff_ffff).packet().subarray(5)),
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (requests) => {
      const replies = requests.map(({ type, body }) => sftp.request(type, (fields) => fields.raw(body)))
      for (const reply of await Promise.all(replies)) assert.ok(reply.type >= 101)
    }),
    { interruptAfterTimeLimit: 1_500, numRuns: 60 },
  )
})

test('answers a WRITE whose lengths do not add up by a status and goes on', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const broken = await sftp.status(packetType.write, (fields) => fields.uint32(9).uint32(1).uint64(0))
  assert.equal(broken, statusCode.badMessage)
  const after = await sftp.status(packetType.stat, (fields) => fields.text('/none'))
  assert.equal(after, statusCode.noSuchFile)
})

test('ends the connection of a client that sends more than its window', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const farewell = farewellOf(client)
  const sftp = await RawSftp.openSilently(client)
  const { outgoing } = sftp.channel as unknown as { outgoing: { window: number } }
  outgoing.window = Infinity
  // An unfinished WRITE keeps what it has: nothing of it comes back to the window.
  const header = new FieldWriter(packetType.write).uint32(1).uint32(4).uint32(1).uint64(0).uint32(260_000)
  sftp.channel.write(init)
  for (let i = 0; i < 20; i++) {
    const packet = Buffer.concat([header.packet(), Buffer.alloc(260_000)])
    packet.writeUInt32BE(packet.length - 4, 0)
    sftp.channel.write(packet)
  }
  assert.match(await farewell, /More data than the window allows/)
  await stillServes(world)
})

/** Uploads until the client may send more at once than at first. */
async function growWindow(sftp: RawSftp): Promise<void> {
  const { outgoing } = sftp.channel as unknown as { outgoing: { window: number } }
  const handle = await sftp.open('/upload', 0x2 | 0x8 | 0x10)
  for (let i = 0; i < 60; i++)
    assert.equal(await sftp.write(handle, i * 32_000, Buffer.alloc(32_000)), statusCode.ok)
  await waitUntil('a larger window', () => outgoing.window > initialWindow)
}

for (const second of ['subsystem', 'exec'] as const)
  test(`ends the connection of a client that asks for a second program (${second}) on one channel`, async () => {
    // Enough for one window to grow.
    await using world = await openSftpWorld({ windowBudgetBytes: initialWindow })
    const client = await world.connect()
    const farewell = farewellOf(client)
    const sftp = await RawSftp.open(client)
    await growWindow(sftp)
    const { id } = (sftp.channel as unknown as { outgoing: { id: number } }).outgoing
    const { _protocol: protocol } = client as unknown as {
      _protocol: Record<typeof second, (channel: number, program: string, wantsReply: boolean) => void>
    }
    protocol[second](id, second === 'exec' ? 'pwd' : 'sftp', true)
    // What is answered after it shows that it was let pass.
    client.subsys('sftp', () => client.end())
    const words = await farewell
    // The window of all has back what the lost one had.
    await growWindow(await world.openSftp())
    assert.match(words, /A second program on one channel/)
  })

test('keeps little for a client that asks for much and reads nothing', async () => {
  await using world = await openSftpWorld()
  await writeFile(join(world.home, 'file'), Buffer.alloc(8_000_000))
  const client = await world.connect()
  const sftp = await RawSftp.open(client)
  const file = await sftp.open('/file', 1)
  const { _sock: socket, _protocol: protocol } = client as unknown as {
    _sock: { pause(): void; resume(): void }
    _protocol: { channelWindowAdjust(channel: number, bytes: number): void }
  }
  const { outgoing } = sftp.channel as unknown as { outgoing: { id: number } }
  for (let i = 0; i < 100; i++) protocol.channelWindowAdjust(outgoing.id, 0x4000_0000)
  socket.pause()
  const before = process.memoryUsage().arrayBuffers
  const reads = Array.from({ length: 3_000 }, (_, i) => sftp.read(file, (i % 30) * 260_000, 260_000))
  let highest = 0
  for (let i = 0; i < 40; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    highest = Math.max(highest, process.memoryUsage().arrayBuffers - before)
  }
  assert.ok(highest < 40_000_000, `${highest} bytes more`)
  for (const read of reads) read.catch(() => {})
  client.destroy()
})

test('survives what is no SSH at all', async () => {
  await using world = await openSftpWorld()
  const closings = [
    'GET / HTTP/1.1\r\n\r\n',
    'SSH-2.0-x\r\n\0\0\0\x05garbage',
    '\0'.repeat(10_000),
    'SSH-1.5-old\r\n',
  ].map(async (text) => {
    const socket = connect(world.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.end(text)
    await once(socket, 'close')
  })
  await Promise.all(closings)
  await stillServes(world)
})

test('ends the connection of a client that opens packets too small to be of use', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const farewell = farewellOf(client)
  const { _protocol: protocol } = client as unknown as {
    _protocol: { session(channel: number, window: number, maxPacket: number): void }
  }
  protocol.session(77, 1_000_000, 1)
  assert.match(await farewell, /maximum packet size/)
  await stillServes(world)
})
