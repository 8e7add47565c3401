import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { busybox } from '../../support/clients/busybox.ts'
import type { MakeClient } from '../../support/clients/file-client.ts'
import { runLftp } from '../../support/clients/lftp.ts'
import { ncftp } from '../../support/clients/ncftp.ts'
import { type FtplibStep, resumingFtplib, runFtplib } from '../../support/clients/resuming-ftplib.ts'
import { rcloneFlags } from '../../support/clients/rclone.ts'
import { type Outcome, runProgram } from '../../support/run-program.ts'
import { FtpWorld } from './ftp-world.ts'

/** Those that the protocol contract does not run. */
const programs: Record<string, MakeClient> = {
  'ftplib that resumes TLS 1.2': resumingFtplib('TLSv1_2'),
  'ftplib that resumes TLS 1.3': resumingFtplib('TLSv1_3'),
  ncftp,
  'BusyBox ftpput and ftpget': busybox,
}

const size = 1_200_001

describe('real clients', { concurrency: 4 }, () => {
  let world: FtpWorld
  before(async () => {
    world = await FtpWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  for (const [name, makeClient] of Object.entries(programs)) {
    test(`${name}: a file goes, is listed, resumes and comes back byte by byte`, async () => {
      const user = await world.addUser()
      const target = await world.targetOf(user)
      const client = makeClient(target)
      const bytes = randomBytes(size)
      const local = join(target.scratch, 'local')
      const back = join(target.scratch, 'back')
      await writeFile(local, bytes)
      await mkdir(join(user.home, 'dir'))
      const stored = join(user.home, 'dir', 'a file')

      ok(await client.put(local, '/dir/a file'))
      assert.ok((await readFile(stored)).equals(bytes), 'stored')
      if (makeClient !== busybox) assert.match(ok(await client.list('/dir')).stdout, /a file/)
      ok(await client.get('/dir/a file', back))
      assert.ok((await readFile(back)).equals(bytes), 'retrieved')
      if (client.resumeGet) {
        await truncate(back, 500_000)
        ok(await client.resumeGet('/dir/a file', back))
        assert.ok((await readFile(back)).equals(bytes), 'download resumed')
      }
    })
  }

  for (const scheme of ['ftp', 'ftps'] as const) {
    test(`lftp mirrors a tree both ways with four connections, ${scheme}`, async () => {
      const user = await world.addUser()
      const target = await world.targetOf(user)
      const tree = join(target.scratch, 'tree')
      for (let i = 0; i < 12; i++) {
        await mkdir(join(tree, `dir ${i % 3}`), { recursive: true })
        await writeFile(join(tree, `dir ${i % 3}`, `file-${i}`), randomBytes(i * 20_000))
      }
      ok(await runLftp(target, scheme, [`mirror -R --parallel=4 "${tree}" /copy`]))
      ok(await runLftp(target, scheme, [`mirror --parallel=4 /copy "${tree}-back"`]))
      for (let i = 0; i < 12; i++) {
        const name = join(`dir ${i % 3}`, `file-${i}`)
        assert.ok((await readFile(join(`${tree}-back`, name))).equals(await readFile(join(tree, name))), name)
      }
    })
  }

  test('rclone, which shares TLS tickets among its connections, copies with eight of them at once', async () => {
    const user = await world.addUser()
    const target = await world.targetOf(user)
    const tree = join(target.scratch, 'tree')
    await mkdir(tree)
    for (let i = 0; i < 40; i++) await writeFile(join(tree, `file-${i}`), randomBytes(10_000 + i))
    const flags = [...(await rcloneFlags(target, 'ftps')), '--transfers=8', '--checkers=8']
    ok(await runProgram('rclone', ['copy', tree, ':ftp:/copy', ...flags]))
    ok(await runProgram('rclone', ['copy', ':ftp:/copy', `${tree}-back`, ...flags]))
    for (let i = 0; i < 40; i++) {
      const bytes = await readFile(join(tree, `file-${i}`))
      assert.ok(bytes.equals(await readFile(join(user.home, 'copy', `file-${i}`))), `file-${i} stored`)
      assert.ok(bytes.equals(await readFile(join(`${tree}-back`, `file-${i}`))), `file-${i} retrieved`)
    }
  })

  test('ftplib moves many small files in one session over TLS without resuming', async () => {
    const user = await world.addUser()
    const target = await world.targetOf(user)
    const local = join(target.scratch, 'local')
    await appendFile(local, 'content')
    const steps = Array.from({ length: 60 }, (_, i): FtplibStep => ['put', local, `file-${i}`])
    ok(await runFtplib(target, { maxVersion: 'TLSv1_3', resumes: false }, steps))
    assert.equal((await readdir(user.home)).length, 60)
  })
})

function ok(outcome: Outcome): Outcome {
  assert.ok(outcome.isOk, `exit code ${outcome.exitCode}: ${outcome.stderr}${outcome.stdout}`)
  return outcome
}
