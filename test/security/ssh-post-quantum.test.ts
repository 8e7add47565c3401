import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { RawSsh, SshEnded, sshMessage } from '../support/raw-ssh.ts'
import { sshString } from '../support/raw-ssh-key-exchange.ts'
import { runProgram } from '../support/run-program.ts'
import { openSftpWorld, type SftpWorld } from '../support/sftp-world.ts'
import { runSftp } from '../support/ssh-programs.ts'
import { readOffer } from '../support/ssh-wire.ts'
import { SshWorld } from '../support/ssh-world.ts'

const hybrid = 'mlkem768x25519-sha256'
const keyExchangeFailed = 3

/** SSH_MSG_KEX_ECDH_INIT's field, made by hand from its two parts. */
function initOf(kemKey: Buffer, x25519Key: Buffer): Buffer {
  return Buffer.concat([kemKey, x25519Key])
}

function kemKey(): Buffer {
  return generateKeyPairSync('ml-kem-768').publicKey.export({ format: 'der', type: 'spki' }).subarray(-1184)
}

const goodX25519 = Buffer.from(
  generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }).x ?? '',
  'base64url',
)

describe(`key exchange ${hybrid}`, () => {
  let world: SftpWorld
  before(async () => {
    world = await openSftpWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  test('is offered before all others', async () => {
    assert.equal((await readOffer(world.port)).kex[0], hybrid)
  })

  test('agrees with a client written from the draft on the exchange hash and on every key, again and again', async () => {
    // K is new each time; as an mpint, every second one would be another.
    for (let i = 0; i < 12; i++) {
      using client = await RawSsh.signedIn(world.port, { kex: hybrid })
      const { sessionId } = client
      assert.equal(sessionId.length, 32)
    }
  })

  test('gives new keys under the session that was there', async () => {
    using client = await RawSsh.signedIn(world.port, { kex: hybrid })
    const before = client.sessionId
    const head = Buffer.from([sshMessage.globalRequest])
    const request = Buffer.concat([head, sshString('test'), Buffer.from([1])])
    for (let i = 0; i < 3; i++) {
      await client.exchangeKeys()
      client.send(request)
      await client.nextOf(sshMessage.requestFailure)
    }
    assert.deepEqual(client.sessionId, before)
  })

  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ]
  const refused: [what: string, init: () => Buffer][] = [
    ['nothing', () => Buffer.alloc(0)],
    ['an X25519 key alone', () => goodX25519],
    ['one byte too few', () => initOf(kemKey(), goodX25519.subarray(1))],
    ['one byte too many', () => initOf(kemKey(), Buffer.concat([goodX25519, Buffer.alloc(1)]))],
    ['the parts the wrong way round', () => initOf(goodX25519, kemKey())],
    ['coefficients that are not reduced (FIPS 203 §7.2)', () => initOf(Buffer.alloc(1184, 0xff), goodX25519)],
    ...lowOrder.map((point): [string, () => Buffer] => [
      `an X25519 point of low order, ${point.slice(0, 8)}…`,
      () => initOf(kemKey(), Buffer.from(point, 'hex')),
    ]),
  ]
  for (const [what, init] of refused)
    test(`is ended as failed for ${what}`, async () => {
      using client = await RawSsh.open(world.port, { kex: hybrid })
      await client.sendOffer()
      await assert.rejects(client.sendShare(init()), new SshEnded(keyExchangeFailed))
      using other = await RawSsh.signedIn(world.port, { kex: hybrid })
      assert.equal(other.sessionId.length, 32)
    })

  for (const point of lowOrder)
    test(`curve25519-sha256 is ended as failed for the point ${point.slice(0, 8)}…`, async () => {
      using client = await RawSsh.open(world.port)
      await client.sendOffer()
      await assert.rejects(client.sendShare(Buffer.from(point, 'hex')), new SshEnded(keyExchangeFailed))
    })
})

for (const workers of ['1', '2'])
  test(`OpenSSH takes ${hybrid} where it knows it and curve25519 otherwise, WORKERS=${workers}`, async () => {
    await using world = await SshWorld.open({ WORKERS: workers })
    const { target } = await world.addUser()
    const known = (await runProgram('ssh', ['-Q', 'kex'])).stdout.split('\n')
    const outcome = await runSftp(target, ['pwd'], ['-o', 'LogLevel=DEBUG1'])
    assert.ok(outcome.isOk, outcome.stderr)
    const taken = /kex: algorithm: (\S+)/.exec(outcome.stderr)?.[1]
    assert.equal(taken, known.includes(hybrid) ? hybrid : 'curve25519-sha256')
    using client = await RawSsh.open(world.product.sftpPort, { kex: hybrid })
    await client.exchangeKeys()
    await client.signIn(target.username, target.password ?? '')
  })
