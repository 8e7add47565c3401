import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ClientChannel } from 'ssh2'
import { sshOptions } from '../support/clients/openssh.ts'
import { runSsh } from '../support/ssh-programs.ts'
import { connectSsh } from '../support/ssh-session.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('SSH without a shell', { concurrency: 2 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())

  test('the hash commands tell the hash of a file', async () => {
    const { target, home } = await world.addUser()
    const bytes = randomBytes(700_000)
    await writeFile(join(home, 'with space'), bytes)
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      const expected = createHash(algorithm).update(bytes).digest('hex')
      const outcome = await runSsh(target, [`${algorithm}sum '/with space'`])
      assert.ok(outcome.isOk, outcome.stderr)
      assert.equal(outcome.stdout.split(' ')[0], expected)
      const missing = await runSsh(target, [`${algorithm}sum /none`])
      assert.ok(!missing.isOk && missing.exitCode !== null)
    }
  })

  test('a file that may not be downloaded is not hashed', async () => {
    const { target, home } = await world.addUser({ permissions: { '/': ['list', 'upload'] } })
    await writeFile(join(home, 'f'), 'x')
    const outcome = await runSsh(target, ['sha256sum /f'])
    assert.ok(!outcome.isOk && !/[0-9a-f]{64}/.test(outcome.stdout))
  })

  test('pwd and cd answer as clients expect', async () => {
    const { target } = await world.addUser()
    assert.equal((await runSsh(target, ['pwd'])).stdout.trim(), '/')
    assert.ok((await runSsh(target, ['cd'])).isOk)
  })

  test('nothing else is executed', async () => {
    const { target, home } = await world.addUser()
    await mkdir(join(home, 'd'))
    const commands = [
      'id',
      '/bin/sh',
      'sh -c "touch /d/made"',
      'md5sum /d; touch /d/made',
      'md5sum $(touch /d/made)',
      'scp --help',
      'scp -S /bin/sh -t /d',
      'rsync --server -e.LsfxC . /d',
      'git-receive-pack /d',
      "'",
      'cat /etc/passwd',
    ]
    for (const command of commands) {
      const { isOk, exitCode, stdout } = await runSsh(target, [command])
      assert.ok(!isOk && exitCode !== null, `${command}: ${exitCode}`)
      assert.doesNotMatch(stdout, /uid=|root:/)
    }
    for (const command of ['pwd && touch /d/made', 'pwd\ntouch /d/made', 'cd / && touch /d/made'])
      assert.ok(!(await runSsh(target, [command])).isOk, command)
    assert.deepEqual(await readdir(join(home, 'd')), [])
  })

  test('there is no shell, no terminal and no other subsystem', async () => {
    const { target } = await world.addUser()
    for (const flags of [['-T'], ['-tt'], ['-s', '-T']]) {
      const outcome = await runSsh(target, flags.includes('-s') ? ['netconf'] : [], flags)
      assert.ok(!outcome.isOk && outcome.exitCode !== null, flags.join(' '))
      assert.doesNotMatch(outcome.stdout, /[$#] $/)
    }
    using session = await connectSsh(target)
    await assert.rejects(session.answer<ClientChannel>((done) => session.client.shell(done)))
    assert.ok((await session.openSftp()) !== undefined, 'the connection goes on')
  })

  test('nothing is forwarded, neither ports nor sockets, agents or displays', async () => {
    const { target } = await world.addUser()
    await using inside = await openListener()
    const { port } = inside
    const byStdio = await runSsh(target, [], ['-W', `127.0.0.1:${port}`])
    assert.ok(!byStdio.isOk && byStdio.exitCode !== null)
    const remote = ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', `0:127.0.0.1:${port}`]
    const byRemote = await runSsh(target, [], remote)
    assert.ok(!byRemote.isOk && byRemote.exitCode !== null)
    assert.match(byRemote.stderr + byStdio.stderr, /forward/i)

    using session = await connectSsh(target)
    const { client } = session
    const attempts: [string, (done: (error?: Error | null, value?: unknown) => void) => void][] = [
      ['direct-tcpip', (done) => client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, done)],
      ['tcpip-forward', (done) => client.forwardIn('127.0.0.1', 0, done)],
      ['direct-streamlocal', (done) => client.openssh_forwardOutStreamLocal('/tmp/socket', done)],
      ['streamlocal-forward', (done) => client.openssh_forwardInStreamLocal('/tmp/socket', done)],
      ['x11-req', (done) => client.exec('pwd', { x11: true }, done)],
      ['pty-req', (done) => client.exec('pwd', { pty: true }, done)],
    ]
    for (const [name, attempt] of attempts) await assert.rejects(session.answer<unknown>(attempt), name)
    assert.equal(inside.accepted(), 0)
    assert.ok((await session.openSftp()) !== undefined, 'the connection goes on')
  })

  test('a port that OpenSSH listens on for -L leads nowhere', async () => {
    const { target } = await world.addUser()
    await using inside = await openListener()
    const path = join(world.scratch, 'forward')
    const flags = ['-N', '-L', `${path}:127.0.0.1:${inside.port}`, '-p', String(target.port)]
    const ssh = spawn('ssh', [...sshOptions(target), ...flags, `${target.username}@${target.host}`], {
      stdio: 'ignore',
    })
    try {
      await world.sessionsAre(target.username, 1)
      const socket = await waitUntil('the listener of ssh', async () => {
        const tried = connect(path).on('error', () => {})
        return once(tried, 'connect').then(
          () => tried,
          () => undefined,
        )
      })
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.write('hello')
      socket.resume()
      await closed
      assert.equal(inside.accepted(), 0)
    } finally {
      ssh.kill()
    }
  })
})

/** Somebody inside who must never be reached. */
async function openListener() {
  let accepted = 0
  const server = createServer((socket) => {
    accepted++
    socket.end('inside')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
