import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { connectSftp } from '../support/ssh-session.ts'
import type { SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ftpOnBoth, mebibyte, openWorkersWorld, sftpOnBoth, workersOf } from './workers-world.ts'

describe('two workers keep the same rules', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await openWorkersWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  async function connectionIdsOf({ username }: SshUser): Promise<string[]> {
    const { body } = await world.product.api('GET', '/connections')
    const all = body as { username: string; connection_id: string }[]
    return all.filter((one) => one.username === username).map((one) => one.connection_id)
  }

  test('sessions of a user count together, and a place that one leaves is free for the other', async () => {
    const user = await world.addUser({ max_sessions: 2 })
    const [one, other] = await sftpOnBoth(world, user)
    for (let attempt = 0; attempt < 4; attempt++) await assert.rejects(connectSftp(user.target))
    one.destroy()
    await world.sessionsAre(user.username, 1)
    using third = await connectSftp(user.target)
    assert.deepEqual([await other.list('/'), await third.list('/')], [[], []])
    other.destroy()
  })

  test('what moves where is shown in one list, as it is now', async () => {
    const user = await world.addUser()
    const sessions = await sftpOnBoth(world, user)
    await Promise.all(
      sessions.map(async (session, index) => {
        await session.write(await session.open(`/f${index}`, 'w'), 0, Buffer.alloc(1000 * (index + 1)))
      }),
    )
    const { body } = await world.product.api('GET', '/connections')
    const all = body as { username: string; active_transfers: { path: string; size: number }[] }[]
    const transfers = all
      .filter(({ username }) => username === user.username)
      .flatMap((one) => one.active_transfers.map(({ path, size }) => [path, size]))
    assert.deepEqual(transfers.sort(), [
      ['/f0', 1000],
      ['/f1', 2000],
    ])
    for (const session of sessions) session.destroy()
  })

  test('an admin ends one session in either process, and a disabled user loses all', async () => {
    const user = await world.addUser()
    const sessions = await sftpOnBoth(world, user)
    for (const id of await connectionIdsOf(user))
      assert.equal((await world.product.api('DELETE', `/connections/${id}`)).status, 200)
    await Promise.all(sessions.map(({ closed }) => closed))
    const more = await sftpOnBoth(world, user)
    const disabled = { permissions: { '/': ['*'] }, status: 0 }
    assert.equal((await world.product.api('PUT', `/users/${user.username}`, disabled)).status, 200)
    await Promise.all(more.map(({ closed }) => closed))
    await world.sessionsAre(user.username, 0)
  })

  test('room that one worker holds ahead goes to the other when it is needed, to the last byte', async () => {
    const user = await world.addUser({ quota_size: 100 * mebibyte })
    const [one, other] = await sftpOnBoth(world, user)
    const small = await one.open('/small', 'w')
    await one.write(small, 0, Buffer.alloc(mebibyte))
    // The rest of the quota, byte by byte at its end.
    const large = await other.open('/large', 'w')
    await other.write(large, 99 * mebibyte - 2, Buffer.alloc(2))
    await assert.rejects(one.write(small, mebibyte, Buffer.alloc(1)))
    await assert.rejects(one.close(small))
    await other.write(large, 99 * mebibyte, Buffer.alloc(mebibyte))
    await other.close(large)
    await assert.rejects(one.put('/more', Buffer.alloc(1)))
    await world.quotaSettles(user)
    assert.deepEqual(await world.usedQuota(user.username), { size: 100 * mebibyte, files: 1 })
    for (const session of [one, other]) session.destroy()
  })

  test('exactly so many parallel uploads succeed on both workers as have room, in bytes and in files', async () => {
    const user = await world.addUser({ quota_size: 8 * mebibyte, quota_files: 12 })
    const sessions = [await sftpOnBoth(world, user), await sftpOnBoth(world, user)].flat()
    const put = async (index: number) => {
      const session = sessions[index % sessions.length]
      const bytes = Buffer.alloc(mebibyte, index)
      const handle = await session?.open(`/f${index}`, 'w')
      assert.ok(session && handle)
      // The last piece first: whoever gets it stored has the room for the rest.
      try {
        for (let at = mebibyte - 32_768; at >= 0; at -= 32_768)
          await session.write(handle, at, bytes.subarray(at, at + 32_768))
      } finally {
        await session.close(handle)
      }
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 16 }, (_, index) => put(index)))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 8)
    assert.deepEqual(await world.usedQuota(user.username), { size: 8 * mebibyte, files: 8 })
    const names = Array.from({ length: 6 }, (_, index) => `/empty${index}`)
    const empty = await Promise.allSettled(
      names.map(async (name, index) => sessions[index % 2]?.put(name, Buffer.alloc(0))),
    )
    assert.equal(empty.filter(({ status }) => status === 'fulfilled').length, 4)
    await world.quotaSettles(user)
    for (const session of sessions) session.destroy()
  })

  test('two workers that replace, remove and rename the same names keep the counters right', async () => {
    const user = await world.addUser()
    const sessions = await sftpOnBoth(world, user)
    await Promise.all(
      sessions.flatMap((session, index) =>
        Array.from({ length: 12 }, async (_, round) => {
          const work = [
            () => session.put('/same', randomBytes(10_000 + round * 100 + index)),
            () => session.put('/other', randomBytes(5_000 + index)),
            () => session.rename('/same', `/moved${round % 2}`),
            () => session.remove('/other'),
            async () => {
              const handle = await session.open('/same', 'r+')
              await session.write(handle, 9_000 + round * 500, randomBytes(2_000))
              await session.close(handle)
            },
          ]
          // That a name is gone or taken just then is part of the game.
          await work[round % work.length]?.().catch(() => {})
        }),
      ),
    )
    await world.quotaSettles(user)
    for (const session of sessions) session.destroy()
  })

  test('what is appended to one file over both workers is all there, and counted once', async () => {
    const user = await world.addUser({ max_upload_file_size: 100_000 })
    const sessions = await sftpOnBoth(world, user)
    await sessions[0].put('/log', Buffer.from('begin\n'))
    const lines = await Promise.all(
      sessions.map(async (session, worker) => {
        const handle = await session.open('/log', 'a')
        const own = Array.from({ length: 40 }, (_, index) => `worker ${worker} line ${index}\n`)
        for (const line of own) await session.write(handle, 0, Buffer.from(line))
        await session.close(handle)
        return own
      }),
    )
    const stored = (await readFile(join(user.home, 'log'), 'utf8')).split(/(?<=\n)/)
    assert.deepEqual(stored.toSorted(), ['begin\n', ...lines.flat()].toSorted())
    await world.quotaSettles(user)
    for (const session of sessions) session.destroy()
  })

  test('a count takes files that both workers are changing in place once', async () => {
    const user = await world.addUser()
    const sessions = await sftpOnBoth(world, user)
    const handles = await Promise.all(
      sessions.map(async (session, index) => {
        await session.put(`/f${index}`, Buffer.alloc(200_000))
        return session.open(`/f${index}`, 'r+')
      }),
    )
    const [grown, cut] = handles
    const [one, other] = sessions
    assert.ok(grown && cut)
    await one.write(grown, 200_000, Buffer.alloc(30_000))
    await other.truncate('/f1', 50_000)
    const started = await world.product.api('POST', `/quotas/users/${user.username}/scan`)
    assert.equal(started.status, 202)
    await waitUntil('the count', async () => {
      const scans = await world.product.api('GET', '/quotas/users/scans')
      return (scans.body as unknown[]).length === 0
    })
    await one.write(grown, 230_000, Buffer.alloc(30_000))
    await one.close(grown)
    await other.close(cut)
    await world.quotaSettles(user)
    assert.deepEqual(await world.usedQuota(user.username), { size: 310_000, files: 2 })
    for (const session of sessions) session.destroy()
  })

  test('a directory with a running upload of the other worker is not removed with it', async () => {
    const user = await world.addUser()
    const [one, other] = await sftpOnBoth(world, user)
    await mkdir(join(user.home, 'd'))
    const handle = await one.open('/d/f', 'w')
    await one.write(handle, 0, Buffer.from('content'))
    await assert.rejects(other.removeDirectory('/d'))
    await one.close(handle)
    assert.equal(await readFile(join(user.home, 'd/f'), 'utf8'), 'content')
    for (const session of [one, other]) session.destroy()
  })

  test('failed logins are counted over both', async () => {
    const user = await world.addUser()
    for (let attempt = 0; attempt < 6; attempt++) {
      using client = await FtpClient.connect(world.product.ftpPort)
      await client.reply(220)
      await client.command(`USER ${user.username}`, 331)
      await client.command('PASS wrong', 530)
    }
    const began = performance.now()
    using client = await FtpClient.connect(world.product.ftpPort)
    await client.reply(220)
    await client.command(`USER ${user.username}`, 331)
    await client.command(`PASS ${user.username}-password`, 230)
    // One worker alone would have seen three, for which nobody waits.
    const waitedMs = performance.now() - began
    assert.ok(waitedMs > 900, `${waitedMs} ms`)
  })

  test('a setting that an admin changes holds in both at once', async () => {
    const user = await world.addUser()
    const login = { username: user.username, password: `${user.username}-password`, home: user.home }
    const signInEverywhere = () =>
      Promise.allSettled(
        Array.from({ length: 4 }, async () => {
          using _client = await FtpClient.signIn(world.product.ftpPort, login)
        }),
      )
    const outcomes = async () => (await signInEverywhere()).map(({ status }) => status)
    const all = (status: string) => Array.from({ length: 4 }, () => status)
    assert.deepEqual(await outcomes(), all('fulfilled'))
    assert.equal((await world.product.api('PUT', '/settings', { set: { ftp_tls: 'control' } })).status, 200)
    assert.deepEqual(await outcomes(), all('rejected'))
    await world.product.api('PUT', '/settings', { set: {}, reset: ['ftp_tls'] })
    assert.deepEqual(await outcomes(), all('fulfilled'))
  })

  test('what happens in the workers is in one audit log', async () => {
    const user = await world.addUser()
    const sessions = await sftpOnBoth(world, user)
    for (const [index, session] of sessions.entries()) await session.put(`/f${index}`, Buffer.alloc(10))
    for (const session of sessions) session.destroy()
    await world.sessionsAre(user.username, 0)
    const search = { username: user.username, actions: ['sign-in', 'upload', 'session-closed'] }
    const actions = await waitUntil('all events', async () => {
      const { body } = await world.product.api('POST', '/events/search', search)
      const { records } = body as { records: { action: string; path: string }[] }
      return records.filter(({ action }) => action === 'session-closed').length >= 2 && records
    })
    const paths = actions.filter(({ action }) => action === 'upload').map(({ path }) => path)
    assert.deepEqual(paths.sort(), ['/f0', '/f1'])
  })

  test('metrics tell how many workers there are', async () => {
    const port = /:(\d+)$/.exec(world.product.addresses.metrics)?.[1]
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    assert.match(text, /^sftpgo_workers 2$/m)
    assert.match(text, /^sftpgo_worker_restarts_total 0$/m)
    assert.equal((await workersOf(world.product)).length, 2)
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`FTPS sessions on both workers get their own files over one passive port, ${maxVersion}`, async () => {
      const users = await Promise.all(Array.from({ length: 6 }, () => world.addUser()))
      const clients: FtpClient[] = []
      for (let at = 0; at < users.length; at += 2) {
        const [first, second] = users.slice(at)
        assert.ok(first && second)
        clients.push(...(await ftpOnBoth(world, { first, second }, { tls: true, maxVersion })))
      }
      await exchange(clients, { tls: true })
      for (const client of clients) client[Symbol.dispose]()
    })

  test('connections of one user on both workers may show each other’s tickets', async () => {
    const user = await world.addUser()
    const clients = await ftpOnBoth(world, { first: user, second: user }, { tls: true })
    const [one, other] = clients
    for (let round = 0; round < 4; round++) {
      ;[one.tlsSession, other.tlsSession] = [other.tlsSession, one.tlsSession]
      await exchange(clients, { tls: true })
    }
    for (const client of clients) client[Symbol.dispose]()
  })

  test('FTP sessions in clear on both workers take turns at one passive port', async () => {
    const [first, second] = [await world.addUser(), await world.addUser()]
    const clients = await ftpOnBoth(world, { first, second })
    await exchange(clients, {})
    for (const client of clients) client[Symbol.dispose]()
  })
})

/** Each stores files of its own and reads them back, all at once. */
async function exchange(clients: readonly FtpClient[], options: { tls?: boolean }): Promise<void> {
  await Promise.all(
    clients.map(async (client, index) => {
      for (let round = 0; round < 4; round++) {
        const bytes = randomBytes(150_000 + index)
        await client.store(`STOR ${index}-${round}`, bytes, options)
        const back = await client.retrieve(`RETR ${index}-${round}`, options)
        assert.ok(back.equals(bytes), `client ${index}, round ${round}`)
      }
    }),
  )
}
