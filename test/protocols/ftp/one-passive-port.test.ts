import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { tcpPipe } from '../../support/tcp-pipe.ts'
import { FtpClient, readAll } from './ftp-client.ts'
import { FtpWorld, type FtpWorldOptions } from './ftp-world.ts'

/** Behind the pipes the server sees one address for all clients. */
const serverHost = '127.0.0.3'

/** A server with one passive port, both ports reached through blind pipes. */
async function worldBehindPipes(delayMs: number, options: FtpWorldOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const dataTarget = { host: serverHost, port: 0 }
  const dataPipe = stack.use(await tcpPipe({ target: dataTarget, delayMs }))
  // Clients are told the server's own port number, so it has to be that of the pipe.
  dataTarget.port = dataPipe.port
  const world = stack.use(
    await FtpWorld.open({ ...options, host: serverHost, passivePorts: [dataPipe.port] }),
  )
  const controlPipe = stack.use(await tcpPipe({ target: { host: serverHost, port: world.port }, delayMs }))
  const owned = stack.move()
  return { world, port: controlPipe.port, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Every session stores files of its own and reads them back; answers how many came back as another's. */
async function runSessions(
  { world, port }: { world: FtpWorld; port: number },
  plan: { sessions: number; rounds: number; tls: boolean; resumes: boolean; bytes: number },
): Promise<void> {
  const users = []
  for (let i = 0; i < plan.sessions; i++) users.push(await world.addUser())
  await Promise.all(
    users.map(async (user, index) => {
      using client = await FtpClient.signIn(port, user, {
        tls: plan.tls,
        maxVersion: index % 2 ? 'TLSv1.2' : 'TLSv1.3',
      })
      for (let round = 0; round < plan.rounds; round++) {
        const bytes = randomBytes(plan.bytes + round)
        await client.store(`STOR file-${round}`, bytes, plan)
        assert.ok((await readFile(join(user.home, `file-${round}`))).equals(bytes), `${user.username} stored`)
        const back = await client.retrieve(`RETR file-${round}`, plan)
        assert.ok(back.equals(bytes), `${user.username} retrieved`)
      }
      await client.command('QUIT', 221)
    }),
  )
}

test('20 sessions make 400 FTPS transfers over one port and one address with 50 ms of delay', async () => {
  await using world = await worldBehindPipes(50)
  const startedAt = performance.now()
  await runSessions(world, { sessions: 20, rounds: 10, tls: true, resumes: true, bytes: 5_000 })
  const seconds = (performance.now() - startedAt) / 1000
  // Some 10 s; one after the other they would take over a minute, as each waits several times for those 50 ms.
  assert.ok(seconds < 45, `it took ${seconds} s`)
})

test('sessions that do not resume TLS, or have none, take turns and get their own files', async () => {
  await using world = await worldBehindPipes(5)
  await Promise.all([
    runSessions(world, { sessions: 6, rounds: 5, tls: true, resumes: false, bytes: 5_000 }),
    runSessions(world, { sessions: 6, rounds: 5, tls: false, resumes: false, bytes: 5_000 }),
    runSessions(world, { sessions: 6, rounds: 5, tls: true, resumes: true, bytes: 5_000 }),
  ])
})

/** As clients do that keep one store of TLS sessions for all their connections: whoever got one last overwrites it. */
function shareSessions(clients: readonly FtpClient[]): void {
  const store: { newest: Buffer | undefined } = { newest: clients.at(-1)?.tlsSession }
  for (const client of clients)
    Object.defineProperty(client, 'tlsSession', {
      get: () => store.newest,
      set: (session: Buffer) => (store.newest = session),
    })
}

async function exchangeAtOnce(clients: readonly FtpClient[], rounds: number): Promise<void> {
  await Promise.all(
    clients.map(async (client, index) => {
      for (let round = 0; round < rounds; round++) {
        const bytes = randomBytes(2_000)
        await client.store(`STOR ${index}-${round}`, bytes, { tls: true })
        const back = await client.retrieve(`RETR ${index}-${round}`, { tls: true })
        assert.ok(back.equals(bytes), `client ${index}, round ${round}`)
      }
    }),
  )
}

for (const sessionReuse of ['allowed', 'required'] as const) {
  test(`connections of one user that share their tickets get their own files, reuse ${sessionReuse}`, async () => {
    await using world = await worldBehindPipes(3, { sessionReuse })
    const user = await world.world.addUser()
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => FtpClient.signIn(world.port, user, { tls: true })),
    )
    using _end = { [Symbol.dispose]: () => clients.forEach((client) => client[Symbol.dispose]()) }
    shareSessions(clients)
    await exchangeAtOnce(clients, 6)
  })
}

test('connections of several users that share their tickets never get the files of another', async () => {
  await using world = await worldBehindPipes(3, { limits: { claimTimeoutMs: 200 } })
  const users = await Promise.all(Array.from({ length: 4 }, () => world.world.addUser()))
  const clients = await Promise.all(users.map((user) => FtpClient.signIn(world.port, user, { tls: true })))
  using _end = { [Symbol.dispose]: () => clients.forEach((client) => client[Symbol.dispose]()) }
  for (const user of users) await writeFile(join(user.home, 'mine'), user.username)
  shareSessions(clients)
  let received = 0
  await Promise.all(
    clients.map(async (client, index) => {
      for (let round = 0; round < 10; round++) {
        const socket = await client.dataSocket(await client.passive())
        if ((await client.command('RETR mine')).code !== 150) continue
        const handshake = client.secureData(socket).then(readAll)
        handshake.catch(() => {})
        if ((await client.reply()).code !== 226) {
          socket.destroy()
          continue
        }
        assert.equal((await handshake).toString(), users[index]?.username)
        socket.destroy()
        received++
      }
    }),
  )
  // Once the server has seen that these tickets tell nothing, they do not stand in the way.
  assert.ok(received >= 20, `${received} of 40`)
})

test('32 FTPS uploads run at the same time over one port', async () => {
  await using world = await worldBehindPipes(0)
  const users = await Promise.all(Array.from({ length: 32 }, () => world.world.addUser()))
  const half = randomBytes(100_000)
  let open = 0
  const allOpen = Promise.withResolvers<void>()
  await Promise.all(
    users.map(async (user) => {
      using client = await FtpClient.signIn(world.port, user, { tls: true })
      const socket = await client.dataSocket(await client.passive())
      await client.command('STOR file', 150)
      const stream = await client.secureData(socket)
      stream.write(half)
      if (++open === users.length) allOpen.resolve()
      await allOpen.promise
      stream.end(user.username)
      stream.resume()
      await client.reply(226)
      const stored = await readFile(join(user.home, 'file'))
      assert.ok(stored.equals(Buffer.concat([half, Buffer.from(user.username)])))
    }),
  )
})

test('a large file is whole although the pipe closes both ways as soon as one of them ends', async () => {
  await using world = await worldBehindPipes(2)
  const user = await world.world.addUser()
  const bytes = randomBytes(8_000_000)
  for (const tls of [false, true]) {
    using client = await FtpClient.signIn(world.port, user, { tls })
    for (let round = 0; round < 3; round++) {
      await client.store('STOR file', bytes, { tls })
      assert.ok((await client.retrieve('RETR file', { tls })).equals(bytes), `tls ${tls}, round ${round}`)
    }
  }
})

test('a client that claims the port and never connects holds it for seconds', async () => {
  await using world = await worldBehindPipes(0, { limits: { claimTimeoutMs: 300 } })
  const user = await world.world.addUser()
  using silent = await FtpClient.signIn(world.port, user)
  using busy = await FtpClient.signIn(world.port, user)
  await silent.passive()
  await busy.store('STOR file', 'content')
  assert.equal((await silent.command('RETR file')).code, 425)
})

test('a stray connection to the passive port harms nobody', async () => {
  await using world = await worldBehindPipes(0)
  const user = await world.world.addUser()
  using client = await FtpClient.signIn(world.port, user, { tls: true })
  const port = await client.passive()
  const strays = Array.from({ length: 5 }, () => connect(port, '127.0.0.1'))
  for (const stray of strays) stray.on('error', () => {}).write('GET / HTTP/1.1\r\n\r\n')
  await Promise.all(strays.map((stray) => new Promise((resolve) => stray.resume().once('close', resolve))))
  const socket = await client.dataSocket(port)
  await client.command('STOR file', 150)
  const stream = await client.secureData(socket)
  stream.end('content')
  await client.reply(226)
  assert.equal(await readFile(join(user.home, 'file'), 'utf8'), 'content')
})

test('a connection from an address that is nobody’s is closed and the transfer waits for its own', async () => {
  await using world = await FtpWorld.open()
  const user = await world.addUser()
  using client = await FtpClient.signIn(world.port, user)
  const port = await client.passive()
  const stranger = await client.dataSocket(port, '127.0.0.9')
  stranger.resume()
  await new Promise((resolve) => stranger.once('end', resolve))
  const socket = await client.dataSocket(port)
  await client.command('STOR file', 150)
  socket.end('content')
  await client.reply(226)
})

test('a connection that fits two claims is given to neither', async () => {
  await using world = await FtpWorld.open({ limits: { claimTimeoutMs: 1_500 } })
  const clients = await Promise.all(
    [await world.addUser(), await world.addUser()].map(async (user) => {
      const client = await FtpClient.signIn(world.port, user, { tls: true })
      // From here on the server knows that this client resumes.
      await client.store(`STOR mine`, user.username, { tls: true })
      return client
    }),
  )
  const [first, second] = clients as [FtpClient, FtpClient]
  using _first = first
  using _second = second
  const port = await first.passive()
  await second.passive()
  await first.command('RETR mine', 150)
  await second.command('RETR mine', 150)
  const socket = await first.dataSocket(port)
  const received: Buffer[] = []
  const stream = connectTls({ socket, rejectUnauthorized: false })
  stream.on('error', () => {}).on('data', (chunk: Buffer) => received.push(chunk))
  assert.deepEqual([(await first.reply()).code, (await second.reply()).code], [425, 425])
  assert.equal(Buffer.concat(received).length, 0)
})

test('a connection that was taken for the only one that could come is refused when its ticket says otherwise', async () => {
  await using world = await FtpWorld.open()
  const sign = async (tls: boolean) => FtpClient.signIn(world.port, await world.addUser(), { tls })
  using waiting = await sign(true)
  using other = await sign(true)
  using clear = await sign(false)
  const port = await waiting.passive()
  const socket = await other.dataSocket(port)
  // Somebody waits for the port, so the silent connection is handed over without a look at it.
  const next = clear.passive()
  assert.equal(await next, port)
  await waiting.command('STOR file', 150)
  void other.secureData(socket).catch(() => {})
  await waiting.reply(425)
})
