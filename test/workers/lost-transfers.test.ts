import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditOf, row } from '../support/audit-rows.ts'
import { connectSftp } from '../support/ssh-session.ts'
import type { SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { mebibyte, openWorkersWorld, socketOf, workerServing } from './workers-world.ts'

/** What is kept of a user whose session has ended, each row with its connection. */
async function keptOf({ product }: SshWorld, { username }: SshUser) {
  return waitUntil('the end of the session in the audit log', async () => {
    const rows = await auditOf(product, username)
    return rows.some(({ action }) => action === 'session-closed') && rows
  })
}

/** Waits until the transfers that run have moved so many bytes. */
async function bytesAre(world: SshWorld, { username }: SshUser, expected: readonly number[]): Promise<void> {
  await waitUntil('the bytes', async () => {
    const { body } = await world.product.api('GET', '/connections')
    const own = (body as Shown[]).filter((one) => one.username === username)
    const bytes = own.flatMap(({ active_transfers }) => active_transfers.map(({ size }) => size))
    return bytes.toSorted().join() === expected.toSorted().join()
  })
}

/** Waits until the primary process has been told of so many bytes in all. */
async function trafficIs({ product }: SshWorld, expected: Moved): Promise<void> {
  await waitUntil('the traffic', async () => {
    const { traffic } = (await product.api('GET', '/live')).body as { traffic: readonly Moved[] }
    const sum = (way: keyof Moved) => traffic.reduce((all, sample) => all + sample[way], 0)
    return sum('received') === expected.received && sum('sent') === expected.sent
  })
}

interface Moved {
  readonly received: number
  readonly sent: number
}

interface Shown {
  readonly username: string
  readonly active_transfers: readonly { readonly size: number }[]
}

const shapeOf = ({ action, path, target, bytes, detail }: ReturnType<typeof row>) =>
  row(action, path, { target, bytes, detail })

test('each transfer of an SFTP session whose worker dies is kept once as failed, with its bytes, and no other', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const sftp = await connectSftp(user.target)
  await sftp.put('/whole', Buffer.alloc(3 * mebibyte, 1))
  await sftp.get('/whole')
  const upload = await sftp.open('/cut', 'w')
  await sftp.write(upload, 0, Buffer.alloc(100_000, 1))
  const [one, other] = [await sftp.open('/whole', 'r'), await sftp.open('/whole', 'r')]
  assert.equal((await sftp.read(one, 0, 30_000)).length, 30_000)
  assert.equal((await sftp.read(other, 0, 20_000)).length, 20_000)
  await sftp.close(other)
  await sftp.open('/untouched', 'w')
  await bytesAre(world, user, [100_000, 30_000, 0])
  // Told in one message with the bytes of each transfer.
  await trafficIs(world, { received: 3 * mebibyte + 100_000, sent: 3 * mebibyte + 50_000 })
  process.kill(await workerServing(world.product, socketOf(sftp)), 'SIGKILL')
  await sftp.closed
  const rows = await keptOf(world, user)
  const aborted = { detail: 'aborted' }
  const shapes = rows.map(shapeOf)
  assert.deepEqual(shapes.slice(0, 4), [
    row('sign-in', '', { detail: 'publickey' }),
    row('upload', '/whole', { bytes: 3 * mebibyte }),
    row('download', '/whole', { bytes: 3 * mebibyte }),
    row('download', '/whole', { bytes: 20_000 }),
  ])
  assert.deepEqual(shapes.slice(4, -1), [
    row('upload-failed', '/cut', { ...aborted, bytes: 100_000 }),
    row('download-failed', '/whole', { ...aborted, bytes: 30_000 }),
    row('upload-failed', '/untouched', aborted),
  ])
  assert.equal(shapes.at(-1)?.action, 'session-closed')
  const [signIn] = rows
  for (const { connection_id, protocol, remote_address } of rows)
    assert.deepEqual(
      [connection_id, protocol, remote_address],
      [signIn?.connection_id, 'SFTP', signIn?.remote_address],
    )
})

test('an FTP upload whose worker dies at once is kept once as failed', async () => {
  await using world = await openWorkersWorld()
  const user = await world.addUser()
  const login = { username: user.username, password: `${user.username}-password`, home: user.home }
  const ftp = await FtpClient.signIn(world.product.ftpPort, login)
  const data = await ftp.dataSocket(await ftp.passive())
  await ftp.command('STOR cut', 150)
  data.write(Buffer.alloc(50_000))
  await waitUntil('the transfer', async () => {
    const { body } = await world.product.api('GET', '/connections')
    return (body as Shown[]).some((one) => one.active_transfers.length === 1)
  })
  process.kill(await workerServing(world.product, ftp.socket), 'SIGKILL')
  await ftp.closed()
  const rows = await keptOf(world, user)
  const failed = rows.filter(({ action }) => action !== 'sign-in' && action !== 'session-closed')
  assert.deepEqual(
    failed.map(({ action, path, detail, protocol }) => [action, path, detail, protocol]),
    [['upload-failed', '/cut', 'aborted', 'FTP']],
  )
  data.destroy()
  ftp[Symbol.dispose]()
})
