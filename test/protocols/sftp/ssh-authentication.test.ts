import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import ssh2, { type ConnectConfig } from 'ssh2'
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
  const { connect } = await import('node:net')
  const silent = connect(world.port, '127.0.0.1')
  const slow = new ssh2.Client()
  slow.on('error', () => {})
  slow.connect({ host: '127.0.0.1', port: world.port, username: 'ann', authHandler: () => {} })
  silent.resume()
  await Promise.all([once(silent, 'close'), once(slow, 'close')])
})

test('turns connections away while too many have not signed in', async () => {
  await using world = await openSftpWorld({ limits: { maxUnauthenticated: 2 } })
  const { connect } = await import('node:net')
  const waiting = [connect(world.port, '127.0.0.1'), connect(world.port, '127.0.0.1')]
  await Promise.all(waiting.map((socket) => once(socket, 'data')))
  await assert.rejects(world.connect())
  for (const socket of waiting) socket.destroy()
  let client: ssh2.Client | undefined
  while (!client) client = await world.connect().catch(() => undefined)
})

test('says that a user has too many sessions', async () => {
  await using world = await openSftpWorld()
  await world.core.addUser('bob', { maxSessions: 1 })
  const settings = { username: 'bob', password: 'bob-password' }
  await world.connect(settings)
  await assert.rejects(world.connect(settings), /Too many sessions/)
})
