import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecondFactorService } from '../../../src/core/accounts/second-factor-service.ts'
import { totpAt } from '../../../src/core/auth/totp.ts'
import { hasCode } from '../../../src/core/errors.ts'
import { webIdleTimeoutMs, WebSessions } from '../../../src/protocols/http/web-sessions.ts'
import { CoreWorld } from '../../core/core-fixture.ts'
import { waitUntil } from '../../support/wait-until.ts'

const attempt = {
  username: 'ann',
  password: 'ann-password',
  remoteAddress: '127.0.0.1',
  userAgent: 'Browser/1',
}

async function openWorld(fields: { maxSessions?: number } = {}) {
  const world = await CoreWorld.open()
  await world.addUser('ann', { passwordHash: await world.hasher.hash(attempt.password), ...fields })
  const sessions = new WebSessions({ signIn: world.signIn, clock: world.clock, checkIntervalMs: 5 })
  return {
    world,
    sessions,
    isGone: () => world.connections.list().length === 0,
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('a browser that asks for nothing for twenty minutes is signed out, one that asks is not', async () => {
  await using it = await openWorld()
  const { token } = await it.sessions.open(attempt)
  it.world.turnClock(webIdleTimeoutMs - 1000)
  assert.equal(it.sessions.find(token)?.username, 'ann')
  it.world.turnClock(webIdleTimeoutMs - 1000)
  assert.equal(it.sessions.find(token)?.username, 'ann')
  it.world.turnClock(webIdleTimeoutMs + 1000)
  assert.equal(it.sessions.find(token), undefined)
  await waitUntil('the connection is closed', it.isGone)
})

test('work that is held keeps the files open after the sign-in has expired, and no longer', async () => {
  await using it = await openWorld()
  const { token, webSession } = await it.sessions.open(attempt)
  const [one, two] = [webSession.hold(), webSession.hold()]
  await it.sessions.open(attempt)
  it.world.turnClock(webIdleTimeoutMs + 1000)
  assert.equal(it.sessions.find(token), undefined)
  await waitUntil('the session that is not held is closed', () => it.world.connections.list().length === 1)
  one[Symbol.dispose]()
  one[Symbol.dispose]()
  assert.equal(it.isGone(), false, 'the second hold still stands')
  two[Symbol.dispose]()
  await waitUntil('the connection is closed', it.isGone)
})

test('signing out ends everything, held or not', async () => {
  await using it = await openWorld()
  const { token, webSession } = await it.sessions.open(attempt)
  using _hold = webSession.hold()
  await it.sessions.close(token)
  assert.equal(it.isGone(), true)
  assert.equal(it.sessions.find(token), undefined)
})

test('held work of an expired sign-in does not keep its user out', async () => {
  await using it = await openWorld({ maxSessions: 1 })
  const { webSession } = await it.sessions.open(attempt)
  using _hold = webSession.hold()
  await assert.rejects(it.sessions.open(attempt), (error) => hasCode(error, 'too-many-connections'))
  it.world.turnClock(webIdleTimeoutMs + 1000)
  const { token } = await it.sessions.open(attempt)
  assert.equal(it.sessions.find(token)?.username, 'ann')
  assert.equal(it.world.connections.list().length, 1)
})

test('who has held work and a second factor signs in with one code, of either kind', async () => {
  await using it = await openWorld({ maxSessions: 1 })
  const { world, sessions } = it
  const { users, admins, secondFactors: factors } = world.database
  const { box, codes, hasher, throttle, bus: events, clock } = world
  const service = new SecondFactorService({
    ...{ factors, users, admins, box, codes, hasher, throttle, events, clock },
  })
  const ann = { kind: 'user', name: 'ann' } as const
  const { secret } = await service.generate(ann)
  const passcode = totpAt(secret, clock())
  const [recovery = ''] = await service.turnOn(ann, { passcode, protocols: ['HTTP'] })
  const codeIn = (ms: number) => totpAt(secret, clock() + ms)
  let { webSession } = await sessions.open({ ...attempt, code: codeIn(30_000) })
  for (const code of [() => codeIn(0), () => recovery]) {
    using _hold = webSession.hold()
    world.turnClock(webIdleTimeoutMs + 1000)
    ;({ webSession } = await sessions.open({ ...attempt, code: code() }))
    assert.equal(world.connections.list().length, 1)
  }
  assert.deepEqual(world.eventsOf('sign-in-refused'), [])
  assert.equal(world.throttle.delayOf('user:ann'), 0)
  assert.equal((await users.find('ann'))?.secondFactor?.recoveryCodes.length, 11)
})

test('a session that an admin ends is over in the browser as well', async () => {
  await using it = await openWorld()
  const { token, webSession } = await it.sessions.open(attempt)
  it.world.connections.disconnect(webSession.session.id, 'disconnected by an admin')
  assert.equal(it.sessions.find(token), undefined)
  await waitUntil('the connection is closed', it.isGone)
})

test('a token that was never given out finds nobody', async () => {
  await using it = await openWorld()
  const { token } = await it.sessions.open(attempt)
  for (const other of ['', token.slice(1), `${token}A`, 'x'.repeat(43)])
    assert.equal(it.sessions.find(other), undefined)
})
