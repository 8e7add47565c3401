import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { scp } from '../support/clients/openssh.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { auditOf, type AuditRow, row } from '../support/audit-rows.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WebUser } from '../support/web-user.ts'

/** More than the quota, in less than one packet of SFTP. */
const tooMuch = 'x'.repeat(20_000)
const quotaBytes = 10_000

/** One thing that a client does, and what is kept of it. */
type Step<Client> = readonly [
  what: string,
  act: (client: Client) => Promise<unknown>,
  kept: readonly AuditRow[],
]

const refusedBy = (operation: string, path: string, code: string, target = '') =>
  row('refused', path, { target, detail: `${operation}: ${code}` })

const sftpSteps: readonly Step<Awaited<ReturnType<typeof connectSftp>>>[] = [
  ['an upload', (sftp) => sftp.put('/a', Buffer.from('hello')), [row('upload', '/a', { bytes: 5 })]],
  ['an overwrite', (sftp) => sftp.put('/a', Buffer.from('hey')), [row('upload', '/a', { bytes: 3 })]],
  ['a download', (sftp) => sftp.get('/a'), [row('download', '/a', { bytes: 3 })]],
  ['a listing', (sftp) => sftp.list('/'), []],
  ['a look', (sftp) => sftp.stat('/a'), []],
  ['a cut', (sftp) => sftp.truncate('/a', 2), [row('setstat', '/a', { detail: 'size' })]],
  ['a rename', (sftp) => sftp.rename('/a', '/b'), [row('rename', '/a', { target: '/b' })]],
  [
    'a link beside places with rules of their own',
    (sftp) => no(sftp.symlink('/link', 'b')),
    [refusedBy('symlink', '/link', 'permission-denied')],
  ],
  ['a directory', (sftp) => sftp.makeDirectory('/d'), [row('mkdir', '/d')]],
  ['no directory', (sftp) => sftp.removeDirectory('/d'), [row('rmdir', '/d')]],
  ['a removed file', (sftp) => sftp.remove('/b'), [row('delete', '/b', { bytes: 2 })]],
  ['nothing there', (sftp) => no(sftp.remove('/b')), []],
  [
    'an upload without right',
    (sftp) => no(sftp.put('/ro/x', Buffer.from('x'))),
    [refusedBy('upload', '/ro/x', 'permission-denied')],
  ],
  [
    'a rename without right',
    (sftp) => no(sftp.rename('/ro/f', '/f')),
    [refusedBy('rename', '/ro/f', 'permission-denied', '/f')],
  ],
  [
    'a removal without right',
    (sftp) => no(sftp.remove('/ro/f')),
    [refusedBy('remove', '/ro/f', 'permission-denied')],
  ],
  [
    'a directory without right',
    (sftp) => no(sftp.makeDirectory('/ro/d')),
    [refusedBy('mkdir', '/ro/d', 'permission-denied')],
  ],
  [
    'a full directory',
    (sftp) => no(sftp.removeDirectory('/full')),
    [refusedBy('rmdir', '/full', 'directory-not-empty')],
  ],
  [
    'an upload over the quota',
    (sftp) => no(sftp.put('/big', Buffer.from(tooMuch))),
    [row('upload-failed', '/big', { detail: 'quota-exceeded' })],
  ],
]

/** The client library sends both paths in the other order than OpenSSH, whose order counts. */
const linkSteps: typeof sftpSteps = [
  ['a link', (sftp) => sftp.symlink('/link', 'b'), [row('symlink', '/link', { target: '/b' })]],
  ['no link', (sftp) => sftp.remove('/link'), [row('delete', '/link')]],
]

const ftpSteps: readonly Step<FtpClient>[] = [
  ['an upload', (ftp) => ftp.store('STOR a', 'hello'), [row('upload', '/a', { bytes: 5 })]],
  ['a part at the end', (ftp) => ftp.store('APPE a', '!!'), [row('upload', '/a', { bytes: 2 })]],
  ['a download', (ftp) => ftp.retrieve('RETR a'), [row('download', '/a', { bytes: 7 })]],
  ['a listing', (ftp) => ftp.retrieve('MLSD /'), []],
  ['a look', (ftp) => ftp.command('SIZE a', 213), []],
  ['a time', (ftp) => ftp.command('MFMT 20200101000000 a', 213), [row('setstat', '/a', { detail: 'times' })]],
  ['a mode', (ftp) => ftp.command('SITE CHMOD 600 a', 200), [row('setstat', '/a', { detail: 'mode' })]],
  [
    'a rename',
    (ftp) => ftp.command('RNFR a', 350).then(() => ftp.command('RNTO b', 250)),
    [row('rename', '/a', { target: '/b' })],
  ],
  ['a directory', (ftp) => ftp.command('MKD d', 257), [row('mkdir', '/d')]],
  ['no directory', (ftp) => ftp.command('RMD d', 250), [row('rmdir', '/d')]],
  ['a removed file', (ftp) => ftp.command('DELE b', 250), [row('delete', '/b', { bytes: 7 })]],
  ['nothing there', (ftp) => ftp.command('DELE b', 550), []],
  [
    'an upload without right',
    (ftp) => no(ftp.store('STOR ro/x', 'x')),
    [refusedBy('upload', '/ro/x', 'permission-denied')],
  ],
  [
    'a rename without right',
    (ftp) => ftp.command('RNFR ro/f', 350).then(() => ftp.command('RNTO f', 553)),
    [refusedBy('rename', '/ro/f', 'permission-denied', '/f')],
  ],
  [
    'a removal without right',
    (ftp) => ftp.command('DELE ro/f', 550),
    [refusedBy('remove', '/ro/f', 'permission-denied')],
  ],
  [
    'a full directory',
    (ftp) => ftp.command('RMD full', 550),
    [refusedBy('rmdir', '/full', 'directory-not-empty')],
  ],
]

const webSteps: readonly Step<WebUser>[] = [
  ['an upload', (web) => web.upload('/a', 'hello'), [row('upload', '/a', { bytes: 5 })]],
  [
    'a text',
    (web) => is(200, web.call('POST', '/user/files/text', { path: '/t', text: 'abc' })),
    [row('upload', '/t', { bytes: 3 })],
  ],
  ['a download', (web) => web.download('/a'), [row('download', '/a', { bytes: 5 })]],
  ['a listing', (web) => is(200, web.call('POST', '/user/dirs', { path: '/' })), []],
  [
    'a directory',
    (web) => is(201, web.call('POST', '/user/dirs/make', { path: '/d' })),
    [row('mkdir', '/d')],
  ],
  [
    'a rename',
    (web) => is(200, web.call('POST', '/user/files/rename', { path: '/a', target: '/b' })),
    [row('rename', '/a', { target: '/b' })],
  ],
  [
    'a copy',
    (web) => job(web, { action: 'copy', paths: ['/b'], target: '/d' }),
    [row('copy', '/b', { target: '/d/b', bytes: 5 })],
  ],
  [
    'a removed tree',
    (web) => job(web, { action: 'delete', paths: ['/d'] }),
    [row('delete', '/d/b', { bytes: 5 }), row('rmdir', '/d')],
  ],
  [
    'an upload without right',
    (web) => web.upload('/ro/x', 'x'),
    [refusedBy('upload', '/ro/x', 'permission-denied')],
  ],
  [
    'a rename without right',
    (web) => is(403, web.call('POST', '/user/files/rename', { path: '/ro/f', target: '/f' })),
    [refusedBy('rename', '/ro/f', 'permission-denied', '/f')],
  ],
  ['nothing there', (web) => is(404, web.call('POST', '/user/files/stat', { path: '/none' })), []],
]

for (const workers of ['1', '2'])
  describe(`files in the audit log, WORKERS=${workers}`, { concurrency: 1 }, () => {
    let world: SshWorld
    before(async () => {
      world = await SshWorld.open({ WORKERS: workers })
    })
    after(() => world[Symbol.asyncDispose]())

    async function addUser(): Promise<SshUser> {
      const permissions = { '/': ['*'], '/ro': ['list', 'download'] }
      const user = await world.addUser({ permissions, quota_size: quotaBytes })
      for (const name of ['ro', 'full']) {
        await mkdir(join(user.home, name))
        await writeFile(join(user.home, name, 'f'), 'x')
      }
      return user
    }

    /** Does every step, each waiting for what is kept of it, and compares all that was kept of the session. */
    async function follow<Client>(
      user: SshUser,
      { protocol, method, client }: { protocol: string; method: string; client: Client },
      steps: readonly Step<Client>[],
      end: () => Promise<unknown> | void,
    ): Promise<void> {
      const connectionId = await connectionOf(user)
      const expected = [row('sign-in', '', { detail: method })]
      for (const [what, act, kept] of steps) {
        await act(client)
        expected.push(...kept)
        await waitUntil(
          what,
          async () => (await auditOf(world.product, user.username)).length >= expected.length,
        )
      }
      await end()
      const rows = await waitUntil('the end', async () => {
        const all = await auditOf(world.product, user.username)
        return all.some(({ action }) => action === 'session-closed') && all
      })
      assert.deepEqual(
        rows
          .slice(0, -1)
          .map(({ action, path, target, bytes, detail }) => ({ action, path, target, bytes, detail })),
        expected,
      )
      assert.equal(rows.at(-1)?.action, 'session-closed')
      for (const { username, protocol: by, remote_address, connection_id } of rows)
        assert.deepEqual(
          [username, by, remote_address, connection_id],
          [user.username, protocol, '127.0.0.1', connectionId],
        )
    }

    async function connectionOf({ username }: SshUser): Promise<string> {
      const { body } = await world.product.api('GET', '/connections')
      const own = (body as { username: string; connection_id: string }[]).filter(
        (one) => one.username === username,
      )
      assert.equal(own.length, 1)
      return own[0]?.connection_id ?? ''
    }

    test('over SFTP, each once, with who, from where and how it went', async () => {
      const user = await addUser()
      const sftp = await connectSftp(user.target)
      await follow(user, { protocol: 'SFTP', method: 'publickey', client: sftp }, sftpSteps, () =>
        sftp.destroy(),
      )
    })

    test('over FTP, each once, with who, from where and how it went', async () => {
      const user = await addUser()
      const login = { username: user.username, password: `${user.username}-password`, home: user.home }
      const ftp = await FtpClient.signIn(world.product.ftpPort, login)
      await follow(user, { protocol: 'FTP', method: 'password', client: ftp }, ftpSteps, () =>
        ftp.command('QUIT', 221),
      )
    })

    test('over HTTP, each once, with who, from where and how it went', async () => {
      const user = await addUser()
      const web = await WebUser.signIn(world.product, user.username)
      await follow(user, { protocol: 'HTTP', method: 'password', client: web }, webSteps, () => web.signOut())
    })

    test('over SCP, each once, with who, from where and how it went', async () => {
      const user = await addUser()
      const client = scp('-O')(user.target)
      assert.equal((await client.put(await world.localFile(Buffer.from('hello')), '/a')).exitCode, 0)
      assert.equal((await client.get('/a', world.localName())).exitCode, 0)
      assert.notEqual((await client.put(await world.localFile(1), '/ro/x')).exitCode, 0)
      const expected = [
        ['upload', '/a', 5, ''],
        ['download', '/a', 5, ''],
        ['refused', '/ro/x', 0, 'upload: permission-denied'],
      ]
      const rows = await waitUntil('three sessions', async () => {
        const all = await auditOf(world.product, user.username)
        return all.filter(({ action }) => action === 'session-closed').length === 3 && all
      })
      const sessions = new Set(rows.map(({ connection_id }) => connection_id))
      assert.equal(sessions.size, 3)
      const work = rows.filter(({ action }) => action !== 'sign-in' && action !== 'session-closed')
      assert.deepEqual(
        work.map(({ action, path, bytes, detail }) => [action, path, bytes, detail]),
        expected,
      )
      for (const { protocol, remote_address } of work)
        assert.deepEqual([protocol, remote_address], ['SCP', '127.0.0.1'])
    })

    test('a link and its removal are kept, with what it leads to', async () => {
      const user = await world.addUser()
      const sftp = await connectSftp(user.target)
      await follow(user, { protocol: 'SFTP', method: 'publickey', client: sftp }, linkSteps, () =>
        sftp.destroy(),
      )
    })

    test('a sign-in that is refused is kept, with the reason and without the password', async () => {
      const user = await addUser()
      const client = await FtpClient.connect(world.product.ftpPort)
      await client.reply(220)
      await client.command(`USER ${user.username}`, 331)
      await client.command('PASS a-secret-that-is-wrong', 530)
      const [kept] = await waitUntil('the row', async () => {
        const rows = await auditOf(world.product, user.username)
        return rows.length > 0 && rows
      })
      assert.deepEqual(
        [kept?.action, kept?.protocol, kept?.remote_address, kept?.detail],
        ['sign-in-refused', 'FTP', '127.0.0.1', 'access-denied'],
      )
      assert.ok(!JSON.stringify(kept).includes('a-secret'))
      client[Symbol.dispose]()
    })
  })

async function no(promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise)
}

async function is(status: number, answer: Promise<Response>): Promise<void> {
  const { status: got, ...rest } = await answer.then(async (one) => ({
    status: one.status,
    text: await one.text(),
  }))
  assert.equal(got, status, rest.text)
}

async function job(web: WebUser, order: object): Promise<void> {
  const { id } = (await (await web.call('POST', '/user/jobs', order)).json()) as { id: string }
  await waitUntil('the job', async () => {
    const jobs = (await (await web.call('GET', '/user/jobs')).json()) as { id: string; state: string }[]
    return jobs.some((one) => one.id === id && one.state === 'done')
  })
}
