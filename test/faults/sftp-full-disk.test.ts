import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { opensshSftp } from '../support/clients/openssh.ts'
import { runProgram } from '../support/run-program.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { hashOf, SshWorld, stagedIn } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const mebibyte = 2 ** 20

/** Only the superuser can mount the small disk that these facts need. */
const options = process.getuid?.() === 0 ? {} : { skip: 'needs the right to mount' }

describe('a full disk', { ...options, concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open({ MIN_FREE_SPACE: '1' }, async (directory) => {
      const storages = join(directory, 'storages')
      await mkdir(storages)
      const { isOk, stderr } = await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', storages])
      assert.ok(isOk, stderr)
    })
  })
  after(async () => {
    await world.product.stop()
    await runProgram('umount', ['--lazy', join(world.directory, 'storages')])
    await world[Symbol.asyncDispose]()
  })

  test('refuses an upload that does not fit, keeps the original and goes on once there is room', async () => {
    const user = await world.addUser()
    const client = opensshSftp(user.target)
    using other = await connectSftp((await world.addUser()).target)
    assert.ok((await client.put(await world.localFile(mebibyte), '/old')).isOk)
    const original = await readFile(join(user.home, 'old'))
    const large = await world.localFile(12 * mebibyte)
    for (const name of ['old', 'new']) {
      const outcome = await client.put(large, `/${name}`)
      assert.ok(!outcome.isOk && outcome.exitCode !== null)
      assert.match(outcome.stderr, /space|full|Failure/i)
    }
    assert.ok((await readFile(join(user.home, 'old'))).equals(original))
    assert.deepEqual(await readdir(user.home), ['old'])
    assert.deepEqual(await world.usedQuota(user.username), { size: mebibyte, files: 1 })
    const small = randomBytes(10_000)
    await other.put('/small', small)
    assert.ok((await other.get('/small')).equals(small))
  })

  test('takes away nothing while it is full, and takes files again when there is room', async () => {
    const user = await world.addUser()
    const filler = join(world.product.storagesDirectory, 'filler')
    using session = await connectSftp(user.target)
    await session.put('/old', Buffer.alloc(300_000, 1))
    await session.put('/gone', Buffer.alloc(100_000, 2))
    await writeFile(filler, Buffer.alloc(8 * mebibyte)).catch(() => {})
    await assert.rejects(session.put('/old', Buffer.alloc(600_000, 3)))
    await assert.rejects(session.put('/new', Buffer.alloc(600_000, 3)))
    assert.ok((await session.get('/old')).equals(Buffer.alloc(300_000, 1)))
    await session.rename('/gone', '/renamed')
    await session.remove('/renamed')
    assert.deepEqual(await session.list('/'), ['old'])
    await rm(filler)
    const local = await world.localFile(2 * mebibyte)
    // How much room there is, is looked at once a second.
    await waitUntil(
      'an upload that succeeds again',
      async () => (await opensshSftp(user.target).put(local, '/old')).isOk,
    )
    assert.equal(await hashOf(join(user.home, 'old')), await hashOf(local))
    assert.deepEqual(await stagedIn(world.product.storagesDirectory), [])
    await world.quotaSettles(user)
  })

  test('is not filled to its last mebibyte when that much has to stay free', async () => {
    const user = await world.addUser()
    const filler = join(world.product.storagesDirectory, 'filler')
    using session = await connectSftp(user.target)
    const { bavail, bsize } = await statfs(world.product.storagesDirectory)
    await writeFile(filler, Buffer.alloc(bavail * bsize - mebibyte / 2))
    // How much room there is, is looked at once a second.
    const isRefused = () =>
      session.put('/small', Buffer.alloc(1000)).then(
        () => false,
        () => true,
      )
    await waitUntil('a refusal of what would fit', isRefused)
    await session.remove('/small').catch(() => {})
    assert.deepEqual(await session.list('/'), [])
    await rm(filler)
    await waitUntil('an upload that succeeds again', async () => !(await isRefused()))
  })
})
