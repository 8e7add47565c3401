import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { systemCalls } from '../../../src/storage/local/system-calls.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { FtpClient } from './ftp-client.ts'
import { type FtpUser, FtpWorld } from './ftp-world.ts'

const size = 40 * 1024 * 1024

/** A user with a large file, on a disk that answers from memory by now. */
async function openWorld() {
  const world = await FtpWorld.open()
  const user = await world.addUser()
  const content = randomBytes(size)
  await mkdir(user.home, { recursive: true })
  await writeFile(join(user.home, 'large'), content)
  await writeFile(join(user.home, 'small'), content.subarray(0, 100))
  using client = await FtpClient.signIn(world.port, user)
  for (let round = 0; round < 30; round++) await client.retrieve('RETR small')
  return { world, user, content, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

function countSends(context: TestContext) {
  assert.ok(systemCalls)
  return context.mock.method(systemCalls, 'sendFile').mock
}

suite('downloads in clear go from the file to the socket without a copy', () => {
  test('from the start and from the middle, byte for byte', async (context) => {
    await using opened = await openWorld()
    const { world, user, content } = opened
    const sends = countSends(context)
    using client = await FtpClient.signIn(world.port, user)
    assert.ok((await client.retrieve('RETR large')).equals(content))
    await client.command('REST 12345678', 350)
    assert.ok((await client.retrieve('RETR large')).equals(content.subarray(12_345_678)))
    const sent = sends.calls.reduce((bytes, { result }) => bytes + (result ?? 0), 0)
    assert.ok(sent > size, `${sent} bytes went straight`)
    const told = world.events.filter(({ type }) => type === 'file-downloaded').slice(-2)
    assert.deepEqual(
      told.map((event) => 'bytes' in event && event.bytes),
      [size, size - 12_345_678],
    )
  })

  test('to a client that reads now and then, while the socket is full most of the time', async (context) => {
    await using opened = await openWorld()
    const { world, user, content } = opened
    const sends = countSends(context)
    using client = await FtpClient.signIn(world.port, user)
    const socket = await client.dataSocket(await client.passive())
    await client.command('RETR large', 150)
    const got: Buffer[] = []
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      got.push(bytes)
      if (got.length % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    socket.end()
    await client.reply(226)
    assert.ok(Buffer.concat(got).equals(content))
    assert.ok(sends.calls.some(({ result }) => result === 0))
    assert.ok(sends.calls.some(({ result }) => (result ?? 0) > 0))
  })

  test('at the pace the user is allowed', async (context) => {
    await using opened = await openWorld()
    const { world, content } = opened
    const user: FtpUser = await world.addUser({ downloadBandwidth: 4096 })
    await mkdir(user.home, { recursive: true })
    await writeFile(join(user.home, 'some'), content.subarray(0, 4 * 1024 * 1024))
    const sends = countSends(context)
    using client = await FtpClient.signIn(world.port, user)
    const startedAt = performance.now()
    const got = await client.retrieve('RETR some')
    assert.ok(got.equals(content.subarray(0, 4 * 1024 * 1024)))
    assert.ok(performance.now() - startedAt > 700, 'four MiB at four MiB a second took less than 0.7 s')
    assert.ok(sends.callCount() > 0)
  })

  test('until the client breaks it off, which is told, and the session goes on', async (context) => {
    await using opened = await openWorld()
    const { world, user } = opened
    const sends = countSends(context)
    for (const ends of ['reset', 'ABOR'] as const) {
      using client = await FtpClient.signIn(world.port, user)
      const socket = await client.dataSocket(await client.passive())
      await client.command('RETR large', 150)
      await once(socket, 'data')
      socket.pause()
      if (ends === 'reset') {
        socket.resetAndDestroy()
        await client.reply(426)
      } else {
        await client.command('ABOR', 426)
        await client.reply(226)
        socket.destroy()
      }
      await waitUntil('no transfer', () =>
        world.connections.list().every(({ transfers }) => transfers.length === 0),
      )
      assert.equal((await client.retrieve('RETR small')).length, 100)
    }
    assert.ok(sends.callCount() > 0)
    const failed = world.events.filter(({ type }) => type === 'download-failed')
    assert.equal(failed.length, 2)
  })
})
