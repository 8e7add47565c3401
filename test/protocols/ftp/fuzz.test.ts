import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { waitUntil } from '../../support/wait-until.ts'
import { FtpClient } from './ftp-client.ts'
import { FtpWorld } from './ftp-world.ts'

const verbs = [
  ...['ABOR', 'ALLO', 'APPE', 'AVBL', 'CDUP', 'CLNT', 'CWD', 'DELE', 'EPRT', 'EPSV', 'FEAT', 'HASH', 'HELP'],
  ...['LIST', 'MDTM', 'MFMT', 'MKD', 'MLSD', 'MLST', 'MODE', 'NLST', 'NOOP', 'OPTS', 'PASS', 'PASV', 'PBSZ'],
  ...['PORT', 'PROT', 'PWD', 'REIN', 'REST', 'RETR', 'RMD', 'RNFR', 'RNTO', 'SITE', 'SIZE', 'STAT', 'STOR'],
  ...['STOU', 'STRU', 'SYST', 'TYPE', 'USER', 'XCRC', 'XMD5', 'BOGUS', ''],
]
const text = fc.oneof(
  fc.constantFrom(
    'a',
    '/',
    '..',
    '-la',
    '*',
    '"',
    'a b',
    '/a/../b',
    'x'.repeat(300),
    'ü',
    '\0',
    '99999999999',
  ),
  fc.string({ maxLength: 30 }),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const line = fc
  .tuple(
    fc.constantFrom(...verbs),
    text,
    fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\xff\xf4\xff\xf2', ''),
  )
  .map(([verb, argument, end]) => `${verb} ${argument}${end}`)
const stream = fc.array(line, { maxLength: 40 }).map((lines) => Buffer.from(lines.join(''), 'latin1'))

const limits = { claimTimeoutMs: 20, maxLineBytes: 200 }

test('thousands of streams of anything are survived, signed in or not, and nothing is left', async (t) => {
  await using world = await FtpWorld.open({ passivePorts: Array.from({ length: 20 }, () => 0), limits })
  const user = await world.addUser()
  const login = `USER ${user.username}\r\nPASS ${user.password}\r\n`
  const run = async (bytes: Buffer, cuts: readonly number[], isSignedIn: boolean): Promise<void> => {
    const socket = connect({ port: world.port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {}).resume()
    const closed = once(socket, 'close')
    if (isSignedIn) socket.write(login)
    let at = 0
    for (const cut of cuts) {
      socket.write(bytes.subarray(at, at + cut))
      at += cut
    }
    socket.end(bytes.subarray(at))
    await closed
  }
  const seed = Date.now() & 0xffff
  t.diagnostic(`seed ${seed}`)
  const seeds = fc.sample(fc.tuple(stream, fc.array(fc.nat(50), { maxLength: 5 }), fc.boolean()), {
    numRuns: 3_000,
    seed,
  })
  let rssAfterWarmUp = 0
  for (let at = 0; at < seeds.length; at += 20) {
    await Promise.all(seeds.slice(at, at + 20).map((stream) => run(...stream)))
    if (at === 1_000) rssAfterWarmUp = process.memoryUsage.rss()
  }
  await waitUntil('no session', () => world.connections.list().length === 0)
  const grown = process.memoryUsage.rss() - rssAfterWarmUp
  assert.ok(grown < 80_000_000, `${grown} bytes more`)
  using client = await FtpClient.signIn(world.port, user)
  await client.store('STOR after', 'content')
})

test('a flood of commands whose replies nobody reads is held back or cut off', async () => {
  await using world = await FtpWorld.open()
  const user = await world.addUser()
  const socket = connect(world.port, '127.0.0.1')
  socket.on('error', () => {}).pause()
  socket.write(`USER ${user.username}\r\nPASS ${user.password}\r\n`)
  const flood = Buffer.from('HELP\r\n'.repeat(10_000))
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 200 && !socket.destroyed; i++) {
    if (socket.write(flood)) continue
    const drained = once(socket, 'drain').catch(() => {})
    const stuck = new Promise((resolve) => setTimeout(resolve, 300, 'stuck'))
    if ((await Promise.race([drained, stuck])) === 'stuck') break
  }
  assert.ok(process.memoryUsage.rss() - before < 60_000_000)
  socket.destroy()
  await waitUntil('no session', () => world.connections.list().length === 0)
})
