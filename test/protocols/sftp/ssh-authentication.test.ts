import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import ssh2, { type ConnectConfig } from 'ssh2'
import { packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { encodeOpenSshKey } from '../../../src/protocols/sftp/open-ssh-key.ts'
import { openSftpWorld, RawSftp, type SftpWorld } from '../../support/sftp-world.ts'

function keyPair(type: 'ed25519' | 'ec' | 'rsa') {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-521' })
        : generateKeyPairSync('ed25519')
  const format = type === 'rsa' ? 'pkcs1' : 'sec1'
  const text =
    type === 'ed25519'
      ? encodeOpenSshKey(privateKey)
      : privateKey.export({ format: 'pem', type: format as 'pkcs1' })
  const parsed = ssh2.utils.parseKey(text.toString())
  if (parsed instanceof Error || Array.isArray(parsed)) throw new Error('not one key')
  const line = `${parsed.type} ${parsed.getPublicSSH().toString('base64')} test`
  return { privateKey: text.toString(), line, parsed }
}

function refuses(world: SftpWorld, settings: ConnectConfig): Promise<void> {
  return assert.rejects(world.connect(settings), /authentication methods failed/)
}

test('lets a user in with each kind of key that is his, and with no other', async () => {
  await using world = await openSftpWorld()
  const keys = [keyPair('ed25519'), keyPair('ec'), keyPair('rsa')]
  await world.core.addUser('bob', { publicKeys: keys.map(({ line }) => line) })
  for (const { privateKey } of keys)
    await RawSftp.open(await world.connect({ username: 'bob', password: '', privateKey }))
  const other = keyPair('ed25519')
  await refuses(world, { username: 'bob', password: '', privateKey: other.privateKey })
  await refuses(world, { username: 'nobody', password: '', privateKey: other.privateKey })
})

test('refuses a signature that another key made', async () => {
  await using world = await openSftpWorld()
  const [own, other] = [keyPair('ed25519'), keyPair('ed25519')]
  await world.core.addUser('bob', { publicKeys: [own.line] })
  const forged = Object.create(own.parsed) as typeof own.parsed
  forged.sign = (blob, algorithm) => other.parsed.sign(blob, algorithm)
  await refuses(world, {
    username: 'bob',
    password: '',
    authHandler: [{ type: 'publickey', username: 'bob', key: forged as never }] as never,
  })
  assert.ok(!world.core.seen.some(({ type }) => type === 'session-opened'))
})

test('asks for the password by keyboard-interactive', async () => {
  await using world = await openSftpWorld()
  const prompts: unknown[] = []
  const client = new ssh2.Client()
  client.on('keyboard-interactive', (_name, _instructions, _language, asked, finish) => {
    prompts.push(asked)
    finish(['ann-password'])
  })
  const { port } = world
  client.connect({
    host: '127.0.0.1',
    port,
    username: 'ann',
    tryKeyboard: true,
    authHandler: ['keyboard-interactive'],
  })
  await once(client, 'ready')
  client.end()
  assert.deepEqual(prompts, [[{ prompt: 'Password: ', echo: false }]])
})

test('asks a user for key and password when both are needed, in that order', async () => {
  await using world = await openSftpWorld()
  const key = keyPair('ed25519')
  await world.core.addUser('bob', {
    publicKeys: [key.line],
    deniedLoginMethods: ['publickey', 'password', 'keyboard-interactive'],
  })
  const { privateKey } = key
  const publickey = { type: 'publickey', username: 'bob', key: privateKey } as const
  const password = { type: 'password', username: 'bob', password: 'bob-password' } as const
  const both = { username: 'bob', password: '', authHandler: [publickey, password] }
  await RawSftp.open(await world.connect(both))
  await refuses(world, { ...both, authHandler: [publickey] })
  await refuses(world, { ...both, authHandler: [password, publickey] })
  await refuses(world, {
    ...both,
    authHandler: [publickey, { ...password, password: 'wrong' }] as never,
  })
})

test('ends the connection at the sixth failure', async () => {
  await using world = await openSftpWorld()
  const client = new ssh2.Client()
  let tries = 0
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.on('error', () => {})
  client.connect({
    ...{ host: '127.0.0.1', port: world.port, username: 'ann' },
    authHandler: (() => {
      tries++
      return tries > 50 ? false : { type: 'password', username: 'ann', password: `wrong ${tries}` }
    }) as never,
  })
  await ended
  assert.equal(tries, 6)
  assert.equal(world.core.seen.filter(({ type }) => type === 'sign-in-refused').length, 6)
})

test('lets nobody change the user name on the way', async () => {
  await using world = await openSftpWorld()
  await world.core.addUser('bob')
  await assert.rejects(
    world.connect({
      authHandler: [
        { type: 'password', username: 'bob', password: 'wrong' },
        { type: 'password', username: 'ann', password: 'ann-password' },
      ] as never,
    }),
  )
  assert.ok(!world.core.seen.some(({ type }) => type === 'session-opened'))
})

test('cuts off who does not sign in within the login grace, before and after the handshake', async () => {
  await using world = await openSftpWorld({ limits: { loginGraceMs: 100 } })
  const silent = connect(world.port, '127.0.0.1')
  const slow = new ssh2.Client()
  slow.on('error', () => {})
  slow.connect({ host: '127.0.0.1', port: world.port, username: 'ann', authHandler: () => {} })
  silent.resume()
  await Promise.all([once(silent, 'close'), once(slow, 'close')])
})

/** What the server sent after its first line, once it has ended the connection. */
async function lastPacketTo(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  const bytes = Buffer.concat(chunks)
  return bytes.subarray(bytes.indexOf('\r\n') + 2)
}

test('the oldest silent connection gives way to a newcomer and is told why, and nobody who has signed in', async () => {
  await using world = await openSftpWorld({ limits: { maxUnauthenticated: 2 } })
  const session = await world.connect()
  const silent = [1, 2].map(() => connect(world.port, '127.0.0.1'))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  const [oldest, younger] = silent as [Socket, Socket]
  const packet = lastPacketTo(oldest)
  const newcomer = await world.connect()
  const bytes = await packet
  const [length, padding] = [bytes.readUInt32BE(0), bytes.readUInt8(4)]
  assert.equal(bytes.length, 4 + length)
  assert.ok((4 + length) % 8 === 0 && padding >= 4)
  assert.deepEqual([bytes.readUInt8(5), bytes.readUInt32BE(6)], [1, 12])
  assert.match(bytes.toString('latin1', 10, bytes.length - padding), /Too many connections/)
  assert.ok(!younger.readableEnded)
  for (const client of [session, newcomer])
    assert.equal(await (await RawSftp.open(client)).status(packetType.stat, (f) => f.text('/gone')), 2)
  younger.destroy()
})

test('a client that is asked for its password stays while others are silent by the hundred', async () => {
  await using world = await openSftpWorld({ limits: { maxUnauthenticated: 4 } })
  const asked = Promise.withResolvers<(answers: string[]) => void>()
  const slow = new ssh2.Client()
  slow.on('keyboard-interactive', (_name, _text, _language, _prompts, answer) => asked.resolve(answer))
  slow.connect({ host: '127.0.0.1', port: world.port, username: 'ann', tryKeyboard: true })
  const answer = await asked.promise
  const silent = Array.from({ length: 200 }, () => connect(world.port, '127.0.0.1').on('error', () => {}))
  await Promise.all(silent.slice(0, 190).map((socket) => once(socket.resume(), 'close')))
  answer(['ann-password'])
  await once(slow, 'ready')
  slow.end()
  for (const socket of silent) socket.destroy()
})

test('says that a user has too many sessions', async () => {
  await using world = await openSftpWorld()
  await world.core.addUser('bob', { maxSessions: 1 })
  const settings = { username: 'bob', password: 'bob-password' }
  await world.connect(settings)
  await assert.rejects(world.connect(settings), /Too many sessions/)
})
