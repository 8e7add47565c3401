import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { curl } from '../../support/clients/curl.ts'
import { ftplib } from '../../support/clients/ftplib.ts'
import { resumingFtplib } from '../../support/clients/resuming-ftplib.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { runProgram } from '../../support/run-program.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { FtpClient, gone } from './ftp-client.ts'
import { FtpWorld } from './ftp-world.ts'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'

async function greeted(world: FtpWorld): Promise<FtpClient> {
  const client = await FtpClient.connect(world.port)
  await client.reply(220)
  return client
}

describe('signing in', { concurrency: 4 }, () => {
  test('before it only what a client needs for it is answered', async () => {
    await using world = await FtpWorld.open()
    using client = await greeted(world)
    for (const command of [
      'LIST',
      'PASV',
      'RETR x',
      'STOR x',
      'CWD /',
      'SITE HELP',
      'STAT',
      'SIZE x',
      'TYPE I',
    ])
      await client.command(command, 530)
    for (const [command, code] of [
      ['FEAT', 211],
      ['SYST', 215],
      ['NOOP', 200],
      ['HELP', 214],
      ['OPTS UTF8 ON', 200],
      ['PASS x', 503],
      ['REIN', 220],
    ] as const)
      await client.command(command, code)
  })

  test('three wrong passwords close the connection, and nothing tells a wrong name', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser()
    using client = await greeted(world)
    const answers = []
    for (const name of [user.username, 'nobody']) {
      answers.push((await client.command(`USER ${name}`, 331)).text)
      answers.push((await client.command('PASS wrong', 530)).text)
    }
    assert.deepEqual(answers.slice(0, 2), answers.slice(2))
    await client.command(`USER ${user.username}`, 331)
    await client.command('PASS wrong', 421)
    await client.closed()
    assert.equal(world.connections.list().length, 0)
  })

  test('who takes too long to sign in is sent away', async () => {
    await using world = await FtpWorld.open({ limits: { loginTimeoutMs: 100 } })
    using late = await greeted(world)
    await late.reply(421)
    await late.closed()
  })

  test('who says nothing for too long is sent away', async () => {
    await using world = await FtpWorld.open({ limits: { idleTimeoutMs: 300 } })
    using idle = await FtpClient.signIn(world.port, await world.addUser())
    await idle.reply(421)
    await idle.closed()
    await waitUntil('no session', () => world.connections.list().length === 0)
  })

  test('a transfer that takes longer than the idle time goes on', async () => {
    await using world = await FtpWorld.open({ limits: { idleTimeoutMs: 300 } })
    const user = await world.addUser()
    using client = await FtpClient.signIn(world.port, user)
    const socket = await client.dataSocket(await client.passive())
    await client.command('STOR slow', 150)
    for (let i = 0; i < 6; i++) {
      socket.write('part ')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    socket.end()
    await client.reply(226)
  })

  test('connections that do not sign in are limited: the oldest gives way to a newcomer, who has signed in stays', async () => {
    await using world = await FtpWorld.open({ limits: { maxUnauthenticated: 2 } })
    const user = await world.addUser()
    using first = await FtpClient.signIn(world.port, user)
    using second = await greeted(world)
    using third = await greeted(world)
    using fourth = await FtpClient.signIn(world.port, user)
    assert.match((await second.reply(421)).text, /Too many connections/)
    await second.closed()
    await third.command('NOOP', 200)
    for (const client of [first, fourth]) await client.command('PWD', 257)
  })

  test('a client in the middle of the TLS handshake is told nothing in clear when it gives way', async () => {
    await using world = await FtpWorld.open({ limits: { maxUnauthenticated: 1 } })
    using waiting = await greeted(world)
    await waiting.command('AUTH TLS', 234)
    using _newcomer = await greeted(world)
    await waiting.closed()
    await assert.rejects(waiting.reply(), /unread: ''/)
  })

  test('a proxy that has not said who its client is gives way as well', async () => {
    await using world = await FtpWorld.open({
      isProxied: () => true,
      limits: { maxUnauthenticated: 3 },
    })
    const user = await world.addUser()
    const silent = await Promise.all(Array.from({ length: 20 }, () => FtpClient.connect(world.port)))
    using client = await FtpClient.connect(world.port)
    client.write('PROXY UNKNOWN\r\n')
    await client.reply(220)
    await client.command(`USER ${user.username}`, 331)
    await client.command(`PASS ${user.password}`, 230)
    await Promise.all(silent.slice(0, 17).map((one) => one.closed()))
    for (const one of silent) one[Symbol.dispose]()
  })

  test('a session that an admin ends is told so and its transfer stops', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser()
    using client = await FtpClient.signIn(world.port, user)
    const socket = await client.dataSocket(await client.passive())
    await client.command('STOR file', 150)
    socket.write('begun')
    world.connections.disconnectUser(user.username, 'Disconnected by an administrator')
    assert.match((await client.reply(421)).text, /Disconnected by an administrator/)
    await client.closed()
    await gone(socket)
    await waitUntil('no session', () => world.connections.list().length === 0)
  })

  test('a server that stops lets a running transfer end and sends idle clients away', async () => {
    const world = await FtpWorld.open()
    const user = await world.addUser()
    using idle = await FtpClient.signIn(world.port, user)
    using busy = await FtpClient.signIn(world.port, user)
    const socket = await busy.dataSocket(await busy.passive())
    await busy.command('STOR file', 150)
    const stopped = world.server.stop(5_000)
    await idle.reply(421)
    socket.end('content')
    await busy.reply(226)
    await busy.command('QUIT', 221)
    await stopped
    assert.equal(await readFile(join(user.home, 'file'), 'utf8'), 'content')
    await world[Symbol.asyncDispose]()
  })
})

describe('TLS', { concurrency: 4 }, () => {
  for (const tls of ['control', 'required'] as const) {
    test(`mode ${tls}: a user is refused before the password is sent in clear`, async () => {
      await using world = await FtpWorld.open({ tls })
      const user = await world.addUser()
      using client = await greeted(world)
      await client.command(`USER ${user.username}`, 530)
      await client.command(`PASS ${user.password}`, 503)
      using _signedIn = await FtpClient.signIn(world.port, user, { tls: true })
    })
  }

  test('a user who must use TLS is refused in clear where others are not', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser({ ftpSecurity: 'tls-required' })
    const other = await world.addUser()
    using client = await greeted(world)
    await client.command(`USER ${user.username}`, 530)
    await client.command(`USER ${other.username}`, 331)
    using _signedIn = await FtpClient.signIn(world.port, user, { tls: true })
  })

  test('a user whose data must be protected cannot leave it in clear where others can', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser({ ftpSecurity: 'tls-required-for-data' })
    using inClear = await greeted(world)
    await inClear.command(`USER ${user.username}`, 530)
    using client = await greeted(world)
    await client.command('AUTH TLS', 234)
    await client.secure()
    await client.command(`USER ${user.username}`, 331)
    await client.command(`PASS ${user.password}`, 230)
    await client.command('PASV', 521)
    await client.command('PROT C', 534)
    await client.command('PBSZ 0', 200)
    await client.command('PROT P', 200)
    await client.command('EPSV', 229)
  })

  test('mode required: data in clear is refused, mode control: it is not', async () => {
    for (const [tls, code] of [
      ['required', 534],
      ['control', 200],
    ] as const) {
      await using world = await FtpWorld.open({ tls })
      const user = await world.addUser()
      using client = await greeted(world)
      await client.command('AUTH TLS', 234)
      await client.secure()
      await client.command(`USER ${user.username}`, 331)
      await client.command(`PASS ${user.password}`, 230)
      for (const command of ['PASV', 'EPSV', 'STOR x', 'LIST'])
        if (tls === 'required') await client.command(command, 521)
      await client.command('PROT C', code)
      if (tls === 'control') assert.equal((await client.retrieve('LIST')).toString(), '')
    }
  })

  test('what comes with AUTH in clear is not taken for something that came through TLS', async () => {
    await using world = await FtpWorld.open()
    for (const injected of ['AUTH TLS\r\nNOOP\r\n', 'AUTH TLS\r\nNOO']) {
      using client = await greeted(world)
      client.write(injected)
      await client.reply(421)
      await client.closed()
    }
  })

  test('without certificates there is no TLS and FEAT does not say so', async () => {
    await using world = await FtpWorld.open({ withoutCertificates: true })
    using client = await greeted(world)
    await client.command('AUTH TLS', 502)
    assert.doesNotMatch((await client.command('FEAT', 211)).text, /AUTH|PROT/)
  })

  test('commands out of order are refused and leave the connection usable', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser()
    using client = await greeted(world)
    for (const [command, code] of [
      ['PBSZ 0', 503],
      ['PROT P', 503],
      ['AUTH KERBEROS', 504],
      ['AUTH TLS', 234],
    ] as const)
      await client.command(command, code)
    await client.secure()
    for (const [command, code] of [
      ['AUTH TLS', 503],
      ['PROT S', 536],
      ['PROT X', 504],
      ['CCC', 534],
      [`USER ${user.username}`, 331],
      [`PASS ${user.password}`, 230],
      ['USER other', 530],
    ] as const)
      await client.command(command, code)
  })

  test('session reuse required: a data connection with a session of its own is refused', async () => {
    await using world = await FtpWorld.open({ sessionReuse: 'required' })
    const user = await world.addUser()
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      using client = await FtpClient.signIn(world.port, user, { tls: true, maxVersion })
      const socket = await client.dataSocket(await client.passive())
      await client.command('STOR refused', 150)
      await client.secureData(socket, { resumes: false })
      await client.reply(522)
      await client.store('STOR taken', 'content', { tls: true })
      assert.equal((await client.retrieve('RETR taken', { tls: true })).toString(), 'content')
    }
    const target = await world.targetOf(user)
    const local = join(target.scratch, 'local')
    await appendFile(local, 'content')
    assert.ok((await resumingFtplib('TLSv1_3')(target).put(local, '/a')).isOk)
    assert.ok(!(await ftplib('tls')(target).put(local, '/b')).isOk)
    assert.ok((await curl('ftps')(target).put(local, '/c')).isOk)
  })

  test('implicit TLS begins with the handshake and its data is private', async () => {
    await using world = await FtpWorld.open({ isImplicitTls: true })
    const user = await world.addUser()
    const target = await world.targetOf(user)
    const local = join(target.scratch, 'local')
    await appendFile(local, 'content')
    const login = ['-sSk', '-u', `${user.username}:${user.password}`]
    const put = await runProgram('curl', [...login, '-T', local, `ftps://127.0.0.1:${world.port}/file`])
    assert.ok(put.isOk, put.stderr)
    assert.equal(await readFile(join(user.home, 'file'), 'utf8'), 'content')
  })

  test('a new certificate is served to new connections and those that run go on', async () => {
    await using world = await FtpWorld.open()
    const user = await world.addUser()
    using before = await FtpClient.signIn(world.port, user, { tls: true })
    world.certificate = await makeCertificate('localhost')
    await before.store('STOR file', 'content', { tls: true })
    using after = await FtpClient.signIn(world.port, user, { tls: true })
    const { socket } = after
    assert.ok('getPeerX509Certificate' in socket)
    const served = (socket as ReturnType<typeof connectTls>).getPeerX509Certificate()
    assert.equal(served?.fingerprint256, world.certificate.fingerprint256)
    assert.equal((await after.retrieve('RETR file', { tls: true })).toString(), 'content')
  })

  test('a client that breaks off its handshake leaves nothing behind', async () => {
    await using world = await FtpWorld.open({ limits: { claimTimeoutMs: 300 } })
    const user = await world.addUser()
    for (const bytes of ['garbage\r\n', '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00', '']) {
      using client = await greeted(world)
      await client.command('AUTH TLS', 234)
      client.socket.end(bytes)
      await client.closed()
    }
    using client = await FtpClient.signIn(world.port, user, { tls: true })
    const socket = await client.dataSocket(await client.passive())
    await client.command('STOR file', 150)
    socket.end('\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00')
    await client.reply(425)
    await client.store('STOR file', 'content', { tls: true })
  })

  test('nothing older than TLS 1.2 and no cipher without forward secrecy is spoken', async () => {
    await using world = await FtpWorld.open()
    const attempts = [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-SHA:@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' },
    ] as const
    for (const options of attempts) {
      using client = await greeted(world)
      await client.command('AUTH TLS', 234)
      client.socket.removeAllListeners('data')
      const socket = connectTls({ socket: client.socket, rejectUnauthorized: false, ...options })
      await assert.rejects(once(socket, 'secureConnect'))
    }
  })
})
