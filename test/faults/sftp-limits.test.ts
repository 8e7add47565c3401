import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { signInByAnswers } from '../support/ssh-programs.ts'
import { connectSftp, connectSsh } from '../support/ssh-session.ts'
import { BareConnection, sftpPacket as packet } from '../support/ssh-wire.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const graceMs = 1_000

describe('a bad or slow SSH client', { concurrency: 1 }, () => {
  let world: SshWorld
  before(async () => {
    world = await SshWorld.open({ LOGIN_GRACE: String(graceMs / 1000), MAX_AUTH_TRIES: '2' })
  })
  after(() => world[Symbol.asyncDispose]())

  test('that does not sign in is closed when its time is over, at every stage', () =>
    world.othersGoOn(async () => {
      const signedIn = await connectSftp((await world.addUser()).target)
      const startedAt = performance.now()
      const stages: (string | Buffer)[][] = [[], ['SSH-2.0-slow\r\n'], ['SSH-2.0-half\r\n', kexInitPacket()]]
      const ends = stages.map(async (messages) => {
        using bare = await BareConnection.open(world.product.sftpPort)
        for (const message of messages) bare.send(message)
        await bare.closed
        return performance.now() - startedAt
      })
      const withKeys = connectSsh(world.target('nobody'), { authHandler: () => undefined as never }).then(
        () => assert.fail('signed in'),
        () => performance.now() - startedAt,
      )
      for (const lastedMs of await Promise.all([...ends, withKeys])) {
        assert.ok(lastedMs > graceMs * 0.8, `${lastedMs} ms are not its time`)
        assert.ok(lastedMs < graceMs + 4_000, `closed after ${lastedMs} ms only`)
      }
      assert.deepEqual(await signedIn.list('/'), [], 'who has signed in stays')
      signedIn.destroy()
    }))

  test('that guesses is cut off after the tries that are allowed', () =>
    world.othersGoOn(async () => {
      const { target } = await world.addUser()
      let tries = 0
      const guess = { type: 'password', username: target.username, password: 'wrong' } as const
      const authHandler = () => {
        tries++
        return guess
      }
      await assert.rejects(connectSsh(target, { authHandler: authHandler as never }))
      assert.ok(tries === 2 || tries === 3, `${tries} tries`)
      const { outcome, questions } = await signInByAnswers(
        target,
        'password',
        ['wrong'],
        ['NumberOfPasswordPrompts=9'],
      )
      assert.ok(!outcome.isOk)
      assert.equal(questions, 2)
    }))

  test('that speaks garbage loses its connection and nobody else', () =>
    world.othersGoOn(async () => {
      const garbage: (string | Buffer)[][] = [
        ['GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
        ['x'.repeat(100_000)],
        ['SSH-1.5-old\r\n'],
        ['SSH-2.0-a\r\n', Buffer.alloc(70_000, 0xff)],
        ['SSH-2.0-b\r\n', Buffer.from([0xff, 0xff, 0xff, 0xff, 4, 20])],
        ['SSH-2.0-c\r\n', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])],
        ['SSH-2.0-d\r\n', randomBytes(50_000)],
        ['SSH-2.0-e\r\n', kexInitPacket(), randomBytes(500)],
        [Buffer.concat([Buffer.from('SSH-2.0-'), Buffer.alloc(300, 0), Buffer.from('\r\n')])],
      ]
      await Promise.all(
        garbage.map(async (messages) => {
          using bare = await BareConnection.open(world.product.sftpPort)
          for (const message of messages) bare.send(message)
          await bare.closed
        }),
      )
      const sockets = await Promise.all(
        Array.from({ length: 50 }, () => BareConnection.open(world.product.sftpPort)),
      )
      for (const bare of sockets) bare.socket.resetAndDestroy()
    }))

  test('that sends malformed SFTP packets loses its session and nobody else', () =>
    world.othersGoOn(async () => {
      const { target } = await world.addUser()
      const packets: Buffer[] = [
        Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 3]),
        Buffer.from([0x7f, 0xff, 0xff, 0xff, 5, 0, 0, 0, 3]),
        Buffer.from([0, 0, 0, 0]),
        packet(3, Buffer.from([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])),
        packet(6, Buffer.from([0, 0, 0, 2, 0, 0, 0, 1])),
        packet(5, Buffer.from([0, 0])),
        randomBytes(5_000),
      ]
      for (const bytes of packets) {
        using session = await connectSsh(target)
        const channel = await session.openSubsystem()
        channel.on('error', () => {})
        const ended = new Promise<string>((resolve) => channel.once('close', () => resolve('closed')))
        let answer = Buffer.alloc(0)
        const answered = new Promise<string>((resolve) =>
          channel.on('data', (chunk: Buffer) => {
            answer = Buffer.concat([answer, chunk])
            if (answer.includes(101, 13)) resolve('refused')
          }),
        )
        channel.write(packet(1, Buffer.from([0, 0, 0, 3])))
        channel.write(bytes)
        const end = await Promise.race([ended, answered, delay(5_000, 'nothing')])
        assert.notEqual(end, 'nothing', bytes.toString('hex').slice(0, 40))
      }
    }))

  test('that asks for what does not exist is told so and goes on', async () => {
    const { target } = await world.addUser()
    using session = await connectSsh(target)
    const channel = await session.openSubsystem()
    let received = Buffer.alloc(0)
    channel.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
    channel.write(packet(1, Buffer.from([0, 0, 0, 3])))
    channel.write(packet(99, Buffer.from([0, 0, 0, 7])))
    channel.write(packet(200, Buffer.from([0, 0, 0, 8, 0, 0, 0, 1, 0x61])))
    const answers = await waitUntil('both answers', () => {
      const seen = statusesIn(received)
      return seen.length >= 2 && seen
    })
    const unsupported = 8
    assert.deepEqual(answers, [
      [7, unsupported],
      [8, unsupported],
    ])
  })
})

/** [request, code] of every STATUS after the first packet. */
function statusesIn(received: Buffer): [number, number][] {
  const found: [number, number][] = []
  for (let at = 0; at + 4 <= received.length;) {
    const length = received.readUInt32BE(at)
    if (at + 4 + length > received.length) break
    if (received[at + 4] === 101) found.push([received.readUInt32BE(at + 5), received.readUInt32BE(at + 9)])
    at += 4 + length
  }
  return found
}

/** An SSH_MSG_KEXINIT that a server agrees to (RFC 4253 §7.1), framed without encryption. */
function kexInitPacket(): Buffer {
  const lists = ['curve25519-sha256', 'ssh-ed25519', ...twice('aes128-ctr'), ...twice('hmac-sha2-256')]
  const names = [...lists, ...twice('none'), ...twice('')].map((name) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(name.length)
    return Buffer.concat([length, Buffer.from(name)])
  })
  const payload = Buffer.concat([Buffer.from([20]), randomBytes(16), ...names, Buffer.alloc(5)])
  const padding = 16 - ((payload.length + 5) % 8)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + padding + 1, 0)
  head[4] = padding
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}

/** For each direction. */
function twice(name: string): string[] {
  return [name, name]
}
