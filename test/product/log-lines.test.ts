import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { auditOf } from '../support/audit-rows.ts'
import { scp } from '../support/clients/openssh.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { type SshUser, SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WebUser } from '../support/web-user.ts'

type Line = Readonly<Record<string, unknown>>

/** Looks like a whole line of the log, to whoever writes names without escaping them. */
const forged = 'a\n{"level":30,"time":1,"username":"root","msg":"session opened"}\r\u001b[2J\u2028"'

interface Work {
  /** Sends `/up`, fetches `/down`, and tells the id that the list of connections has meanwhile, where it can. */
  readonly run: (world: SshWorld, user: SshUser) => Promise<string | undefined>
  /** Connections that it takes. */
  readonly sessions: number
}

const works: Readonly<Record<string, Work>> = {
  SFTP: {
    sessions: 1,
    async run(world, user) {
      using sftp = await connectSftp(user.target)
      await sftp.put('/up', Buffer.from('hello'))
      await sftp.get('/down')
      return await listedId(world, user)
    },
  },
  FTP: {
    sessions: 1,
    async run(world, user) {
      using ftp = await FtpClient.signIn(world.product.ftpPort, loginOf(user))
      await ftp.store('STOR up', 'hello')
      await ftp.retrieve('RETR down')
      return await listedId(world, user)
    },
  },
  HTTP: {
    sessions: 1,
    async run(world, user) {
      const web = await WebUser.signIn(world.product, user.username)
      await web.upload('/up', 'hello')
      await web.download('/down')
      const id = await listedId(world, user)
      await web.signOut()
      return id
    },
  },
  SCP: {
    sessions: 2,
    async run(world, user) {
      const client = scp('-O')(user.target)
      assert.equal((await client.put(await world.localFile(Buffer.from('hello')), '/up')).exitCode, 0)
      assert.equal((await client.get('/down', world.localName())).exitCode, 0)
      return undefined
    },
  },
}

for (const workers of ['1', '2'])
  describe(`lines of the log, WORKERS=${workers}`, { concurrency: 1 }, () => {
    let world: SshWorld
    before(async () => {
      world = await SshWorld.open({ WORKERS: workers, LOG_LEVEL: 'debug' })
    })
    after(() => world[Symbol.asyncDispose]())

    function linesOf(user: SshUser): Line[] {
      return parsed(world.product.log).filter(({ username }) => username === user.username)
    }

    for (const [protocol, { run, sessions }] of Object.entries(works))
      test(`over ${protocol} one line for each file tells all of it, and one id leads through everything`, async () => {
        const user = await world.addUser()
        await writeFile(join(user.home, 'down'), 'content')
        const listed = await run(world, user)
        await waitUntil(
          'the end',
          () => linesOf(user).filter(({ msg }) => msg === 'session closed').length === sessions,
        )
        const lines = linesOf(user)
        const transfers = lines.filter(({ msg }) => /^file (up|down)loaded$/.test(String(msg)))
        assert.deepEqual(
          transfers.map(({ msg, protocol: by, remoteAddress, path, bytes, fileSize }) => ({
            ...{ msg, by, remoteAddress, path, bytes, fileSize },
          })),
          [
            {
              msg: 'file uploaded',
              by: protocol,
              remoteAddress: '127.0.0.1',
              path: '/up',
              bytes: 5,
              fileSize: 5,
            },
            {
              msg: 'file downloaded',
              by: protocol,
              remoteAddress: '127.0.0.1',
              path: '/down',
              bytes: 7,
              fileSize: 7,
            },
          ],
        )
        for (const { durationMs, level, time } of transfers) {
          assert.ok(Number(durationMs) >= 0 && Number(time) > 0)
          assert.equal(level, 30)
        }
        const ids = new Set(lines.flatMap(({ connectionId }) => connectionId ?? []))
        assert.equal(ids.size, sessions)
        if (listed !== undefined) assert.deepEqual([...ids], [listed])
        const opened = lines.filter(({ msg }) => msg === 'session opened')
        assert.deepEqual(new Set(opened.map(({ connectionId }) => connectionId)), ids)
        const rows = await waitUntil('the audit log', async () => {
          const all = await auditOf(world.product, user.username)
          return all.filter(({ action }) => action === 'session-closed').length === sessions && all
        })
        assert.deepEqual(new Set(rows.map(({ connection_id }) => connection_id)), ids)
        if (protocol === 'HTTP') {
          const requests = lines.filter(
            ({ msg, path }) => msg === 'http request' && /uploads/.test(String(path)),
          )
          assert.ok(requests.length >= 2)
          for (const { connectionId } of requests) assert.equal(connectionId, listed)
        }
      })

    test('names that clients choose cannot make a line of their own', async () => {
      const user = await world.addUser()
      const before = world.product.log.length
      const name = forged.replaceAll('/', '')
      using sftp = await connectSftp(user.target)
      await sftp.put(`/${name}`, Buffer.from('x'))
      await sftp.makeDirectory(`/${name}d`)
      const ftp = await FtpClient.connect(world.product.ftpPort)
      await ftp.reply(220)
      const liar = forged.replaceAll(/[\r\n]/g, '')
      await ftp.command(`USER ${liar}`, 331)
      await ftp.command('PASS x', 530)
      ftp[Symbol.dispose]()
      await fetch(`${world.product.httpUrl}/api/v2/session/user`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ username: forged, password: 'x' }),
      })
      await waitUntil('the last of them', () =>
        parsed(world.product.log.slice(before)).some(({ username }) => username === forged),
      )
      const lines = parsed(world.product.log.slice(before))
      assert.equal(lines.filter(({ path }) => path === `/${name}`).length, 1)
      assert.equal(lines.filter(({ path }) => path === `/${name}d`).length, 1)
      assert.ok(lines.some(({ username }) => username === liar))
      assert.ok(!lines.some(({ username }) => username === 'root'))
      // No terminal takes them for orders, no other program for the end of a line.
      for (const line of world.product.log)
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    })
  })

/** Every line is an object: one that is none was written by somebody else. */
function parsed(log: readonly string[]): Line[] {
  return log.map((line) => JSON.parse(line) as Line)
}

function loginOf({ username, home }: SshUser) {
  return { username, home, password: `${username}-password` }
}

async function listedId(world: SshWorld, { username }: SshUser): Promise<string> {
  const { body } = await world.product.api('GET', '/connections')
  const own = (body as { username: string; connection_id: string }[]).filter(
    (one) => one.username === username,
  )
  assert.equal(own.length, 1)
  return own[0]?.connection_id ?? ''
}
