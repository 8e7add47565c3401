import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { curl } from '../support/clients/curl.ts'
import type { MakeClient } from '../support/clients/file-client.ts'
import { lftp } from '../support/clients/lftp.ts'
import { opensshSftp } from '../support/clients/openssh.ts'
import { paramiko } from '../support/clients/paramiko.ts'
import { psftp } from '../support/clients/psftp.ts'
import { rclone } from '../support/clients/rclone.ts'
import { runProgram } from '../support/run-program.ts'
import { hostKeyFingerprint } from '../support/ssh-programs.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { SshfsMount } from '../support/sshfs-mount.ts'

const entryCount = 50_000

const clients: readonly (readonly [string, MakeClient])[] = [
  ['OpenSSH sftp', opensshSftp],
  ['lftp', lftp('sftp')],
  ['curl', curl('sftp')],
  ['rclone', rclone('sftp')],
  ['PuTTY psftp', psftp],
  ['paramiko', paramiko],
]

describe('a directory with 50,000 entries is listed with every name', { concurrency: 2 }, () => {
  let world: SshWorld
  let user: SshUser
  before(async () => {
    world = await SshWorld.open()
    user = await world.addUser()
    await mkdir(join(user.home, 'many'))
    const script = `seq -f 'entry-%05g' ${entryCount} | xargs touch`
    await runProgram('sh', ['-c', script], { cwd: join(user.home, 'many') })
  })
  after(() => world[Symbol.asyncDispose]())

  for (const [name, makeClient] of clients)
    test(`by ${name}`, async () => {
      const fingerprint = await hostKeyFingerprint(user.target.port)
      const { isOk, stdout, stderr } = await makeClient({
        ...user.target,
        hostKeyFingerprint: fingerprint,
      }).list('/many')
      assert.ok(isOk, stderr)
      assert.equal(new Set(stdout.match(/entry-\d{5}/g)).size, entryCount)
    })

  test('by sshfs', async () => {
    await using mount = await SshfsMount.open(user.target, world.localName())
    assert.equal(new Set(await readdir(join(mount.path, 'many'))).size, entryCount)
  })
})
