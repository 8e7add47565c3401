import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runSftp } from '../support/ssh-programs.ts'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { BareConnection } from '../support/ssh-wire.ts'
import { hashOf, type SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const all = { permissions: { '/': ['*'] } }

describe('SSH sessions end when they have to', { concurrency: 2 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  async function endsAfter(
    session: SftpConnection,
    change: () => Promise<{ status: number }>,
  ): Promise<void> {
    const { status } = await change()
    assert.equal(status, 200)
    await waitFor(session.closed, 'the end of the session', 3_000)
  }

  test('a user has no more sessions than are allowed', async () => {
    const user = await world.addUser({ max_sessions: 2 })
    using first = await connectSftp(user.target)
    using second = await connectSftp(user.target)
    await assert.rejects(connectSftp(user.target))
    assert.ok(!(await runSftp(user.target, ['pwd'])).isOk)
    second.destroy()
    await world.sessionsAre(user.username, 1)
    using third = await connectSftp(user.target)
    assert.deepEqual([await first.list('/'), await third.list('/')], [[], []])
  })

  test('a user who is disabled is out at once', async () => {
    const user = await world.addUser()
    using session = await connectSftp(user.target)
    await endsAfter(session, () => world.product.api('PUT', `/users/${user.username}`, { ...all, status: 0 }))
    await assert.rejects(connectSftp(user.target))
  })

  test('a user who is removed is out at once', async () => {
    const user = await world.addUser()
    using session = await connectSftp(user.target)
    await endsAfter(session, () => world.product.api('DELETE', `/users/${user.username}`))
    await assert.rejects(connectSftp(user.target))
    await world.sessionsAre(user.username, 0)
  })

  test('a session that an admin disconnects ends, in the middle of an upload and alone', async () => {
    const user = await world.addUser()
    using session = await connectSftp(user.target)
    const bytes = randomBytes(100_000)
    const handle = await session.open('/f', 'w')
    for (let at = 0; at < bytes.length; at += 20_000)
      await session.write(handle, at, bytes.subarray(at, at + 20_000))
    const { body } = await world.product.api('GET', '/connections')
    const own = (
      body as { connection_id: string; username: string; active_transfers: { path: string }[] }[]
    ).find(({ username }) => username === user.username)
    assert.deepEqual(
      own?.active_transfers.map(({ path }) => path),
      ['/f'],
    )
    using other = await connectSftp(user.target)
    await endsAfter(session, () => world.product.api('DELETE', `/connections/${own?.connection_id}`))
    await world.sessionsAre(user.username, 1)
    assert.ok((await readFile(join(user.home, 'f'))).equals(bytes))
    assert.deepEqual(await other.list('/'), ['f'])
  })

  test('a session without a request for the idle time ends, one with a transfer does not', async () => {
    await using strict = await SshWorld.open({ IDLE_TIMEOUT: '1' })
    const { target } = await strict.addUser()
    using idle = await connectSftp(target)
    using busy = await connectSftp(target)
    const handle = await busy.open('/f', 'w')
    await busy.write(handle, 0, Buffer.from('x'))
    await waitFor(idle.closed, 'the end of the idle session', 6_000)
    await busy.close(handle)
  })
})

describe('SIGTERM', { concurrency: 2 }, () => {
  test('lets a running transfer end, takes no new client and exits with 0', async () => {
    await using world = await SshWorld.open()
    const user = await world.addUser({ upload_bandwidth: 1_000 })
    using idle = await connectSftp(user.target)
    const local = await world.localFile(3_000_000)
    const put = runSftp(user.target, [`put "${local}" /f`])
    await uploadRuns(world, user)
    const exitCode = world.product.stop('SIGTERM')
    await waitFor(idle.closed, 'the end of the idle session', 5_000)
    await assert.rejects(connectSftp(user.target))
    const { isOk, stderr } = await put
    assert.ok(isOk, stderr)
    assert.equal(await exitCode, 0)
    assert.equal(await hashOf(join(user.home, 'f')), await hashOf(local))
  })

  test('leaves a client whose transfer has ended a moment for its goodbye, and waits for no later one', async () => {
    await using world = await SshWorld.open()
    const user = await world.addUser()
    using session = await connectSftp(user.target)
    const handle = await session.open('/f', 'w')
    await session.write(handle, 0, Buffer.from('whole'))
    const exitCode = world.product.stop('SIGTERM')
    await session.close(handle)
    const endedAt = performance.now()
    for (let i = 0; i < 5; i++) {
      await delay(100)
      assert.deepEqual(await session.list('/'), ['f'])
    }
    await waitFor(session.closed, 'the end of the session', 5_000)
    assert.equal(await exitCode, 0)
    assert.ok(performance.now() - endedAt < 5_000, 'before the time for running transfers is over')
  })

  test('does not wait for ever: a transfer that stands still is broken off and leaves the original', async () => {
    await using world = await SshWorld.open()
    const user = await world.addUser()
    using session = await connectSftp(user.target)
    await session.put('/old', Buffer.from('original'))
    const handle = await session.open('/old', 'w')
    await session.write(handle, 0, Buffer.from('new'))
    using half = await BareConnection.open(world.product.sftpPort)
    half.send('SSH-2.0-half\r\n')
    const startedAt = performance.now()
    assert.equal(await world.product.stop('SIGTERM'), 0)
    assert.ok(performance.now() - startedAt < 10_000, 'before the platform kills it')
    await session.closed
    assert.equal(await readFile(join(user.home, 'old'), 'utf8'), 'original')
    assert.deepEqual(await readdir(user.home), ['old'])
  })
})

async function uploadRuns(world: SshWorld, user: SshUser): Promise<void> {
  await waitUntil('an upload under way', async () => {
    const { body } = await world.product.api('GET', '/connections')
    const sessions = body as { username: string; active_transfers: { size: number }[] }[]
    return sessions.some(
      ({ username, active_transfers: [transfer] }) => username === user.username && (transfer?.size ?? 0) > 0,
    )
  })
}

function waitFor(end: Promise<void>, what: string, timeoutMs: number): Promise<void> {
  const tooLate = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`it never came: ${what}`)), timeoutMs).unref()
  })
  return Promise.race([end, tooLate])
}
