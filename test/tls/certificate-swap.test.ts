import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import {
  connect,
  createSecureContext,
  createServer as createTlsServer,
  TLSSocket,
  type ConnectionOptions,
} from 'node:tls'
import type { CertificateStore } from '../../src/tls/certificate-store.ts'
import { tlsPolicy } from '../../src/tls/tls-policy.ts'
import { createAuthority, issueCertificate, type IssueMode } from '../support/certificates.ts'
import { certificateWorld, servedFingerprint, until } from './certificate-world.ts'

const host = 'example.test'

interface EchoServer extends AsyncDisposable {
  readonly port: number
}

/** A stock TLS server that asks the store for each name; what it was started with serves who gives none. */
async function startTlsServer(store: CertificateStore): Promise<EchoServer> {
  const server = createTlsServer({
    ...tlsPolicy,
    ...store.credentialsFor(),
    ticketKeys: store.ticketKeys,
    SNICallback: (servername, done) => done(null, store.secureContextFor(servername)),
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})))
  server.on('secureConnection', (socket) => socket.on('error', () => {}).pipe(socket))
  return listen(server, sockets)
}

/** A server that turns plain sockets into TLS ones, as a protocol does that starts TLS by a command. */
async function startUpgradeServer(store: CertificateStore): Promise<EchoServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: store.secureContextFor(),
      SNICallback: (servername, done) => done(null, store.secureContextFor(servername)),
    })
    secure.on('error', () => {}).pipe(secure)
  })
  return listen(server, sockets)
}

async function listen(server: ReturnType<typeof createServer>, sockets: Set<Socket>): Promise<EchoServer> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

class EchoClient implements AsyncDisposable {
  readonly socket: TLSSocket
  session: Buffer | undefined

  constructor(port: number, options: ConnectionOptions) {
    this.socket = connect({ port, host: '127.0.0.1', ...options })
    this.socket.on('session', (session) => (this.session = session))
  }

  async ready(): Promise<this> {
    await once(this.socket, 'secureConnect')
    return this
  }

  get fingerprint(): string {
    return this.socket.getPeerX509Certificate()?.fingerprint256 ?? ''
  }

  async echo(text: string): Promise<string> {
    this.socket.write(text)
    let received = ''
    while (received.length < text.length) received += String((await once(this.socket, 'data'))[0])
    return received
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    if (!this.socket.closed) await once(this.socket, 'close')
  }
}

suite('certificates under connections', () => {
  test('200 swaps fail no connection, old or new, and the last certificate is served', async () => {
    await using world = await certificateWorld()
    const authority = await createAuthority()
    const first = await issueCertificate(world.directory, host, { authority })
    await using store = await world.openStore()
    await using server = await startTlsServer(store)
    const trust = { servername: host, secureContext: createSecureContext({ ca: authority.cert }) }
    const issued = new Set([first.fingerprint256])
    const unknown: string[] = []
    let connections = 0
    let isSwapping = true

    await using lasting = await new EchoClient(server.port, trust).ready()
    async function comeAndGo(): Promise<void> {
      while (isSwapping) {
        await using client = await new EchoClient(server.port, trust).ready()
        assert.equal(await client.echo('hello'), 'hello')
        if (!issued.has(client.fingerprint)) unknown.push(client.fingerprint)
        connections += 1
        // Handshakes are dear: without a breath between them the swaps would wait for the processor.
        await wait(10)
      }
    }
    const visitors = Promise.all([comeAndGo(), comeAndGo(), comeAndGo()])

    const modes: readonly IssueMode[] = ['inplace', 'rename', 'keyFirst', 'symlink']
    const breakages: readonly IssueMode[] = ['truncated', 'mismatched']
    let last = first
    async function swap(number: number): Promise<void> {
      if (number % 10 === 0) {
        const before = world.rejectedOf(host).length
        await issueCertificate(world.directory, host, { mode: breakages[(number / 10) % 2] ?? 'truncated' })
        await until('the broken pair is rejected', () => world.rejectedOf(host).length > before)
        assert.equal(servedFingerprint(store, host), last.fingerprint256)
      }
      const mode = modes[Math.floor(number / 10) % modes.length] ?? 'inplace'
      last = await issueCertificate(world.directory, host, { mode, authority })
      issued.add(last.fingerprint256)
      await until('the new pair is served', () => servedFingerprint(store, host) === last.fingerprint256)
    }
    try {
      for (let number = 1; number <= 200; number += 1) await Promise.race([swap(number), visitors])
    } finally {
      isSwapping = false
    }
    await visitors

    assert.equal(world.loadedOf(host), 201)
    assert.deepEqual(unknown, [])
    assert.ok(connections > 50, `only ${connections} connections were made`)
    assert.equal(await lasting.echo('still here'), 'still here')
    assert.equal(lasting.fingerprint, first.fingerprint256)
    await using client = await new EchoClient(server.port, trust).ready()
    assert.equal(client.fingerprint, last.fingerprint256)
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const start of [startTlsServer, startUpgradeServer]) {
      test(`a ${maxVersion} session is resumed after a swap (${start.name})`, async () => {
        await using world = await certificateWorld()
        await issueCertificate(world.directory, host)
        await using store = await world.openStore()
        await using server = await start(store)
        const options = { servername: host, rejectUnauthorized: false, maxVersion }
        await using before = await new EchoClient(server.port, options).ready()
        await before.echo('ticket, please')
        await until('the ticket arrives', () => before.session !== undefined)

        const next = await issueCertificate(world.directory, host)
        await until('the new pair is served', () => servedFingerprint(store) === next.fingerprint256)
        const session = before.session
        assert.ok(session)
        await using after = await new EchoClient(server.port, { ...options, session }).ready()
        assert.equal(await after.echo('me again'), 'me again')
        assert.equal(after.socket.isSessionReused(), true)
        await using stranger = await new EchoClient(server.port, options).ready()
        assert.equal(stranger.socket.isSessionReused(), false)
        assert.equal(stranger.fingerprint, next.fingerprint256)
      })
    }
  }

  test('a client that names no host gets the newest default certificate', async () => {
    await using world = await certificateWorld()
    const old = await issueCertificate(world.directory, host)
    await using store = await world.openStore()
    await using server = await startUpgradeServer(store)
    const nameless = { rejectUnauthorized: false }
    await using before = await new EchoClient(server.port, nameless).ready()
    assert.equal(before.fingerprint, old.fingerprint256)
    const next = await issueCertificate(world.directory, host)
    await until('the new pair is served', () => servedFingerprint(store) === next.fingerprint256)
    await using after = await new EchoClient(server.port, nameless).ready()
    assert.equal(after.fingerprint, next.fingerprint256)
  })

  test('the whole chain is sent', async () => {
    await using world = await certificateWorld()
    const authority = await createAuthority()
    await issueCertificate(world.directory, host, { authority })
    await using store = await world.openStore()
    await using server = await startUpgradeServer(store)
    await using client = await new EchoClient(server.port, { servername: host, ca: authority.cert }).ready()
    assert.equal(client.socket.authorized, true)
    assert.equal(client.socket.getPeerCertificate(true).issuerCertificate.subject.CN, authority.commonName)
  })

  for (const keyType of ['ec', 'rsa'] as const) {
    for (const start of [startTlsServer, startUpgradeServer]) {
      test(`TLS 1.2 with forward secrecy is the least that is spoken (${keyType}, ${start.name})`, async () => {
        await using world = await certificateWorld()
        await issueCertificate(world.directory, host, { authority: await createAuthority(), keyType })
        await using store = await world.openStore()
        await using server = await start(store)
        const offer = (options: ConnectionOptions) =>
          new EchoClient(server.port, { ...options, servername: host, rejectUnauthorized: false })
        const refuses = async (code: RegExp, options: ConnectionOptions) => {
          await using client = offer(options)
          await assert.rejects(once(client.socket, 'secureConnect'), { code })
        }
        const tls11 = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
        await refuses(/ALERT_PROTOCOL_VERSION/, tls11)
        for (const ciphers of [
          'AES128-GCM-SHA256',
          `ECDHE-${keyType === 'ec' ? 'ECDSA' : 'RSA'}-AES128-SHA`,
        ]) {
          await refuses(/ALERT_HANDSHAKE_FAILURE/, { maxVersion: 'TLSv1.2', ciphers })
        }
        for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
          await using client = await offer({ maxVersion }).ready()
          assert.equal(client.socket.getProtocol(), maxVersion)
        }
      })
    }
  }
})
