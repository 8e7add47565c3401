import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import fastify from 'fastify'
import type { LiveState } from '../../../src/contract/live.ts'
import { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import { EndedSessions } from '../../../src/core/connections/ended-sessions.ts'
import { TrafficMeter } from '../../../src/core/connections/traffic-meter.ts'
import { EventBus } from '../../../src/core/events/event-bus.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { silentLog } from '../../../src/core/log.ts'
import { serveLive } from '../../../src/protocols/http/api/live.ts'
import type { HttpApp } from '../../../src/protocols/http/http-app.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { fieldOf, openHttpWorld, type HttpWorld } from './http-world.ts'

const from = {
  username: 'ann',
  protocol: 'SFTP',
  remoteAddress: '10.1.2.3',
  clientVersion: 'SSH-2.0-x',
} as const
const never = 1_000_000

/** Reads server-sent events as they come. */
class Watcher implements Disposable {
  readonly response: IncomingMessage
  isEnded = false
  #text = ''

  constructor(response: IncomingMessage) {
    this.response = response
    response
      .setEncoding('utf8')
      .on('data', (text: string) => (this.#text += text))
      .on('error', () => {})
      .on('close', () => (this.isEnded = true))
  }

  get states(): LiveState[] {
    const blocks = this.#text.split('\n\n').slice(0, -1)
    return blocks.flatMap((block) => {
      const data = /^event: state\ndata: (.+)$/.exec(block)?.[1]
      return data === undefined ? [] : [JSON.parse(data) as LiveState]
    })
  }

  get pings(): number {
    return this.#text.split('\n\n').filter((block) => block === ': ping').length
  }

  [Symbol.dispose](): void {
    this.response.destroy()
  }
}

async function watch(url: string, token = '', path = '/api/v2/live/stream'): Promise<Watcher> {
  const request = get(`${url}${path}`, { headers: { 'X-SFTPGO-TOKEN': token } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return new Watcher(response)
}

function viewer(world: HttpWorld, name = 'viewer'): Promise<string> {
  return world.addAdmin(name, ['view_conns'])
}

test('answers connections, ended sessions and traffic to whoever polls', async () => {
  await using world = await openHttpWorld()
  const ann = world.connections.open(from, 0)
  ann.addTransfer(
    { operation: 'upload', path: parseVirtualPath('/a.bin'), startedAt: 1000, bytes: 77 },
    { isReported: true },
  )
  ann.received(77)
  world.events.emit({ type: 'session-closed', actor: ann.actor(), durationMs: 5, reason: 'bye' })
  const state = await waitUntil('a sample with traffic', async () => {
    const { status, body } = await world.signedIn('GET', '/live')
    assert.equal(status, 200)
    const live = body as LiveState
    return live.traffic.some(({ received }) => received === 77) && live
  })
  assert.equal(state.connection_count, 1)
  assert.equal(state.connections[0]?.connection_id, ann.connectionId)
  assert.deepEqual(state.connections[0]?.active_transfers, [
    { operation_type: 'upload', path: '/a.bin', start_time: 1000, size: 77 },
  ])
  assert.deepEqual(state.ended, [
    {
      connection_id: ann.connectionId,
      username: 'ann',
      protocol: 'SFTP',
      remote_address: '10.1.2.3',
      ended_at: state.ended[0]?.ended_at,
      duration_ms: 5,
      reason: 'bye',
    },
  ])
  assert.ok(state.now >= (state.traffic.at(-1)?.at ?? Infinity))
})

test('shows the newest five hundred of many connections, and how many there are', async () => {
  await using world = await openHttpWorld()
  for (let i = 0; i < 520; i++) world.connections.open({ ...from, username: `user-${i}` }, 0)
  const { body } = await world.signedIn('GET', '/live')
  const { connections, connection_count } = body as LiveState
  assert.equal(connection_count, 520)
  assert.equal(connections.length, 500)
  assert.equal(connections.at(-1)?.username, 'user-519')
})

test('sends the state at once, and again when something has changed', async () => {
  await using world = await openHttpWorld()
  using watcher = await watch(world.url, await viewer(world))
  const { headers } = watcher.response
  assert.match(headers['content-type'] ?? '', /^text\/event-stream/)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-accel-buffering'], 'no')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  await waitUntil('the first state', () => watcher.states.length > 0)
  assert.equal(watcher.states[0]?.connection_count, 0)

  const ann = world.connections.open(from, 0)
  await waitUntil('the connection', () => watcher.states.at(-1)?.connection_count === 1)
  ann.sent(1234)
  await waitUntil('the traffic', () => watcher.states.at(-1)?.traffic.some(({ sent }) => sent === 1234))
  world.connections.close(ann)
  world.events.emit({ type: 'session-closed', actor: ann.actor(), durationMs: 5, reason: 'bye' })
  await waitUntil('the end', () => watcher.states.at(-1)?.ended[0]?.connection_id === ann.connectionId)
})

test('sends a comment, not the state again, while nothing changes', async () => {
  await using world = await openHttpWorld({ liveTiming: { pingAfter: 1, checkAfter: never } })
  using watcher = await watch(world.url, await viewer(world))
  await waitUntil('pings', () => watcher.pings >= 3)
  assert.equal(watcher.states.length, 1)
})

test('ends when the admin signs out, is disabled, or may not watch any more', async () => {
  await using world = await openHttpWorld({ liveTiming: { pingAfter: never, checkAfter: 1 } })
  const tokens = await Promise.all(
    ['leaving', 'disabled', 'demoted', 'staying'].map((name) => viewer(world, name)),
  )
  const [leaving, disabled, demoted, staying] = await Promise.all(
    tokens.map((token) => watch(world.url, token)),
  )
  assert.ok(leaving && disabled && demoted && staying)
  using _stays = staying
  await world.call('GET', '/api/v2/logout', undefined, { 'X-SFTPGO-TOKEN': tokens[0] ?? '' })
  const change = async (name: string, changes: object) => {
    const admin = await world.database.admins.find(name)
    assert.ok(admin)
    await world.database.admins.replace({ ...admin, ...changes }, Date.now())
  }
  await change('disabled', { status: 'disabled' })
  await change('demoted', { permissions: ['view_users'] })
  for (const watcher of [leaving, disabled, demoted]) {
    await waitUntil('the end of the stream', () => watcher.isEnded)
    assert.ok(watcher.response.complete)
  }
  assert.equal(staying.isEnded, false)
})

test('serves twenty streams at most, and takes a place back when a client goes', async () => {
  await using world = await openHttpWorld()
  const token = await viewer(world)
  const watchers = await Promise.all(Array.from({ length: 20 }, () => watch(world.url, token)))
  const { status, body } = await world.call('GET', '/api/v2/live/stream', undefined, {
    'X-SFTPGO-TOKEN': token,
  })
  assert.equal(status, 429)
  assert.equal(fieldOf(body, 'error'), 'too-many-connections')
  watchers[0]?.response.destroy()
  await waitUntil('a free place', async () => {
    const watcher = await watch(world.url, token)
    watchers.push(watcher)
    return watcher.response.statusCode === 200
  })
  for (const watcher of watchers) watcher.response.destroy()
})

test('is for admins who may see connections', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin('blind', ['view_users'])
  for (const path of ['/api/v2/live', '/api/v2/live/stream']) {
    assert.equal((await world.call('GET', path)).status, 401)
    assert.equal((await world.call('GET', path, undefined, { 'X-SFTPGO-TOKEN': token })).status, 403)
  }
})

test('does not hold up a stop, however long that may take', async () => {
  await using world = await openHttpWorld()
  using watcher = await watch(world.url, await viewer(world))
  await waitUntil('the first state', () => watcher.states.length > 0)
  const startedAt = performance.now()
  await world.server.stop(60_000)
  assert.ok(performance.now() - startedAt < 10_000)
  await waitUntil('the end of the stream', () => watcher.isEnded)
  assert.ok(watcher.response.complete)
})

/** The routes alone, with a quick beat, in a server with time limits of its own. */
class LiveServer implements AsyncDisposable {
  readonly connections = new ConnectionRegistry()
  readonly traffic = new TrafficMeter({ totals: () => this.connections.traffic, intervalMs: 5 })
  readonly endedSessions = new EndedSessions(new EventBus(silentLog))
  readonly #app: HttpApp

  constructor({ limitMs = never, pingAfter = never }) {
    this.#app = fastify({ connectionTimeout: limitMs, requestTimeout: limitMs })
    const { connections, traffic, endedSessions } = this
    const adminSignIn = { authenticate: () => Promise.reject(new Error('not asked in this test')) }
    const timing = { pingAfter, checkAfter: never }
    serveLive(this.#app, { connections, traffic, endedSessions, adminSignIn, timing })
  }

  async watch(): Promise<Watcher> {
    const url = await this.#app.listen({ host: '127.0.0.1', port: 0 })
    return watch(url, '', '/live/stream')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.traffic[Symbol.dispose]()
    await this.#app.close()
  }
}

test('a reader that is slow misses states, and gets the newest when it reads again', async () => {
  await using server = new LiveServer({})
  const { connections, traffic } = server
  const opened = Array.from({ length: 500 }, () => connections.open(from, 0))
  using watcher = await server.watch()
  await waitUntil('the first state', () => watcher.states.length > 0)
  watcher.response.pause()
  let beats = 0
  const changing = traffic.onSample(() => {
    beats++
    for (const connection of opened) connection.sent(1)
  })
  // Far more than the buffers of sockets hold: each state is more than 100 kB.
  await waitUntil('many changes', () => beats >= 500, 60_000)
  changing[Symbol.dispose]()
  await waitUntil('quiet', () => traffic.samples.at(-1)?.sent === 0)
  const last = opened.at(-1)?.lastActivity
  watcher.response.resume()
  await waitUntil('the newest', () => watcher.states.at(-1)?.connections.at(-1)?.last_activity === last)
  assert.ok(watcher.states.length < 150, `${watcher.states.length} states were queued`)
})

test('outlives the time limits of the server as long as it says something', async () => {
  const limitMs = 300
  await using server = new LiveServer({ limitMs, pingAfter: limitMs / 3 })
  using watcher = await server.watch()
  const startedAt = performance.now()
  await waitUntil('many limits', () => watcher.isEnded || performance.now() - startedAt > 4 * limitMs)
  assert.equal(watcher.isEnded, false)
  server.connections.open(from, 0)
  await waitUntil('a change', () => watcher.states.at(-1)?.connection_count === 1)
})
