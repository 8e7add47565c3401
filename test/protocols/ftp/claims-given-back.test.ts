import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { FtpClient, gone } from './ftp-client.ts'
import { FtpWorld } from './ftp-world.ts'

/** A claim that nobody gives back keeps the port for ten seconds; here one connection that is under way is waited for. */
const waitForLateMs = 2_500
/** Nothing is waited for. */
const atOnceMs = 800

async function signInBoth(world: FtpWorld, tls: boolean) {
  const users = [await world.addUser(), await world.addUser()] as const
  const [first, other] = await Promise.all(users.map((user) => FtpClient.signIn(world.port, user, { tls })))
  return { first: first as FtpClient, other: other as FtpClient, home: users[0].home, user: users[0] }
}

/** How long the client waits for the port, in milliseconds; what it gets there is its own. */
async function storingTakes(client: FtpClient, tls: boolean): Promise<number> {
  const since = performance.now()
  await client.store('STOR own', 'content', { tls })
  return performance.now() - since
}

/** Lines that end without a data connection, for want of a name, a place or a right, or by their own words. */
const refused = [
  ['LIST missing', 550],
  ['NLST missing', 550],
  ['MLSD missing', 550],
  ['MLSD file', 550],
  ['RETR missing', 550],
  ['RETR', 501],
  ['STOR missing/file', 550],
  ['STOR', 501],
  ['APPE missing/file', 550],
  ['APPE', 501],
  ['STOU missing/file', 550],
  [`LIST ${'x'.repeat(9_000)}`, 500],
  ['ABOR', 226],
] as const

for (const [line, code] of refused) {
  const shown = line.slice(0, 20)
  test(`after '${shown}' without a data connection the port waits for one late connection alone`, async () => {
    await using world = await FtpWorld.open()
    const { first, other, home } = await signInBoth(world, false)
    using _first = first
    using _other = other
    await writeFile(join(home, 'file'), '')
    await first.passive()
    await first.command(line, code)
    const took = await storingTakes(other, false)
    assert.ok(took < waitForLateMs, `${took} ms`)
  })

  test(`after '${shown}' over TLS, its data connection still silent, the port is free at once`, async () => {
    await using world = await FtpWorld.open()
    const { first, other, home } = await signInBoth(world, true)
    using _first = first
    using _other = other
    await writeFile(join(home, 'file'), '')
    const socket = await first.dataSocket(await first.passive())
    await first.command(line, code)
    socket.destroy()
    const took = await storingTakes(other, true)
    assert.ok(took < atOnceMs, `${took} ms`)
  })
}

test('a client that is gone or says goodbye leaves the port to the others', async () => {
  await using world = await FtpWorld.open()
  for (const leave of ['QUIT', 'cut'] as const) {
    const { first, other } = await signInBoth(world, false)
    using _first = first
    using _other = other
    await first.passive()
    if (leave === 'QUIT') await first.command('QUIT', 221)
    else first.socket.destroy()
    const took = await storingTakes(other, false)
    assert.ok(took < waitForLateMs, `${leave}: ${took} ms`)
  }
})

test('a data connection over TLS that is closed before its first byte holds nobody up', async () => {
  await using world = await FtpWorld.open()
  const { first, other } = await signInBoth(world, true)
  using _first = first
  using _other = other
  const socket = await first.dataSocket(await first.passive())
  // The server closes its side when it has seen the end.
  await gone(socket.end())
  const took = await storingTakes(other, true)
  assert.ok(took < atOnceMs, `${took} ms`)
  // The one that had been there first is told, and may begin again.
  await first.command('STOR late', 425)
  await first.store('STOR late', 'content', { tls: true })
})

test('a refused listing of one client does not take the claim of another session of its user', async () => {
  await using world = await FtpWorld.open()
  const { first, user } = await signInBoth(world, true)
  using _first = first
  using second = await FtpClient.signIn(world.port, user, { tls: true })
  for (let round = 0; round < 5; round++) {
    const port = await first.passive()
    const socket = await first.dataSocket(port)
    await first.command('MLSD missing', 550)
    const storing = second.store(`STOR file-${round}`, `content ${round}`, { tls: true })
    // Late, as rclone does: it shows a ticket of the user while the other one's claim is open.
    socket.destroy()
    await storing
  }
})
