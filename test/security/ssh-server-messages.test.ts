import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disconnectReason } from '../../src/protocols/sftp/disconnect-message.ts'
import { RawSsh } from '../support/raw-ssh.ts'
import { openSftpWorld } from '../support/sftp-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const passwords = { right: 'ann-password', wrong: 'wrong' }

/** With fields as a server would send them; 60 is what it asks in the middle of a sign-in. */
const serverMessages = {
  'USERAUTH_FAILURE (51)': Buffer.from('\x33\0\0\0\x08password\0', 'latin1'),
  'USERAUTH_SUCCESS (52)': Buffer.from([52]),
  'USERAUTH_BANNER (53)': Buffer.from('\x35\0\0\0\x02hi\0\0\0\0', 'latin1'),
  'USERAUTH_PASSWD_CHANGEREQ (60)': Buffer.from('\x3c\0\0\0\x02hi\0\0\0\0', 'latin1'),
}

for (const [name, message] of Object.entries(serverMessages))
  for (const [kind, password] of Object.entries(passwords))
    test(
      `a client that sends ${name} while its ${kind} password is checked is cut off, and leaves no session`,
      { timeout: 20_000 },
      async () => {
        await using world = await openSftpWorld()
        using client = await RawSsh.open(world.port)
        await client.exchangeKeys()
        await client.askToSignIn('ann', password)
        client.send(message)
        const { reason } = await client.ended()
        assert.equal(reason, disconnectReason.protocolError)
        await waitUntil('no session', () => world.core.connections.list().length === 0)
        await world.openSftp()
      },
    )
