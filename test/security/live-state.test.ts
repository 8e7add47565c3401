import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient, gone } from '../protocols/ftp/ftp-client.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { ended, jsonHeaders, signInBrowser } from './sessions.ts'

const fileBytes = 8 * 1024 * 1024
/** KB/s: a transfer of the file takes longer than a test. */
const slow = { download_bandwidth: 256 }
const protocols = ['SFTP', 'FTP', 'FTPS', 'HTTP'] as const
type Protocol = (typeof protocols)[number]

/** Something of a user that is open, and has to end by itself. */
interface Open {
  readonly what: string
  readonly ended: Promise<unknown>
}

const put = (fields: object) => async (world: SshWorld, user: SshUser) => {
  const { body } = await world.product.api('GET', `/users/${user.username}`)
  return world.product.api('PUT', `/users/${user.username}`, { ...(body as object), ...fields })
}

const folder = (world: SshWorld, name: string) => ({
  name,
  mapped_path: join(world.product.storagesDirectory, name),
})

interface Change {
  readonly what: string
  readonly make: (world: SshWorld, user: SshUser) => Promise<{ status: number }>
  /** What it does not touch. */
  readonly spares?: readonly Protocol[]
}

const changes: readonly Change[] = [
  { what: 'disabled', make: put({ status: 0 }) },
  { what: 'deleted', make: (world, user) => world.product.api('DELETE', `/users/${user.username}`) },
  { what: 'expired by an admin', make: put({ expiration_date: 1000 }) },
  { what: 'given another password', make: put({ password: 'another password' }) },
  { what: 'given other permissions', make: put({ permissions: { '/': ['list'] } }) },
  {
    what: 'given other patterns',
    make: put({ filters: { file_patterns: [{ path: '/', denied_patterns: ['*.bin'] }] } }),
  },
  { what: 'left without its key', make: put({ public_keys: [] }) },
  { what: 'denied a method', make: put({ filters: { denied_login_methods: ['keyboard-interactive'] } }) },
  { what: 'moved', make: (world, user) => put({ home_dir: `${user.home}-moved` })(world, user) },
  {
    what: 'given a folder',
    async make(world, user) {
      const mount = folder(world, `of-${user.username}`)
      await world.product.api('POST', '/folders', mount)
      return put({ virtual_folders: [{ name: mount.name, virtual_path: '/one' }] })(world, user)
    },
  },
  {
    what: 'denied SFTP',
    make: put({ filters: { denied_protocols: ['SSH'] } }),
    spares: ['FTP', 'FTPS', 'HTTP'],
  },
  { what: 'denied FTP', make: put({ filters: { denied_protocols: ['FTP'] } }), spares: ['SFTP', 'HTTP'] },
  {
    what: 'denied HTTP',
    make: put({ filters: { denied_protocols: ['HTTP'] } }),
    spares: ['SFTP', 'FTP', 'FTPS'],
  },
]

for (const workers of ['1', '2'])
  describe(
    `an account that is changed loses what it has open (${workers} workers)`,
    { concurrency: 1 },
    () => {
      let world: SshWorld
      before(async () => {
        world = await SshWorld.open({ WORKERS: workers })
      })
      after(() => world[Symbol.asyncDispose]())

      for (const { what, make, spares = [] } of changes)
        test(
          `${what}: idle sessions, uploads and downloads over every protocol`,
          { timeout: 60_000 },
          async () => {
            const user = await world.addUser(slow)
            await writeFile(join(user.home, 'large.bin'), Buffer.alloc(fileBytes))
            const open: Record<Protocol, Open[]> = {
              SFTP: [await idleSftp(user), await sftpUpload(user), await sftpDownload(user)],
              FTP: [await idleFtp(world, user), ...(await ftpDownload(world, user, false))],
              FTPS: await ftpDownload(world, user, true),
              HTTP: await http(world, user),
            }
            assert.equal((await make(world, user)).status, 200)
            for (const protocol of protocols) {
              const left = spares.includes(protocol)
              for (const { what: one, ended: end } of open[protocol])
                assert.equal(await ended(end, left ? 50 : 10_000), !left, `${one} of one who is ${what}`)
            }
            if (spares.length === 0) await world.sessionsAre(user.username, 0)
            else assert.equal((await world.product.api('DELETE', `/users/${user.username}`)).status, 200)
            for (const protocol of protocols)
              for (const { what: one, ended: end } of open[protocol]) assert.ok(await ended(end, 10_000), one)
          },
        )

      test('a session that was open before ends when its account expires by the clock, transfers included', async () => {
        const user = await world.addUser({ ...slow, expiration_date: Date.now() + 8_000 })
        await writeFile(join(user.home, 'large.bin'), Buffer.alloc(fileBytes))
        const open = [
          ...[await idleSftp(user), await sftpUpload(user), await sftpDownload(user)],
          ...(await ftpDownload(world, user, true)),
          ...(await http(world, user)),
        ]
        for (const { what, ended: end } of open) assert.ok(await ended(end, 15_000), what)
        await world.sessionsAre(user.username, 0)
      })
    },
  )

async function idleSftp(user: SshUser): Promise<Open> {
  const session = await connectSftp(user.target)
  return { what: 'an idle SFTP session', ended: session.closed }
}

async function sftpUpload(user: SshUser): Promise<Open> {
  const session = await connectSftp(user.target)
  const handle = await session.open('/new.bin', 'w')
  await session.write(handle, 0, Buffer.alloc(1000))
  return { what: 'an SFTP upload', ended: session.closed }
}

async function sftpDownload(user: SshUser): Promise<Open> {
  const session = await connectSftp(user.target, { password: `${user.username}-password` })
  const read = session.get('/large.bin').then(
    () => assert.fail('the download was complete'),
    () => session.closed,
  )
  return { what: 'an SFTP download', ended: read }
}

const ftpUserOf = ({ username, home }: SshUser) => ({ username, home, password: `${username}-password` })

async function idleFtp({ product }: SshWorld, user: SshUser): Promise<Open> {
  const client = await FtpClient.signIn(product.ftpPort, ftpUserOf(user))
  return { what: 'an idle FTP session', ended: client.closed() }
}

async function ftpDownload({ product }: SshWorld, user: SshUser, tls: boolean): Promise<Open[]> {
  const client = await FtpClient.signIn(product.ftpPort, ftpUserOf(user), { tls })
  const socket = await client.dataSocket(await client.passive())
  await client.command('RETR /large.bin', 150)
  const stream = tls ? await client.secureData(socket) : socket
  let received = 0
  stream.on('data', (chunk: Buffer) => (received += chunk.length))
  const end = gone(stream).then(() => assert.ok(received < fileBytes))
  const name = tls ? 'FTPS' : 'FTP'
  return [
    { what: `an ${name} download`, ended: end },
    { what: `the ${name} session of a download`, ended: client.closed() },
  ]
}

/** A download that runs, and the cookie, which is asked until it is refused. */
async function http({ product }: SshWorld, user: SshUser): Promise<Open[]> {
  const api = `${product.httpUrl}/api/v2`
  const headers = await signInBrowser(product, user.username)
  const response = await fetch(`${api}/user/files/read`, {
    method: 'POST',
    headers: { ...headers, ...jsonHeaders },
    body: JSON.stringify({ path: '/large.bin', offset: 0, length: fileBytes / 2 }),
  })
  assert.equal(response.status, 200)
  const download = response.arrayBuffer().then(
    () => assert.fail('the download was complete'),
    () => undefined,
  )
  const refused = async () => {
    while ((await fetch(`${api}/user/profile`, { headers })).status !== 401)
      await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return [
    { what: 'an HTTP download', ended: download },
    { what: 'the cookie', ended: refused() },
  ]
}
