import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { queryObjects } from 'node:v8'
import { packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { SshConnection } from '../../../src/protocols/sftp/ssh-connection.ts'
import { farewellOf, openSftpWorld, RawSftp } from '../../support/sftp-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

test('exchanges keys by itself while files move both ways', async () => {
  await using world = await openSftpWorld({ limits: { rekeyAfterBytes: 1_000_000 } })
  const bytes = randomBytes(20_000_000)
  await writeFile(join(world.home, 'down'), bytes)
  const client = await world.connect()
  let exchanges = 0
  client.on('handshake', () => exchanges++)
  const sftp = await RawSftp.open(client)
  const started = performance.now()
  for (let round = 0; exchanges < 3 || round < 1; round++) {
    assert.ok(performance.now() - started < 20_000, `${exchanges} exchanges`)
    const [down, up] = [await sftp.open('/down', 1), await sftp.open('/up', 2 | 8 | 16)]
    const positions = Array.from({ length: 80 }, (_, i) => i * 250_000)
    const reads = positions.map((at) => sftp.read(down, at, 250_000))
    const writes = positions.map((at) => sftp.write(up, at, bytes.subarray(at, at + 250_000)))
    assert.deepEqual(Buffer.concat((await Promise.all(reads)) as Buffer[]), bytes)
    assert.ok((await Promise.all(writes)).every((status) => status === 0))
    assert.deepEqual([await sftp.close(up), await sftp.close(down)], [0, 0])
    assert.deepEqual(await readFile(join(world.home, 'up')), bytes)
  }
})

test('ends an idle session with a reason, but not one that moves a file', async () => {
  await using world = await openSftpWorld({ limits: { idleTimeoutMs: 1_000 } })
  const farewell = farewellOf(await world.connect())
  const busy = await world.connect()
  const sftp = await RawSftp.open(busy)
  const file = await sftp.open('/file', 2 | 8 | 16)
  assert.match(await farewell, /idle/)
  assert.equal(await sftp.write(file, 0, Buffer.from('still here')), 0)
  assert.equal(await sftp.close(file), 0)
})

test('an idle time of 0 ends no session', async () => {
  await using world = await openSftpWorld({ limits: { idleTimeoutMs: 0, loginGraceMs: 1_000 } })
  const sftp = await world.openSftp()
  // The same look at all connections that ends this one finds the other idle.
  const silent = connect(world.port, '127.0.0.1')
  silent.write('SSH-2.0-silent\r\n')
  await once(silent.resume(), 'close')
  const file = await sftp.open('/file', 2 | 8 | 16)
  assert.equal(await sftp.close(file), 0)
})

test('tells a client why an admin made it leave', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const farewell = farewellOf(client)
  const [connection] = world.core.connections.list()
  assert.equal(connection?.protocol, 'SFTP')
  world.core.connections.disconnect(connection?.connectionId ?? '', 'The admin says goodbye')
  assert.match(await farewell, /The admin says goodbye/)
  await waitUntil('the session is gone', () => world.core.connections.list().length === 0)
})

test('keeps what a lost client had sent of a new file, so that it can go on', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const sftp = await RawSftp.open(client)
  const file = await sftp.open('/file', 2 | 8 | 16)
  assert.equal(await sftp.write(file, 0, Buffer.from('half of')), 0)
  client.destroy()
  await waitUntil('the session is gone', () => world.core.connections.list().length === 0)
  assert.equal(await readFile(join(world.home, 'file'), 'utf8'), 'half of')
  assert.ok(world.core.seen.some(({ type }) => type === 'upload-failed'))
  assert.ok(world.core.seen.some(({ type }) => type === 'session-closed'))
})

test('aborts only the files of a channel that is closed', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const [one, other] = [await RawSftp.open(client), await RawSftp.open(client)]
  const [lost, kept] = [await one.open('/lost', 2 | 8 | 16), await other.open('/kept', 2 | 8 | 16)]
  assert.equal(await one.write(lost, 0, Buffer.from('x')), 0)
  one.channel.close()
  await waitUntil('the upload is aborted', () => world.core.seen.some(({ type }) => type === 'upload-failed'))
  assert.equal(await other.write(kept, 0, Buffer.from('y')), 0)
  assert.equal(await other.close(kept), 0)
  assert.equal(world.core.connections.list().length, 1)
})

test('opens no more channels than its limit, and a closed one makes room', async () => {
  await using world = await openSftpWorld({ limits: { maxChannels: 2 } })
  const client = await world.connect()
  const first = await RawSftp.open(client)
  await RawSftp.open(client)
  await assert.rejects(RawSftp.open(client), /open failure/)
  const closed = once(first.channel, 'close')
  first.channel.close()
  await closed
  await RawSftp.open(client)
})

test('a connection that was told to go holds no memory once it is closed', async () => {
  await using world = await openSftpWorld()
  for (let i = 0; i < 8; i++) {
    const stranger = connect(world.port, '127.0.0.1').on('error', () => {})
    stranger.end('SSH-2.0-stranger\r\nThis is no packet of the protocol, whatever it may be.')
    await once(stranger.resume(), 'close')
  }
  // The client is told to go five seconds before it is cut off.
  const held = () => queryObjects(SshConnection, { format: 'count' })
  assert.ok(await waitUntil('all are gone', () => held() === 0, 3_000, 250))
})

test('answers the end of a client with exit status 0 and the end of the channel', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const status = once(sftp.channel, 'exit')
  const closed = once(sftp.channel, 'close')
  const reply = sftp.request(packetType.stat, (fields) => fields.text('/'))
  sftp.channel.end()
  assert.equal((await reply).type, packetType.attrs)
  assert.deepEqual((await status)[0], 0)
  await closed
})

test('lets a running upload end when it stops, and takes no new connection', async () => {
  await using world = await openSftpWorld()
  const client = await world.connect()
  const sftp = await RawSftp.open(client)
  const file = await sftp.open('/file', 2 | 8 | 16)
  const farewell = farewellOf(client)
  const { port } = world
  const stopped = world.server.stop(20_000)
  await assert.rejects(world.connect({ port }))
  assert.equal(await sftp.write(file, 0, Buffer.from('complete')), 0)
  assert.equal(await sftp.close(file), 0)
  await stopped
  assert.match(await farewell, /stopping/)
  assert.equal(await readFile(join(world.home, 'file'), 'utf8'), 'complete')
})

test('cuts a running upload off when its time is over', async () => {
  await using world = await openSftpWorld()
  const sftp = await world.openSftp()
  const farewell = farewellOf(sftp.client)
  await sftp.open('/file', 2 | 8 | 16)
  await world.server.stop(100)
  assert.match(await farewell, /stopping/)
  assert.equal(world.core.connections.list().length, 0)
})
