import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { connectSftp, type SftpConnection } from '../support/ssh-session.ts'
import { SshWorld, stagedIn } from '../support/ssh-world.ts'

const mebibyte = 2 ** 20
const uploads = 16
const room = 8

describe('16 uploads of 1 MiB where 8 have room', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  async function race(
    limits: Record<string, number>,
    put: (session: SftpConnection, path: string) => Promise<void>,
  ) {
    const user = await world.addUser(limits)
    const sessions = await Promise.all(Array.from({ length: uploads }, () => connectSftp(user.target)))
    const outcomes = await Promise.allSettled(sessions.map((session, index) => put(session, `/f${index}`)))
    for (const session of sessions) session.destroy()
    await world.sessionsAre(user.username, 0)
    const succeeded = outcomes.flatMap((outcome, index) =>
      outcome.status === 'fulfilled' ? [`f${index}`] : [],
    )
    assert.deepEqual((await readdir(user.home)).sort(), succeeded.sort())
    assert.deepEqual(await stagedIn(user.home), [])
    const used = { size: succeeded.length * mebibyte, files: succeeded.length }
    assert.deepEqual(await world.usedQuota(user.username), used)
    return { user, succeeded: succeeded.length }
  }

  test('exactly 8 succeed when each tells its size at once', async () => {
    const { succeeded, user } = await race({ quota_size: room * mebibyte }, async (session, path) => {
      const bytes = Buffer.alloc(mebibyte, path)
      const handle = await session.open(path, 'w')
      try {
        // The last piece first: whoever gets it stored has the room for the rest.
        for (let at = mebibyte - 32_768; at >= 0; at -= 32_768)
          await session.write(handle, at, bytes.subarray(at, at + 32_768))
      } finally {
        await session.close(handle)
      }
    })
    assert.equal(succeeded, room)
    using session = await connectSftp(user.target)
    await assert.rejects(session.put('/more', Buffer.alloc(1)))
    const [name = ''] = await session.list('/')
    await session.remove(`/${name}`)
    await session.put('/more', Buffer.alloc(mebibyte))
    await world.quotaSettles(user)
  })

  test('no more than 8 succeed when they grow side by side', async () => {
    const { succeeded } = await race({ quota_size: room * mebibyte }, (session, path) =>
      session.put(path, Buffer.alloc(mebibyte, path)),
    )
    assert.ok(succeeded <= room, `${succeeded}`)
  })

  test('exactly 8 succeed when the number of files is what is short', async () => {
    const { succeeded } = await race({ quota_files: room }, (session, path) =>
      session.put(path, Buffer.alloc(mebibyte, path)),
    )
    assert.equal(succeeded, room)
  })
})
