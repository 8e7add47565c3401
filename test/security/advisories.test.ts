import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Client, ClientChannel } from 'ssh2'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { readText, root } from '../repository/rendered-manifest.ts'
import { runSsh } from '../support/ssh-programs.ts'
import { connectSftp, connectSsh } from '../support/ssh-session.ts'
import { readOffer } from '../support/ssh-wire.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { jsonHeaders, signInBrowser } from './sessions.ts'

/** What was found in the product that this one replaces, and that we do not have it. SECURITY.md has the table. */
describe('advisories: protocols and code', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  async function isServing(): Promise<void> {
    assert.equal((await fetch(`${world.product.httpUrl}/healthz`)).status, 200)
  }

  /** `file:line` of what stands in the product's sources. */
  function found(pattern: RegExp, files = 'src/**/*.{ts,tsx}'): string[] {
    return globSync(files, { cwd: root, exclude: ['**/*.test.ts'] }).flatMap((file) =>
      readText(file)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    )
  }

  test('CVE-2023-48795: the server insists on strict key exchange', async () => {
    const { kex } = await readOffer(world.product.sftpPort)
    assert.ok(kex.includes('kex-strict-s-v00@openssh.com'))
    const { target } = await world.addUser()
    const { stderr } = await runSsh(target, ['pwd'], ['-vvv'])
    assert.match(stderr, /will use strict KEX ordering/)
  })

  test('CVE-2024-52309: no rule runs a command, because nothing can start a program', async () => {
    for (const path of ['/eventactions', '/eventrules'])
      for (const method of ['GET', 'POST'])
        assert.equal(
          (await world.product.api(method, path, method === 'POST' ? {} : undefined)).status,
          404,
          path,
        )
    const starters = found(/from 'node:(child_process|vm|worker_threads)'/).filter(
      (line) => !line.includes('import type'),
    )
    assert.deepEqual(starters, [])
    // Processes of the same program, with arguments that no client chooses.
    assert.deepEqual(
      found(/from 'node:cluster'/).map((line) => line.split(':')[0]),
      ['src/workers/worker-process.ts'],
    )
  })

  test('CVE-2024-52801: tokens are 256 random bits, and no two are alike', async () => {
    const { username } = await world.addUser()
    const tokens = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const { Cookie = '' } = await signInBrowser(world.product, username)
      tokens.add(Cookie.slice(Cookie.indexOf('=') + 1))
    }
    assert.equal(tokens.size, 20)
    assert.equal(new Set([...tokens].map((token) => token.slice(0, 8))).size, 20)
    for (const token of tokens) assert.equal(Buffer.from(token, 'base64url').length, 32)
    const guessable = found(/Math\.random|Date\.now\(\)\.toString/, 'src/{core,protocols}/**/*.ts')
    assert.deepEqual(guessable, [])
  })

  test('GHSA-vj7w-3m8c-6vpx: rsync, and options for any program, reach no program', async () => {
    const { target, home } = await world.addUser()
    for (const command of [
      'rsync --server -e.Ls --rsync-path="touch /tmp/x" . /',
      `rsync --server --sender -vlogDtpre.iLsfxC . ${home}`,
      'scp -S /bin/sh -t /',
      'scp -oProxyCommand=id -f /a',
      'git-upload-pack /',
      'sha256sum --check /etc/passwd',
    ]) {
      const { isOk } = await runSsh(target, [command])
      assert.ok(!isOk, command)
    }
    assert.deepEqual(await readdir(home), [])
  })

  test('CVE-2026-30914: a path is brought to one form before it is checked, however it is written', async () => {
    const user = await world.addUser({ permissions: { '/': ['list'], '/in': ['*'] } })
    await mkdir(join(user.home, 'in'))
    await writeFile(join(user.home, 'secret'), 'marker')
    const paths = [
      '/in/../secret',
      '/in//..//secret',
      '/in/./../secret',
      '//secret',
      '/in/x/../../secret',
      'in/../secret',
    ]
    using sftp = await connectSftp(user.target)
    const ftpUser = { username: user.username, home: user.home, password: `${user.username}-password` }
    using ftp = await FtpClient.signIn(world.product.ftpPort, ftpUser)
    const headers = { ...(await signInBrowser(world.product, user.username)), ...jsonHeaders }
    for (const path of paths) {
      await assert.rejects(sftp.get(path), path)
      await ftp.passive()
      assert.equal((await ftp.command(`RETR ${path}`)).code, 550, path)
      const body = JSON.stringify({ path, offset: 0, length: 10 })
      const answer = await fetch(`${world.product.httpUrl}/api/v2/user/files/read`, {
        method: 'POST',
        headers,
        body,
      })
      assert.ok(answer.status >= 400 && !(await answer.text()).includes('marker'), path)
    }
  })

  test('CVE-2026-30915: a user name is no path, and nothing in a directory’s name is replaced', async () => {
    for (const username of ['../x', 'a/b', '..', '.', 'a..b', 'a\\b', 'a\0b']) {
      const { status } = await world.product.api('POST', '/users', { username, permissions: { '/': ['*'] } })
      assert.equal(status, 400, username)
    }
    const home_dir = join(world.product.storagesDirectory, '%username%')
    await world.product.addUser('template', { home_dir })
    const { body } = await world.product.api('GET', '/users/template')
    assert.equal((body as { home_dir: string }).home_dir, home_dir)
  })

  test('2.7.4: a link made by a client leads nowhere outside its directory', async () => {
    const user = await world.addUser()
    using sftp = await connectSftp(user.target)
    for (const [index, target] of [
      '/etc/passwd',
      '../../../../../../etc/passwd',
      '/proc/self/environ',
    ].entries()) {
      const link = `/link${index}`
      await sftp.symlink(target, link).catch(() => undefined)
      await assert.rejects(sftp.get(link), target)
    }
    const limited = await world.addUser({ permissions: { '/': ['*'], '/sub': ['list'] } })
    using other = await connectSftp(limited.target)
    await assert.rejects(other.symlink('/a', '/b'))
  })

  test('2.7.5: malformed requests for a subsystem end one connection, not the server', async () => {
    const { target } = await world.addUser()
    for (const name of [
      Buffer.alloc(0),
      Buffer.from([0, 0]),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0, 0, 0, 9, 1]),
    ]) {
      using connection = await connectSsh(target)
      requestSubsystem(connection.client, name)
      await Promise.race([connection.closed, new Promise((resolve) => setTimeout(resolve, 300))])
      await isServing()
    }
    using again = await connectSftp(target)
    assert.deepEqual(await again.list('/'), [])
  })

  test('GHSA-j4w8-6gjf-fqvg: an SCP record without an end is cut off, and takes no memory', async () => {
    const { target } = await world.addUser()
    using connection = await connectSsh(target)
    const before = rssOf(world.product.pid)
    const stream = await connection.answer<ClientChannel>((done) => connection.client.exec('scp -t /', done))
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()))
    stream.on('error', () => undefined).resume()
    stream.write('C0644 ')
    let isOver = false
    void closed.then(() => (isOver = true))
    for (let count = 0; count < 640 && !isOver && stream.writable; count++)
      if (!stream.write(Buffer.alloc(64 * 1024, '1')))
        await Promise.race([
          closed,
          connection.closed,
          new Promise((resolve) => stream.once('drain', resolve)),
        ])
    await Promise.race([closed, connection.closed])
    assert.ok(rssOf(world.product.pid) - before < 64 * 1024 * 1024)
    await isServing()
  })

  test('2.7.3: sessions of a user are counted in one step, however many come at once', async () => {
    const user = await world.addUser({ max_sessions: 2 })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => connectSftp(user.target)))
    const open = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    assert.equal(open.length, 2)
    for (const { value } of open) value.destroy()
  })
})

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

interface RawProtocol {
  session(channel: number, window: number, maxPacket: number): void
  readonly _packetRW: {
    readonly write: { allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer }
  }
  readonly _cipher: { encrypt(packet: Buffer): void }
}

/** SSH_MSG_CHANNEL_REQUEST for a subsystem whose name is these bytes as they are (RFC 4254 §6.5). */
function requestSubsystem(client: Client, name: Buffer): void {
  const { _protocol: protocol } = client as unknown as { _protocol: RawProtocol }
  protocol.session(0, 1024 * 1024, 32 * 1024)
  const head = Buffer.concat([
    Buffer.from([98, 0, 0, 0, 0, 0, 0, 0, 9]),
    Buffer.from('subsystem'),
    Buffer.from([1]),
  ])
  const { write } = protocol._packetRW
  const packet = write.alloc(head.length + name.length)
  name.copy(packet, write.allocStart + head.copy(packet, write.allocStart))
  protocol._cipher.encrypt(write.finalize(packet))
}
