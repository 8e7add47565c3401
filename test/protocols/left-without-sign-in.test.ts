import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { FtpClient } from './ftp/ftp-client.ts'
import { RawSsh } from '../support/raw-ssh.ts'
import { connectSsh } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

async function leaveAtOnce(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.destroy()
}

for (const workers of ['1', '2'])
  test(`who leaves SSH or FTP without trying to sign in is counted, and nobody else (${workers} workers)`, async () => {
    await using world = await SshWorld.open({ WORKERS: workers })
    const { product } = world
    const { sftpPort, ftpPort } = product
    const metric = async (name: string) => {
      const text = await (await fetch(`http://${product.addresses.metrics}/metrics`)).text()
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      )
    }
    const { target, username } = await world.addUser()

    await leaveAtOnce(sftpPort)
    ;(await RawSsh.open(sftpPort))[Symbol.dispose]()
    const exchanged = await RawSsh.open(sftpPort)
    await exchanged.exchangeKeys()
    exchanged[Symbol.dispose]()
    await assert.rejects(connectSsh(target, { authHandler: ['none'] }))
    await leaveAtOnce(ftpPort)
    const named = await FtpClient.connect(ftpPort)
    await named.reply(220)
    await named.command(`USER ${username}`, 331)
    named[Symbol.dispose]()
    await waitUntil('all six are counted', async () => (await metric('sftpgo_no_auth_total')) >= 6)

    await assert.rejects(connectSsh(target, { password: 'wrong' }))
    await assert.rejects(connectSsh({ ...target, username: 'nobody' }))
    ;(await connectSsh(target))[Symbol.dispose]()
    const refused = await FtpClient.connect(ftpPort)
    await refused.reply(220)
    await refused.command(`USER ${username}`, 331)
    await refused.command('PASS wrong', 530)
    refused[Symbol.dispose]()
    const password = `${username}-password`
    ;(await FtpClient.signIn(ftpPort, { username, password }))[Symbol.dispose]()
    await waitUntil(
      'all have left',
      async () => (await metric('sftpgo_sessions_total{protocol="FTP"}')) === 1,
    )
    await leaveAtOnce(sftpPort)
    await waitUntil('the last one', async () => (await metric('sftpgo_no_auth_total')) >= 7)
    assert.equal(await metric('sftpgo_no_auth_total'), 7)
    assert.ok(!product.log.some((line) => line.includes('without a sign-in')), 'nobody fills the log by that')
  })
