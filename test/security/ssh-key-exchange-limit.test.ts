import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawSsh, sshMessage, type SshEnded } from '../support/raw-ssh.ts'
import { openSftpWorld } from '../support/sftp-world.ts'

const protocolError = 2

test('a client that has not signed in may exchange keys a few times and not for ever', async () => {
  await using world = await openSftpWorld()
  using client = await RawSsh.open(world.port)
  let exchanges = 0
  let end: SshEnded | undefined
  while (!end && exchanges < 20)
    end = await client
      .exchangeKeys({ skip: [sshMessage.extInfo] })
      .then(() => void exchanges++)
      .catch((error: SshEnded) => error)
  assert.equal(end?.reason, protocolError)
  assert.ok(exchanges >= 3 && exchanges <= 5, `${exchanges} key exchanges`)
})

test('a client that has signed in may exchange keys as often as it likes', async () => {
  await using world = await openSftpWorld()
  using client = await RawSsh.signedIn(world.port)
  for (let i = 0; i < 20; i++) await client.exchangeKeys()
})
