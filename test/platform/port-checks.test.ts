import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { PortChecks, type PortTarget } from '../../src/platform/port-checks.ts'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { makeCertificate } from '../support/fake-thinger/certificate.ts'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import type { FakeProxy } from '../support/fake-thinger/options.ts'
import { startProduct, type Product } from '../support/product.ts'
import { tcpPipe } from '../support/tcp-pipe.ts'

interface Ear extends AsyncDisposable {
  readonly port: number
  /** Connections that came. */
  readonly connections: number
}

async function listen(onConnection: (socket: Socket) => void): Promise<Ear> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    onConnection(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.length
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    },
  }
}

async function freePort(): Promise<number> {
  await using ear = await listen(() => {})
  return ear.port
}

const ftpPort = (port: number): PortTarget => ({ service: 'FTP', port, greeting: '220', isTls: false })

function checksOf(targets: readonly PortTarget[], options: { host?: string; now?: () => number } = {}) {
  const { host = '127.0.0.1', now = () => 1000 } = options
  return new PortChecks({ host, targets: () => targets, clock: now, limitMs: 300 })
}

async function stateOf(target: PortTarget): Promise<string | undefined> {
  using checks = checksOf([target])
  return (await checks.check()).ports[0]?.state
}

describe('port checks', () => {
  it('recognise a port of ours by its greeting, however it is cut', async () => {
    await using whole = await listen((socket) => void socket.write('220 Ready\r\n'))
    assert.equal(await stateOf(ftpPort(whole.port)), 'reachable')
    await using cut = await listen((socket) => {
      socket.write('2')
      setTimeout(() => socket.write('20 Ready\r\n'), 30)
    })
    assert.equal(await stateOf(ftpPort(cut.port)), 'reachable')
  })

  it('tell a stranger, a silent port and a closed one apart', async () => {
    await using stranger = await listen((socket) => void socket.write('SSH-2.0-Other\r\n'))
    assert.equal(await stateOf(ftpPort(stranger.port)), 'other')
    await using silent = await listen(() => {})
    assert.equal(await stateOf(ftpPort(silent.port)), 'silent')
    await using closing = await listen((socket) => void socket.destroy())
    assert.equal(await stateOf(ftpPort(closing.port)), 'silent')
    assert.equal(await stateOf(ftpPort(await freePort())), 'refused')
  })

  it('read the greeting of an implicit FTPS port after its handshake', async () => {
    const server = createTlsServer(makeCertificate(), (socket) => void socket.end('220 Ready\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const target = { ...ftpPort((server.address() as AddressInfo).port), isTls: true } as PortTarget
    assert.equal(await stateOf(target), 'reachable')
    await once(server.close(), 'close')
    await using plain = await listen((socket) => void socket.write('220 Ready\r\n'))
    assert.equal(await stateOf({ ...ftpPort(plain.port), isTls: true } as PortTarget), 'other')
  })

  it('believe in a data port only when the connection arrives at our end', async () => {
    const arrival = Promise.withResolvers<void>()
    let isReleased = false
    const hold = () => ({
      arrival: arrival.promise,
      [Symbol.dispose]() {
        isReleased = true
      },
    })
    await using stranger = await listen(() => {})
    assert.equal(await stateOf({ service: 'FTP data', port: stranger.port, hold }), 'other')
    assert.equal(isReleased, true)
    await using ours = await listen((socket) => {
      arrival.resolve()
      socket.end()
    })
    assert.equal(await stateOf({ service: 'FTP data', port: ours.port, hold }), 'reachable')
  })

  it('leave a data port alone while a client waits for its own connection there', async () => {
    await using busy = await listen(() => {})
    const target: PortTarget = { service: 'FTP data', port: busy.port, hold: () => undefined }
    assert.equal(await stateOf(target), 'untested')
    assert.equal(busy.connections, 0)
  })

  it('test nothing when nobody knows the public host', async () => {
    await using ear = await listen(() => {})
    using checks = checksOf([ftpPort(ear.port)], { host: '' })
    const { host, ports } = await checks.check()
    assert.deepEqual(
      [host, ports],
      ['', [{ port: ear.port, service: 'FTP', proxy: 'unknown', state: 'untested' }]],
    )
    assert.equal(ear.connections, 0)
  })

  it('run once for everybody who asks, and again after half a minute', async () => {
    await using ear = await listen((socket) => void socket.write('220 Ready\r\n'))
    let now = 1000
    using checks = checksOf([ftpPort(ear.port)], { now: () => now })
    await Promise.all([checks.check(), checks.check()])
    now += 29_999
    assert.equal((await checks.check()).checkedAt, 1000)
    assert.equal(ear.connections, 1)
    now += 1
    assert.equal((await checks.check()).checkedAt, now)
    assert.equal(ear.connections, 2)
  })

  it('end at once when the server stops', async () => {
    await using silent = await listen(() => {})
    const checks = new PortChecks({
      host: '127.0.0.1',
      targets: () => [ftpPort(silent.port)],
      clock: Date.now,
      limitMs: 60_000,
    })
    const report = checks.check()
    checks[Symbol.dispose]()
    assert.equal((await report).ports[0]?.state, 'silent')
  })
})

/** Publishes ports of the product under another address, as the platform does. */
async function publish(stack: AsyncDisposableStack, ports: readonly number[]): Promise<void> {
  for (const port of ports)
    stack.use(await tcpPipe({ target: { host: '127.0.0.1', port }, listen: { host: publicHost, port } }))
}

const publicHost = '127.0.0.3'

async function checkPorts(product: Product): Promise<Record<string, unknown>[]> {
  const { status, body } = await product.api('POST', '/status/ports')
  assert.equal(status, 200)
  assert.equal(Reflect.get(body as object, 'host'), publicHost)
  return Reflect.get(body as object, 'ports') as Record<string, unknown>[]
}

describe('POST /status/ports of a plugin', () => {
  const proxyOf = (port: number, enabled = true): FakeProxy => ({
    ...{ proxy: `p${port}`, name: `Port ${port}`, enabled },
    config: { protocol: 'tcp', source: { port }, target: { type: 'plugin', port } },
  })

  it('finds every port through blind pipes, and what the platform says of its proxies', async () => {
    await using stack = new AsyncDisposableStack()
    const proxies: FakeProxy[] = []
    const fake = stack.use(await startFakeThinger({ proxies }))
    const token = fake.issueAccessToken('alice')
    const product = stack.use(await startProduct({ env: pluginSettings(fake.url, token) }))
    const [passive = 0] = product.passivePorts
    proxies.push(proxyOf(product.sftpPort), proxyOf(product.ftpPort, false))
    await publish(stack, [product.sftpPort, product.ftpPort, passive])
    assert.deepEqual(await checkPorts(product), [
      { port: product.sftpPort, service: 'SFTP', proxy: 'enabled', state: 'reachable' },
      { port: product.ftpPort, service: 'FTP', proxy: 'disabled', state: 'reachable' },
      { port: passive, service: 'FTP data', proxy: 'missing', state: 'reachable' },
    ])
  })

  it('works with a token that may not see proxies, beside a client that waits for its data', async () => {
    await using stack = new AsyncDisposableStack()
    const fake = stack.use(await startFakeThinger())
    const product = stack.use(await startProduct({ env: pluginSettings(fake.url, fake.pluginToken) }))
    const [passive = 0] = product.passivePorts
    await publish(stack, [product.ftpPort, passive])
    await product.addUser('ann')
    using client = await FtpClient.connect(product.ftpPort, publicHost)
    await client.reply(220)
    await client.command('USER ann', 331)
    await client.command('PASS ann-password', 230)
    await client.command('EPSV', 229)
    assert.deepEqual(await checkPorts(product), [
      { port: product.sftpPort, service: 'SFTP', proxy: 'unknown', state: 'refused' },
      { port: product.ftpPort, service: 'FTP', proxy: 'unknown', state: 'reachable' },
      { port: passive, service: 'FTP data', proxy: 'unknown', state: 'untested' },
    ])
    const data = connect({ host: publicHost, port: passive })
    stack.defer(() => void data.destroy())
    await client.command('NLST', 150)
    await client.reply(226)
  })
})

function pluginSettings(apiUrl: string, token: string): Record<string, string> {
  return {
    THINGER_HOST: publicHost,
    THINGER_USER: 'alice',
    THINGER_PLUGIN: 'sftpgo',
    THINGER_TOKEN_SFTPGO_PLUGIN: token,
    THINGER_API_URL: apiUrl,
  }
}
