import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import ssh2, { type Client } from 'ssh2'
import { FieldWriter, packetType } from '../../../src/protocols/sftp/sftp-codec.ts'
import { openSftpWorld, RawSftp, type SftpWorld } from '../../support/sftp-world.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { FuzzTarget, OpenFuzzTarget } from '../fuzz-target.ts'
import { mutate } from '../random.ts'
import { sftpPackets } from '../samples.ts'

/** A server ends a connection that it cannot follow within this time. */
const endsWithinMs = 20_000

const limits = { maxUnauthenticated: 1_000, maxAuthTries: 1_000 }

/** A fuzz target over an SFTP server, which has to serve the next client afterwards and to have forgotten the others. */
async function overServer(
  atOnce: number,
  feedOf: (world: SftpWorld) => Promise<OpenFuzzTarget['feed']> | OpenFuzzTarget['feed'],
  leave: () => void = () => {},
): Promise<OpenFuzzTarget> {
  const world = await openSftpWorld({ limits })
  const feed = await feedOf(world)
  return {
    atOnce,
    feed,
    async stillWorks() {
      leave()
      await waitUntil(
        'the end of all sessions',
        () => world.core.connections.list().length === 0,
        endsWithinMs,
      )
      const sftp = await world.openSftp()
      await sftp.status(packetType.stat, (fields) => fields.text('/none'))
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** @throws when the other side leaves the connection open */
async function closed(socket: Socket): Promise<void> {
  const timeout = AbortSignal.timeout(endsWithinMs)
  if (!socket.closed) await once(socket, 'close', { signal: timeout })
}

/** What a real client sends up to its sign-in, key exchange included. */
async function recordClient(port: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  const recorder = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1')
    for (const end of [socket, upstream]) end.on('error', () => {})
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.pipe(upstream).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(recorder, 'listening')
  const client = new ssh2.Client()
  client.connect({
    host: '127.0.0.1',
    port: (recorder.address() as AddressInfo).port,
    username: 'ann',
    password: 'ann-password',
  })
  await once(client, 'ready')
  client.end()
  recorder.close()
  return Buffer.concat(chunks)
}

const beforeKeys: FuzzTarget = {
  name: 'ssh-before-keys',
  share: 12_000,
  open: () =>
    overServer(16, async (world) => {
      const recorded = await recordClient(world.port)
      const ident = recorded.subarray(0, recorded.indexOf('\n') + 1)
      const samples = [recorded, recorded.subarray(ident.length)]
      return async (random) => {
        const socket = connect({ port: world.port, host: '127.0.0.1', noDelay: true })
        socket.on('error', () => {}).resume()
        const rest = mutate(samples, random)
        const stream = random.chance(0.7) ? Buffer.concat([ident, rest]) : rest
        let at = 0
        for (const cut of random.cuts(stream.length, 3)) {
          socket.write(stream.subarray(at, cut))
          at = cut
        }
        socket.end(stream.subarray(at))
        await closed(socket)
      }
    }),
}

/** Payloads of RFC 4252 and RFC 4254, and of a key exchange in the middle of a connection. */
function messages(): readonly Buffer[] {
  const message = (type: number, fill: (fields: FieldWriter) => FieldWriter) =>
    Buffer.from(fill(new FieldWriter(type)).packet().subarray(4))
  const auth = (method: string) => (fields: FieldWriter) =>
    fields.text('ann').text('ssh-connection').text(method)
  return [
    message(2, (fields) => fields.text('ignored')),
    message(4, (fields) => fields.byte(1).text('debug').text('')),
    message(5, (fields) => fields.text('ssh-userauth')),
    message(20, (fields) => fields.raw(Buffer.alloc(16)).raw(Buffer.alloc(45))),
    message(50, (fields) => auth('none')(fields)),
    message(50, (fields) => auth('password')(fields).byte(0).text('wrong')),
    message(50, (fields) => auth('publickey')(fields).byte(0).text('ssh-ed25519').text('key')),
    message(50, (fields) => auth('keyboard-interactive')(fields).text('').text('')),
    message(61, (fields) => fields.uint32(1).text('answer')),
    message(80, (fields) => fields.text('keepalive@openssh.com').byte(1)),
    message(80, (fields) => fields.text('tcpip-forward').byte(1).text('').uint32(0)),
    message(90, (fields) =>
      fields
        .text('session')
        .uint32(0)
        .uint32(2 ** 20)
        .uint32(32_768),
    ),
    message(90, (fields) =>
      fields.text('direct-tcpip').uint32(1).uint32(9).uint32(32_768).text('h').uint32(1),
    ),
    message(93, (fields) => fields.uint32(0).uint32(0xffff_ffff)),
    message(94, (fields) => fields.uint32(0).text('data')),
    message(95, (fields) => fields.uint32(0).uint32(1).text('error')),
    message(96, (fields) => fields.uint32(0)),
    message(97, (fields) => fields.uint32(0)),
    message(98, (fields) => fields.uint32(0).text('subsystem').byte(1).text('sftp')),
    message(98, (fields) => fields.uint32(0).text('exec').byte(1).text('scp -t /')),
    message(98, (fields) => fields.uint32(0).text('env').byte(0).text('A').text('b')),
    message(98, (fields) => fields.uint32(0).text('pty-req').byte(1).text('xterm').uint32(80)),
  ]
}

interface Cipher {
  allocPacket(payloadLength: number): Buffer
  encrypt(packet: Buffer): void
}

/** Sends one payload as a packet of its own, encrypted as it has to be. */
function sendPayload(client: Client, payload: Buffer): void {
  const { _cipher: cipher } = (client as unknown as { _protocol: { _cipher: Cipher } })._protocol
  const packet = cipher.allocPacket(payload.length)
  packet.set(payload, 5)
  cipher.encrypt(packet)
}

const payloadsPerConnection = 12

/** Each input is a dozen messages, some of which are as they should be: others come to be read only so. */
const afterKeys: FuzzTarget = {
  name: 'ssh-after-keys',
  share: 8_000,
  open: () =>
    overServer(6, (world) => {
      const samples = messages()
      return async (random) => {
        const isSignedIn = random.chance(0.6)
        const client = new ssh2.Client()
        client.on('error', () => {})
        const gone = new Promise<void>((resolve) => client.once('close', () => resolve()))
        const begun = once(client, isSignedIn ? 'ready' : 'handshake')
        client.connect({
          ...{ host: '127.0.0.1', port: world.port, username: 'ann', password: 'ann-password' },
          readyTimeout: 0,
          ...(!isSignedIn && { authHandler: () => {} }),
        })
        await begun
        for (let count = 0; count < payloadsPerConnection; count++) {
          const payload = random.chance(0.4) ? random.pick(samples) : mutate(samples, random, 2000)
          if (payload.length > 0) sendPayload(client, payload)
        }
        client.end()
        const late = delay(endsWithinMs, 'late', { ref: false })
        if ((await Promise.race([gone, late])) === 'late') throw new Error('the connection stays open')
      }
    }),
}

/** Well-framed packets of SFTP with rubbish in them, over one session as long as it lasts. */
const sftpSession: FuzzTarget = {
  name: 'sftp-session',
  share: 40_000,
  open() {
    const sessions: RawSftp[] = []
    const leave = () => {
      for (const { client } of sessions) client.destroy()
    }
    return overServer(
      4,
      (world) => {
        const kinds = sftpPackets
          .slice(1)
          .map((packet) => ({ type: packet[4] ?? 0, body: packet.subarray(9) }))
        return async (random) => {
          let session = sessions.pop()
          if (session?.channel.writable !== true) session = await RawSftp.open(await world.connect())
          const { type } = random.pick(kinds)
          const body = mutate(
            kinds.filter((one) => one.type === type).map((one) => one.body),
            random,
            20_000,
          )
          const reply = await session.request(type, (fields) => fields.raw(body)).catch(() => undefined)
          if (reply && reply.type < 101) throw new Error(`a reply of type ${reply.type}`)
          if (reply && random.chance(0.995)) sessions.push(session)
          else session.client.destroy()
        }
      },
      leave,
    )
  },
}

export const sshTargets: readonly FuzzTarget[] = [beforeKeys, afterKeys, sftpSession]
