import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Target } from '../support/clients/file-client.ts'
import { opensshSftp, sshOptions } from '../support/clients/openssh.ts'
import type { Outcome } from '../support/run-program.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { hashOf, type SshUser, SshWorld, stagedIn } from '../support/ssh-world.ts'
import { tcpPipe } from '../support/tcp-pipe.ts'
import { waitUntil } from '../support/wait-until.ts'

const fileBytes = 3_000_000

describe('a client that dies in the middle', { concurrency: 2 }, () => {
  let resumable: SshWorld
  let atomic: SshWorld
  before(async () => {
    ;[resumable, atomic] = await Promise.all([SshWorld.open(), SshWorld.open({ UPLOAD_MODE: 'atomic' })])
  })
  after(async () => {
    await Promise.all([resumable[Symbol.asyncDispose](), atomic[Symbol.asyncDispose]()])
  })

  test('leaves the beginning of a new file, with which the next one goes on', async () => {
    const user = await resumable.addUser()
    const local = await resumable.localFile(fileBytes)
    await killInMidUpload(resumable, user, local)
    const [all, kept] = [await readFile(local), await readFile(join(user.home, 'f'))]
    assert.ok(kept.length > 0 && kept.length < all.length, `${kept.length} bytes`)
    assert.ok(kept.equals(all.subarray(0, kept.length)), 'a beginning without a gap')
    await resumable.quotaSettles(user)
    const outcome = await opensshSftp(user.target).resumePut?.(local, '/f')
    assert.ok(outcome?.isOk, outcome?.stderr)
    assert.equal(await hashOf(join(user.home, 'f')), await hashOf(local))
    await resumable.quotaSettles(user)
  })

  test('leaves nothing of a new file where uploads are atomic', async () => {
    const user = await atomic.addUser()
    await killInMidUpload(atomic, user, await atomic.localFile(fileBytes))
    assert.deepEqual(await readdir(user.home), [])
    await atomic.quotaSettles(user)
  })

  for (const mode of ['resumable', 'atomic'] as const)
    test(`leaves the original when it was overwriting, with ${mode} uploads`, async () => {
      const world = mode === 'atomic' ? atomic : resumable
      const user = await world.addUser()
      const local = await world.localFile(fileBytes)
      assert.ok((await opensshSftp(user.target).put(await world.localFile(50_000), '/f')).isOk)
      const original = await readFile(join(user.home, 'f'))
      await killInMidUpload(world, user, local)
      assert.ok((await readFile(join(user.home, 'f'))).equals(original))
      assert.deepEqual(await readdir(user.home), ['f'])
      assert.deepEqual(await world.usedQuota(user.username), { size: 50_000, files: 1 })
    })

  test('leaves only what has no gap when its writes came out of order', async () => {
    const user = await resumable.addUser()
    const bytes = randomBytes(400_000)
    {
      using session = await connectSftp(user.target)
      const handle = await session.open('/f', 'w')
      const pieces: [number, number][] = [
        [0, 32_000],
        [300_000, 332_000],
        [32_000, 64_000],
        [96_000, 128_000],
      ]
      for (const [from, to] of pieces) await session.write(handle, from, bytes.subarray(from, to))
    }
    await resumable.sessionsAre(user.username, 0)
    assert.ok((await readFile(join(user.home, 'f'))).equals(bytes.subarray(0, 64_000)))
    await resumable.quotaSettles(user)
  })

  // Of 2 MB: in the handshake, in the beginning, middle and end of the data, and about where the file is closed.
  const cuts = [1_000, 150_000, 1_000_000, 1_900_000, 2_004_500]
  test('leaves whole files behind a pipe that is cut anywhere', async () => {
    for (const cut of cuts) {
      const user = await resumable.addUser()
      const original = randomBytes(70_000)
      await writeFile(join(user.home, 'old'), original)
      await writeFile(join(user.home, 'down'), randomBytes(2_000_000))
      const local = await resumable.localFile(2_000_000)
      const through = async (work: (target: Target) => Promise<Outcome>) => {
        const { port } = user.target
        await using pipe = await tcpPipe({ target: { host: '127.0.0.1', port }, killAfterBytes: cut })
        const startedAt = performance.now()
        const outcome = await work({ ...user.target, port: pipe.port })
        assert.ok(performance.now() - startedAt < 20_000, 'the client hung')
        if (cut < 2_000_000) assert.ok(!outcome.isOk, `not told of the cut at ${cut}`)
        await resumable.sessionsAre(user.username, 0)
        return outcome
      }
      const overwritten = await through((target) => opensshSftp(target).put(local, '/old'))
      const old = await readFile(join(user.home, 'old'))
      const all = await readFile(local)
      assert.ok(old.equals(all) || (!overwritten.isOk && old.equals(original)), `overwrite cut at ${cut}`)

      const added = await through((target) => opensshSftp(target).put(local, '/new'))
      const kept = await readFile(join(user.home, 'new')).catch(() => Buffer.alloc(0))
      assert.ok(kept.equals(all.subarray(0, kept.length)), `new file cut at ${cut}`)
      if (added.isOk) assert.equal(kept.length, all.length)

      const back = resumable.localName()
      await through((target) => opensshSftp(target).get('/down', back))
      await writeFile(back, '', { flag: 'a' })
      const rest = await opensshSftp(user.target).resumeGet?.('/down', back)
      assert.ok(rest?.isOk, rest?.stderr)
      assert.equal(await hashOf(back), await hashOf(join(user.home, 'down')))
      assert.deepEqual(await stagedIn(user.home), [])
    }
  })

  /** Kills a slow upload to `/f` once a part of it has arrived, and waits until the server knows. */
  async function killInMidUpload(world: SshWorld, user: SshUser, local: string): Promise<void> {
    const { target } = user
    const where = ['-P', String(target.port), '-b', '-', `${target.username}@${target.host}`]
    const client = spawn('sftp', ['-l', '8000', ...sshOptions(target), ...where], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const exit = once(client, 'exit')
    try {
      client.stdin.end(`put "${local}" /f\n`)
      await waitUntil('a part of the file', async () => {
        const [staged] = await stagedIn(user.home)
        return staged !== undefined && (await stat(join(user.home, staged))).size > 300_000
      })
    } finally {
      client.kill('SIGKILL')
    }
    await exit
    await world.sessionsAre(user.username, 0)
    assert.deepEqual(await stagedIn(user.home), [])
  }
})
