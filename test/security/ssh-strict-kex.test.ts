import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RawSsh, sshMessage } from '../support/raw-ssh.ts'
import { clientShares, sshString } from '../support/raw-ssh-key-exchange.ts'
import { openSftpWorld, type SftpWorld } from '../support/sftp-world.ts'

const keyExchangeFailed = 3
const byApplication = 11

function message(type: number, ...fields: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([type]), ...fields])
}

/** What RFC 4253 allows at any time, and what it allows at other times. */
const strangers: readonly [name: string, payload: Buffer][] = [
  ['SSH_MSG_IGNORE', message(sshMessage.ignore, sshString('x'))],
  ['SSH_MSG_UNIMPLEMENTED', message(sshMessage.unimplemented, Buffer.alloc(4))],
  ['SSH_MSG_DEBUG', message(sshMessage.debug, Buffer.alloc(1), sshString('x'), sshString(''))],
  ['SSH_MSG_SERVICE_REQUEST', message(sshMessage.serviceRequest, sshString('ssh-userauth'))],
  ['SSH_MSG_EXT_INFO', message(sshMessage.extInfo, Buffer.alloc(4))],
  ['SSH_MSG_USERAUTH_REQUEST', message(sshMessage.authRequest)],
  ['a message without a number', Buffer.alloc(0)],
  ['a message of nobody', message(192)],
]

describe('strict key exchange', () => {
  let world: SftpWorld
  before(async () => {
    world = await openSftpWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  for (const [name, payload] of strangers) {
    test(`${name} before SSH_MSG_KEXINIT ends the connection`, async () => {
      using client = await RawSsh.open(world.port)
      client.send(payload)
      await assert.rejects(client.exchangeKeys(), { reason: keyExchangeFailed })
    })

    test(`${name} before the client's share ends the connection`, async () => {
      using client = await RawSsh.open(world.port)
      await client.sendOffer()
      client.send(payload)
      await assert.rejects(client.sendShare(), { reason: keyExchangeFailed })
    })

    test(`${name} before SSH_MSG_NEWKEYS ends the connection`, async () => {
      using client = await RawSsh.open(world.port)
      await client.sendOffer()
      await client.sendShare()
      client.send(payload)
      client.sendNewKeys()
      await client.nextOf(sshMessage.newKeys)
      assert.equal((await client.ended()).reason, keyExchangeFailed)
    })
  }

  test('a second SSH_MSG_KEXINIT ends the connection', async () => {
    using client = await RawSsh.open(world.port)
    await client.sendOffer()
    client.send(message(sshMessage.kexInit, Buffer.alloc(16 + 10 * 4 + 5)))
    assert.equal((await client.ended()).reason, keyExchangeFailed)
  })

  test('the share of a client that has not said what it can ends the connection, with or without strictness', async () => {
    for (const strict of [true, false])
      for (const waitsForServer of [true, false]) {
        using client = await RawSsh.open(world.port, { strict })
        if (waitsForServer) await client.nextOf(sshMessage.kexInit)
        client.send(message(sshMessage.kexInitial, sshString(Buffer.alloc(32, 9))))
        assert.equal((await client.ended()).reason, keyExchangeFailed)
      }
    using other = await RawSsh.signedIn(world.port)
    assert.equal(other.sessionId.length, 32)
  })

  for (const [kex, isRight] of [
    ['mlkem768x25519-sha256', true],
    ['curve25519-sha256', false],
  ] as const)
    test(`a share that is sent on a guess is ${isRight ? 'answered where the guess is right' : 'passed over where it is wrong'}`, async () => {
      using client = await RawSsh.open(world.port, { kex })
      const guess = message(sshMessage.kexInitial, sshString(clientShares[kex]().init))
      await client.sendOffer({ guess })
      if (isRight) await client.nextOf(sshMessage.kexReply)
      else await client.sendShare()
    })

  test('packets are counted from 0 after each SSH_MSG_NEWKEYS, both ways', async () => {
    using client = await RawSsh.signedIn(world.port)
    await client.exchangeKeys()
    client.send(message(sshMessage.globalRequest, sshString('test'), Buffer.from([1])))
    await client.nextOf(sshMessage.requestFailure)
  })

  test('a client that goes on counting is not understood', async () => {
    using client = await RawSsh.open(world.port)
    await client.sendOffer()
    await client.sendShare()
    client.sendNewKeys({ resets: false })
    await client.readNewKeys()
    await assert.rejects(client.signIn('ann', 'ann-password'), { name: 'Error', message: /ended/ })
  })

  test('a client that does not know it signs in, goes on counting, and may send what RFC 4253 allows', async () => {
    using client = await RawSsh.open(world.port, { strict: false })
    for (const [, payload] of strangers.slice(0, 3)) client.send(payload)
    await client.sendOffer()
    for (const [, payload] of strangers.slice(0, 3)) client.send(payload)
    await client.sendShare()
    client.send(message(sshMessage.ignore, sshString('x')))
    client.sendNewKeys()
    await client.readNewKeys()
    await client.signIn('ann', 'ann-password')
  })

  test('a later exchange of keys allows SSH_MSG_IGNORE, under keys that nobody can cut packets from', async () => {
    using client = await RawSsh.signedIn(world.port)
    await client.sendOffer()
    client.send(message(sshMessage.ignore, sshString('x')))
    await client.sendShare()
    client.send(message(sshMessage.ignore, sshString('x')))
    client.sendNewKeys()
    await client.readNewKeys()
    client.send(message(sshMessage.globalRequest, sshString('test'), Buffer.from([1])))
    await client.nextOf(sshMessage.requestFailure)
  })
})

test('a connection that ends while the client’s SSH_MSG_NEWKEYS is missing gets no reason under the old keys', async () => {
  await using world = await openSftpWorld({ limits: { loginGraceMs: 1_000 } })
  using early = await RawSsh.open(world.port)
  await early.sendOffer()
  using late = await RawSsh.open(world.port)
  await late.sendOffer()
  await late.sendShare()
  await late.nextOf(sshMessage.newKeys)
  assert.equal((await early.ended()).reason, byApplication)
  assert.equal((await late.ended()).reason, undefined)
})
