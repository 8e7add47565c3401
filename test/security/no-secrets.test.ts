import assert from 'node:assert/strict'
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { issueCertificate } from '../support/certificates.ts'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { startProduct } from '../support/product.ts'
import { connectSftp } from '../support/ssh-session.ts'
import { jsonHeaders } from './sessions.ts'

/** Text that appears nowhere else, with characters that encodings change. */
const canary = (what: string) => `canary ${what}&%\u00e9`
const secrets = {
  adminPassword: canary('admin-password'),
  platformPassword: canary('platform-password'),
  wrong: canary('wrong-password'),
  user: canary('user-password'),
  userNext: canary('user-next-password'),
  userByAdmin: canary('user-by-admin-password'),
  other: canary('other-admin-password'),
  otherNext: canary('other-admin-next-password'),
  passphrase: canary('backup-passphrase'),
  scheduled: canary('scheduled-passphrase'),
}

for (const workers of ['1', '2'])
  test(
    `secrets are in no log, answer, database, backup or process (${workers} workers)`,
    { timeout: 120_000 },
    async () => {
      await using fake = await startFakeThinger({
        users: [{ user: 'alice', password: secrets.platformPassword }],
      })
      await using directory = await mkdtempDisposable(join(tmpdir(), 'no-secrets-'))
      const { key } = await issueCertificate(join(directory.path, 'certificates'), 'localhost')
      await using product = await startProduct({
        directory: directory.path,
        env: {
          ...{ THINGER_HOST: 'localhost', THINGER_USER: 'alice', THINGER_PLUGIN: 'sftpgo' },
          ...{ THINGER_API_URL: fake.url, THINGER_TOKEN_SFTPGO_PLUGIN: fake.pluginToken },
          ...{ ADMIN_USERNAME: 'root', ADMIN_PASSWORD: secrets.adminPassword },
          ...{ LOG_LEVEL: 'debug', WORKERS: workers },
        },
      })
      /** What a client got and was not meant to be told a secret in. */
      const answers: string[] = []
      /** Made by the server while the test runs. */
      const issued: string[] = []
      let headers: Record<string, string> = {}
      const call = async (
        method: string,
        path: string,
        body?: unknown,
        more: Record<string, string> = {},
      ) => {
        const response = await fetch(`${product.httpUrl}/api/v2${path}`, {
          method,
          headers: { ...headers, ...(body === undefined ? {} : jsonHeaders), ...more },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        })
        const text = await response.text()
        const cookie = response.headers.getSetCookie()[0]?.split(';')[0]?.split('=')[1]
        const parsed = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
        for (const value of [cookie, parsed['access_token']])
          if (typeof value === 'string' && value !== '') issued.push(value)
        if (parsed['access_token'] === undefined) answers.push(text)
        return {
          status: response.status,
          parsed,
          cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
        }
      }
      const basic = (username: string, password: string) => ({
        Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      })
      const expect = async (status: number, ...request: Parameters<typeof call>) => {
        const answer = await call(...request)
        assert.equal(answer.status, status, `${request[0]} ${request[1]} ${JSON.stringify(answer.parsed)}`)
        return answer
      }

      // Admins: every way in, right and wrong, and what they make.
      await expect(401, 'GET', '/token', undefined, basic('root', secrets.wrong))
      await expect(401, 'POST', '/token', { username: 'root', password: secrets.wrong })
      await expect(401, 'POST', '/session/admin', { username: 'alice', password: secrets.wrong })
      await expect(401, 'POST', '/session/admin', { username: 'setup', password: secrets.wrong })
      await expect(400, 'POST', '/token', `{"username":"root","password":"${secrets.wrong}`)
      await expect(400, 'POST', '/token', { username: 'root', password: [secrets.wrong] })
      await expect(200, 'POST', '/session/admin', { username: 'alice', password: secrets.platformPassword })
      await expect(200, 'POST', '/session/admin', {
        username: 'alice',
        password: fake.issueAccessToken('alice'),
      })
      const { parsed } = await expect(200, 'GET', '/token', undefined, basic('root', secrets.adminPassword))
      headers = { Authorization: `Bearer ${String(parsed['access_token'])}` }
      const user = { username: 'bob', password: secrets.user, status: 1, permissions: { '/': ['*'] } }
      await expect(201, 'POST', '/users', user)
      await expect(409, 'POST', '/users', user)
      await expect(400, 'POST', '/users', { ...user, username: 'a/b' })
      await expect(201, 'POST', '/admins', {
        username: 'other',
        password: secrets.other,
        status: 1,
        permissions: ['*'],
      })
      await expect(201, 'POST', '/backups', { passphrase: secrets.passphrase })
      await expect(200, 'PUT', '/settings', {
        set: { backup_interval_hours: 24 },
        backup_passphrase: secrets.scheduled,
      })
      await call('GET', '/users/bob')
      await call('GET', '/settings')
      const { body: list } = await backupsOf(call)
      for (const passphrase of [secrets.passphrase, secrets.wrong])
        await call('POST', '/backups/plan', { name: list, passphrase })

      // An admin's own password, key and session.
      const root = headers
      const own = await expect(200, 'POST', '/session/admin', { username: 'other', password: secrets.other })
      headers = { Cookie: own.cookie, 'X-CSRF-TOKEN': String(own.parsed['csrf_token']) }
      await expect(201, 'POST', '/admin/tokens', { name: 'script', expires_at: Date.now() + 3_600_000 })
      await expect(400, 'PUT', '/admin/changepwd', {
        current_password: secrets.wrong,
        new_password: secrets.otherNext,
      })
      await expect(200, 'PUT', '/admin/changepwd', {
        current_password: secrets.other,
        new_password: secrets.otherNext,
      })

      // Users: every protocol, right and wrong, and the own password.
      headers = {}
      const bob = {
        host: '127.0.0.1',
        port: product.sftpPort,
        username: 'bob',
        password: '',
        keyFile: '',
        hostKeyFingerprint: '',
        scratch: '',
      }
      const ftpUser = { username: 'bob', home: product.homeOf('bob') }
      for (const tls of [false, true]) {
        await assert.rejects(
          FtpClient.signIn(product.ftpPort, { ...ftpUser, password: secrets.wrong }, { tls }),
        )
        ;(await FtpClient.signIn(product.ftpPort, { ...ftpUser, password: secrets.user }, { tls }))[
          Symbol.dispose
        ]()
      }
      using typing = await FtpClient.connect(product.ftpPort)
      await typing.reply(220)
      for (const line of [
        `PASS ${secrets.wrong}`,
        `USER bob`,
        `PASSW ${secrets.wrong}`,
        `ACCT ${secrets.wrong}`,
        `SITE ${secrets.wrong}`,
      ])
        answers.push((await typing.command(line)).text)
      await assert.rejects(connectSftp(bob, { password: secrets.wrong }))
      ;(await connectSftp(bob, { password: secrets.user })).destroy()
      await expect(401, 'POST', '/session/user', { username: 'bob', password: secrets.wrong })
      const web = await expect(200, 'POST', '/session/user', { username: 'bob', password: secrets.user })
      headers = { Cookie: web.cookie, 'X-CSRF-TOKEN': String(web.parsed['csrf_token']) }
      await expect(400, 'POST', '/user/password', {
        current_password: secrets.wrong,
        new_password: secrets.userNext,
      })
      await expect(200, 'POST', '/user/password', {
        current_password: secrets.user,
        new_password: secrets.userNext,
      })
      await call('GET', `/user/none?authorization=${encodeURIComponent(secrets.wrong)}`)
      headers = root
      await expect(200, 'PUT', '/users/bob', { ...user, password: secrets.userByAdmin })
      await call('POST', '/events/search', {})
      await expect(200, 'GET', '/logout')

      const processes = [product.pid, ...(await childrenOf(product.pid))]
      assert.equal(processes.length, workers === '1' ? 1 : 3)
      const shown = await Promise.all(
        processes.map(
          async (pid) =>
            `${await readFile(`/proc/${pid}/cmdline`, 'utf8')} ${await readFile(`/proc/${pid}/comm`, 'utf8')}`,
        ),
      )
      const told = Object.values(secrets).concat(issued, fake.pluginToken, key.split('\n')[1] ?? '')
      assert.ok(told.every((secret) => secret.length > 10))
      assert.ok(issued.length >= 6 && product.log.length > 30)
      await product.stop()
      const stored = await everythingIn(join(product.directory, 'state'))
      const backups = await everythingIn(join(product.storagesDirectory, 'sftpgo_data', 'backups'))
      assert.ok(stored.length > 10_000 && backups.length > 100)
      refuteAll('the log', product.log.join('\n'), told)
      refuteAll('an answer', answers.join('\n'), told)
      refuteAll('the list of processes', shown.join('\n'), told)
      refuteAll('a backup', backups, told)
      // What scheduled backups are encrypted with has to be kept.
      refuteAll(
        'the database',
        stored,
        told.filter((secret) => secret !== secrets.scheduled),
      )
    },
  )

async function backupsOf(
  call: (method: string, path: string) => Promise<{ parsed: Record<string, unknown> }>,
) {
  const { parsed } = await call('GET', '/backups')
  const first = Object.values(parsed).flat()[0] as { name?: string } | undefined
  return { body: first?.name ?? 'none.json' }
}

/** In any of the forms in which text travels. */
function refuteAll(where: string, text: string, told: readonly string[]): void {
  for (const secret of told)
    for (const form of new Set([
      secret,
      Buffer.from(secret).toString('latin1'),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      JSON.stringify(secret).slice(1, -1),
      secret.slice(0, secret.indexOf('&') + 1) || secret,
    ]))
      assert.ok(!text.includes(form), `${where} holds ${form}`)
}

async function everythingIn(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n')
}

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(/\s+/).filter(Boolean).map(Number)
}
