import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { hasCode } from '../../core/errors.ts'
import { silentLog } from '../../core/log.ts'
import type { Claim, ClaimRequest } from './passive-claim.ts'
import { PassivePorts } from './passive-ports.ts'

const sockets: Socket[] = []
after(() => sockets.forEach((socket) => socket.destroy()))

/** Here the server name of a ClientHello stands for the user of a ticket; 'nobody' is none. */
async function openPorts(count = 1) {
  const suspected: (string | undefined)[] = []
  const ports = new PassivePorts({
    host: '127.0.0.1',
    ports: Array.from({ length: count }, () => 0),
    tickets: {
      usernameOf: ({ serverName }) => (serverName === 'nobody' ? undefined : serverName),
      suspectShown: ({ serverName }) => void suspected.push(serverName),
      isShared: (id) => id === 'shared',
    },
    log: silentLog,
  })
  await ports.start()
  const claim = (request: Partial<ClaimRequest> = {}): Claim =>
    ports.claim({ kind: 'clear', username: undefined, address: '127.0.0.1', timeoutMs: 5_000, ...request })
  return { ports, claim, suspected, [Symbol.asyncDispose]: () => ports.stop() }
}

const proven = (username: string) => ({ kind: 'proven', username }) as const
const unproven = (username: string) => ({ kind: 'unproven', username }) as const

async function dial(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  sockets.push(socket.on('error', () => {}))
  await once(socket, 'connect')
  return socket
}

/** Sends a ClientHello that shows a ticket of `username`. */
function greet(socket: Socket, username: string): void {
  sockets.push(connectTls({ socket, servername: username }).on('error', () => {}))
}

async function isSame(claim: Claim, socket: Socket): Promise<boolean> {
  const accepted = await claim.take()
  sockets.push(accepted)
  return accepted.remotePort === socket.localPort
}

async function stillWaits(claim: Claim): Promise<boolean> {
  const turn = new Promise<false>((resolve) => setTimeout(() => resolve(false), 30))
  return !(await Promise.race([claim.port.then(() => true), turn]))
}

const ended = (socket: Socket) => once(socket.resume(), 'close')

test('many claims without TLS take turns in their order, each with its own connection', async () => {
  await using world = await openPorts()
  const claims = Array.from({ length: 20 }, () => world.claim())
  for (const [index, claim] of claims.entries()) {
    const next = claims[index + 1]
    if (next && index === 0) assert.ok(await stillWaits(next))
    const socket = await dial(await claim.port)
    assert.ok(await isSame(claim, socket))
  }
})

test('a free port is taken first', async () => {
  await using world = await openPorts(3)
  const claims = [world.claim(), world.claim(), world.claim()]
  const ports = await Promise.all(claims.map((claim) => claim.port))
  assert.equal(new Set(ports).size, 3)
})

test('clients with other addresses do not wait for each other', async () => {
  await using world = await openPorts()
  const [here, there] = [world.claim(), world.claim({ address: '127.0.0.2' })]
  await Promise.all([here.port, there.port])
  const second = await dial(await there.port, '127.0.0.2')
  const first = await dial(await here.port)
  assert.ok(await isSame(here, first))
  assert.ok(await isSame(there, second))
})

test('many TLS claims that resume are open at once and each gets its own, in any order', async () => {
  await using world = await openPorts()
  const names = Array.from({ length: 30 }, (_, i) => `session-${i}`)
  const claims = names.map((name) => world.claim(proven(name)))
  await Promise.all(claims.map((claim) => claim.port))
  const dialled = await Promise.all(claims.map(async (claim) => dial(await claim.port)))
  for (const [index, socket] of [...dialled.entries()].toReversed()) greet(socket, names[index] as string)
  for (const [index, claim] of claims.entries()) assert.ok(await isSame(claim, dialled[index] as Socket))
})

test('a ticket tells whose connection it is from any address', async () => {
  await using world = await openPorts()
  const [claim, other] = [world.claim(proven('a')), world.claim(proven('b'))]
  await other.port
  const socket = await dial(await claim.port, '127.0.0.7')
  greet(socket, 'a')
  assert.ok(await isSame(claim, socket))
})

test('a connection without a ticket waits until it fits one claim alone', async () => {
  await using world = await openPorts()
  const [one, two] = [world.claim(proven('one')), world.claim(proven('two'))]
  const [first, second] = [await dial(await one.port), await dial(await two.port)]
  greet(second, 'nobody')
  const late = world.claim(proven('late'))
  greet(first, 'one')
  assert.ok(await isSame(one, first))
  assert.ok(await isSame(two, second))
  await late.port
})

test('connections that fit two claims are given to neither', async () => {
  await using world = await openPorts()
  const request = { timeoutMs: 200 }
  const claims = [
    world.claim({ ...proven('one'), ...request }),
    world.claim({ ...proven('two'), ...request }),
  ]
  const dialled = await Promise.all(claims.map(async (claim) => dial(await claim.port)))
  const closed = dialled.map((socket) => ended(socket))
  for (const socket of dialled) greet(socket, 'nobody')
  for (const claim of claims) await assert.rejects(claim.take(), (error) => hasCode(error, 'aborted'))
  await Promise.all(closed)
})

test('claims of one user take turns, and any ticket of the user will do', async () => {
  await using world = await openPorts()
  const claims = [world.claim(proven('a')), world.claim(proven('a'))] as const
  const other = world.claim(proven('b'))
  assert.ok(await stillWaits(claims[1]))
  await other.port
  for (const claim of claims) {
    const socket = await dial(await claim.port)
    greet(socket, 'a')
    assert.ok(await isSame(claim, socket))
  }
})

test('a claim of which nobody knows whether a ticket will tell it is open alone', async () => {
  await using world = await openPorts()
  const first = world.claim(proven('a'))
  const unknown = world.claim(unproven('b'))
  const behind = world.claim(proven('c'))
  assert.ok(await stillWaits(unknown))
  greet(await dial(await first.port), 'a')
  await unknown.port
  assert.ok(await stillWaits(behind))
  const socket = await dial(await unknown.port)
  greet(socket, 'nobody')
  assert.ok(await isSame(unknown, socket))
  await behind.port
})

test('a claim whose tickets clients of several users share is open alone', async () => {
  await using world = await openPorts()
  const first = world.claim(proven('a'))
  const shared = world.claim({ ...proven('b'), identity: 'shared' })
  await first.port
  assert.ok(await stillWaits(shared))
  greet(await dial(await first.port), 'a')
  await shared.port
})

test('a claim without TLS is never open beside another one', async () => {
  await using world = await openPorts()
  const secure = world.claim(proven('a'))
  const clear = world.claim()
  const behind = world.claim(proven('b'))
  await secure.port
  assert.ok(await stillWaits(clear))
  assert.ok(await stillWaits(behind))
  greet(await dial(await secure.port), 'a')
  const socket = await dial(await clear.port)
  assert.ok(await isSame(clear, socket))
  await behind.port
})

test('a claim whose client never connects ends after its time and the next one has the port', async () => {
  await using world = await openPorts()
  const silent = world.claim({ timeoutMs: 100 })
  const next = world.claim()
  await assert.rejects(silent.take(), (error) => hasCode(error, 'aborted'))
  assert.ok(await isSame(next, await dial(await next.port)))
})

test('a client that waits too long for its turn is told so', async () => {
  await using world = await openPorts()
  const first = world.claim({ timeoutMs: 2_000 })
  await first.port
  await assert.rejects(world.claim({ timeoutMs: 30 }).port, (error) => hasCode(error, 'busy'))
})

test('the connection of a claim that was given up is closed and not given to the next one', async () => {
  await using world = await openPorts()
  const givenUp = world.claim()
  const port = await givenUp.port
  givenUp.release()
  const next = world.claim()
  const late = await dial(port)
  await ended(late)
  const socket = await dial(await next.port)
  assert.ok(await isSame(next, socket))
})

test('a TLS connection that ends before it has said whose it is frees the port for those who wait', async () => {
  await using world = await openPorts()
  for (const cut of ['FIN', 'RST'] as const) {
    const claim = world.claim(unproven('a'))
    const socket = await dial(await claim.port)
    if (cut === 'FIN') await ended(socket.end())
    else socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 30))
    const next = world.claim()
    assert.ok(await isSame(next, await dial(await next.port)))
    await assert.rejects(claim.take(), (error) => hasCode(error, 'aborted'))
  }
})

test('a TLS connection that ends before it has said whose it is takes nothing from a claim that nobody waits behind', async () => {
  await using world = await openPorts()
  const claim = world.claim(proven('a'))
  const stray = await dial(await claim.port)
  await ended(stray.end())
  const socket = await dial(await claim.port)
  greet(socket, 'a')
  assert.ok(await isSame(claim, socket))
})

test('a claim that is asked for again waits for another connection than the one that ended', async () => {
  await using world = await openPorts()
  const claim = world.claim(proven('a'))
  await ended((await dial(await claim.port)).end())
  claim.renew()
  const next = world.claim()
  assert.ok(await stillWaits(next))
  const socket = await dial(await claim.port)
  greet(socket, 'a')
  assert.ok(await isSame(claim, socket))
  await next.port
})

test('a connection that ends before it has said whose it is, of two that it could be, ends the claim of neither', async () => {
  await using world = await openPorts()
  const claims = [world.claim(proven('a')), world.claim(proven('b'))] as const
  const stray = await dial(await claims[0].port)
  await claims[1].port
  const next = world.claim(proven('a'))
  await ended(stray.end())
  assert.ok(await stillWaits(next))
  for (const [claim, name] of [[claims[0], 'a'] as const, [claims[1], 'b'] as const]) {
    const socket = await dial(await claim.port)
    greet(socket, name)
    assert.ok(await isSame(claim, socket))
  }
  await next.port
})

test('a claim that is given up while it waits does not hold the others', async () => {
  await using world = await openPorts()
  const [first, second, third] = [world.claim(), world.claim(), world.claim()]
  second.release()
  await assert.rejects(second.port)
  await dial(await first.port)
  await third.port
})

test('connections that nobody asked for are closed', async () => {
  await using world = await openPorts()
  const port = world.ports.ports[0] as number
  await ended(await dial(port))
  const claim = world.claim(unproven('a'))
  await claim.port
  const probe = await dial(port)
  probe.write('GET / HTTP/1.1\r\n\r\n')
  await ended(probe)
  const impostor = await dial(port)
  greet(impostor, 'somebody-else')
  await ended(impostor)
  assert.deepEqual(world.suspected, ['somebody-else'])
  const socket = await dial(port)
  greet(socket, 'a')
  assert.ok(await isSame(claim, socket))
})

test('the end of the server ends every claim', async () => {
  const world = await openPorts()
  const claims = [world.claim(proven('a')), world.claim(), world.claim()]
  await claims[0]?.port
  await world.ports.stop()
  for (const claim of claims) await assert.rejects(claim.take(), (error) => hasCode(error, 'aborted'))
})

test('a held port tells of a connection and keeps it from the claim that waits meanwhile', async () => {
  await using world = await openPorts()
  const [port = 0] = world.ports.ports
  const hold = world.ports.hold(port)
  assert.ok(hold)
  const claim = world.claim()
  const stray = await dial(port)
  await hold.arrival
  await ended(stray)
  assert.ok(await stillWaits(claim))
  hold[Symbol.dispose]()
  assert.ok(await isSame(claim, await dial(await claim.port)))
})

test('a port cannot be held while a client waits for its connection, nor twice', async () => {
  await using world = await openPorts()
  const [port = 0] = world.ports.ports
  const claim = world.claim()
  await claim.port
  assert.equal(world.ports.hold(port), undefined)
  assert.ok(await isSame(claim, await dial(port)))
  using hold = world.ports.hold(port)
  assert.ok(hold)
  assert.equal(world.ports.hold(port), undefined)
  assert.equal(world.ports.hold(port + 1), undefined)
})
