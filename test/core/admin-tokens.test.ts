import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { adminSettingsOf, type AdminSettings } from '../../src/core/accounts/admin.ts'
import { AdminSignIn } from '../../src/core/auth/admin-sign-in.ts'
import { SetupCode } from '../../src/core/auth/setup-code.ts'
import { CoreWorld, rejects } from './core-fixture.ts'
import { withFaults } from './faults.ts'

const from = '127.0.0.1'
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

async function openWorld() {
  const world = await CoreWorld.open()
  const { hasher, throttle, codes, bus: events, clock } = world
  const admins = withFaults('admins', world.database.admins, world.faults)
  const setupCode = new SetupCode(clock)
  const signIn = new AdminSignIn({ admins, hasher, throttle, codes, setupCode, events, clock })
  await signIn.ensureLocalAdmin('root', 'password')
  const open = async (kind: 'session' | 'token') =>
    (await signIn.signIn('root', 'password', from, { kind })).token
  return {
    world,
    admins,
    signIn,
    open,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

test('a session lives on while it is used, and ends twenty minutes after its last use', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const token = await open('session')
  for (let used = 0; used < 10; used++) {
    world.turnClock(15 * minute)
    await signIn.authenticate(token)
  }
  world.turnClock(20 * minute + 1000)
  await rejects('access-denied', signIn.authenticate(token))
})

test('a session that is used all the time ends after twelve hours', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const token = await open('session')
  for (let used = 0; used < 47; used++) {
    world.turnClock(15 * minute)
    await signIn.authenticate(token)
  }
  world.turnClock(15 * minute)
  await rejects('access-denied', signIn.authenticate(token))
})

test('a session that has more than fifteen minutes left is not written', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const token = await open('session')
  const { expiresAt } = (await signIn.identify(token)).token
  world.turnClock(4 * minute)
  assert.equal((await signIn.identify(token)).token.expiresAt, expiresAt)
  world.turnClock(2 * minute)
  const extended = (await signIn.identify(token)).token
  assert.ok(extended.expiresAt > expiresAt)
  assert.deepEqual((await signIn.identify(token)).token, extended)
})

test('a token of a program ends after twenty minutes, however often it is used', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const token = await open('token')
  world.turnClock(16 * minute)
  await signIn.authenticate(token)
  world.turnClock(5 * minute)
  await rejects('access-denied', signIn.authenticate(token))
})

test('a key works until it expires and can neither make keys nor outlast a year', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const by = await signIn.identify(await open('session'))
  const now = world.clock()
  for (const expiresAt of [0, now, now + 367 * day, NaN])
    await rejects('invalid-argument', signIn.makeKey(by, { name: 'script', expiresAt }))
  for (const name of ['', '  ', 'two\nlines', 'x'.repeat(256)])
    await rejects('invalid-argument', signIn.makeKey(by, { name, expiresAt: now + day }))
  const { token, record } = await signIn.makeKey(by, { name: 'nightly script', expiresAt: now + 3 * day })
  assert.equal(record.name, 'nightly script')
  world.turnClock(2 * day)
  const identity = await signIn.identify(token)
  assert.deepEqual([identity.admin.username, identity.token.kind], ['root', 'key'])
  await rejects('permission-denied', signIn.makeKey(identity, { name: 'more', expiresAt: now + 4 * day }))
  world.turnClock(day + 1000)
  await rejects('access-denied', signIn.authenticate(token))
})

test('a clock that was years ahead for a while has ended no key', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const by = await signIn.identify(await open('session'))
  const { token } = await signIn.makeKey(by, { name: 'script', expiresAt: world.clock() + 3 * day })
  world.turnClock(3650 * day)
  await open('session')
  await rejects('access-denied', signIn.authenticate(token))
  world.turnClock(-3650 * day)
  assert.equal((await signIn.identify(token)).admin.username, 'root')
})

test('keys that have expired go when their admin makes the next one', async () => {
  await using fixture = await openWorld()
  const { world, admins, signIn, open } = fixture
  const by = await signIn.identify(await open('session'))
  const key = { name: 'script', expiresAt: world.clock() + day }
  for (let made = 0; made < 3; made++) await signIn.makeKey(by, key)
  const count = async () => (await admins.listTokens('root', 0)).filter(({ kind }) => kind === 'key').length
  world.turnClock(2 * day)
  const later = await signIn.identify(await open('session'))
  assert.equal(await count(), 3)
  await signIn.makeKey(later, { name: 'next', expiresAt: world.clock() + day })
  assert.equal(await count(), 1)
})

test('an admin has a hundred keys at most', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const by = await signIn.identify(await open('session'))
  const key = { name: 'script', expiresAt: world.clock() + day }
  for (let made = 0; made < 100; made++) await signIn.makeKey(by, key)
  await rejects('invalid-argument', signIn.makeKey(by, key))
})

test('an admin sees and ends the own tokens alone', async () => {
  await using fixture = await openWorld()
  const { signIn, open } = fixture
  await signIn.ensureLocalAdmin('other', 'password')
  const mine = await open('session')
  const second = await open('token')
  const others = (await signIn.signIn('other', 'password', from)).token
  const list = await signIn.tokens.list('root')
  assert.deepEqual(
    list.map(({ kind }) => kind),
    ['session', 'token'],
  )
  const { id: otherId } = (await signIn.identify(others)).token
  await rejects('not-found', signIn.removeToken('root', otherId))
  await signIn.removeToken('root', list[1]?.id ?? 0)
  await rejects('access-denied', signIn.authenticate(second))
  await signIn.authenticate(mine)
  await signIn.authenticate(others)
})

test('a sign-in that was begun with the old password, or before its admin was shut out, gives no token', async () => {
  await using fixture = await openWorld()
  const { world, signIn } = fixture
  const { admins } = world.database
  const changes: ((root: AdminSettings) => Promise<unknown>)[] = [
    (root) => admins.replace({ ...root, passwordHash: 'another' }, world.clock(), {}),
    (root) => admins.replace({ ...root, status: 'disabled' }, world.clock(), {}),
    (root) => admins.replace({ ...root, source: 'thinger' }, world.clock(), {}),
    () => admins.remove('root'),
    async (root) => {
      await admins.remove('root')
      await admins.add(root, world.clock())
    },
  ]
  for (const change of changes) {
    const before = (await admins.find('root')) ?? assert.fail()
    world.faults.before('admins.addToken', async () => {
      world.faults.clear()
      await change(adminSettingsOf(before))
    })
    await rejects('access-denied', signIn.signIn('root', 'password', from, { kind: 'session' }))
    assert.deepEqual(await admins.listTokens('root', 0), [], change.toString())
    await admins.remove('root').catch(() => undefined)
    await admins.add(adminSettingsOf(before), world.clock())
  }
  assert.equal(world.eventsOf('admin-signed-in').length, 0)
})

test('a key that was asked for with a token that is over, or before the password was changed, is not made', async () => {
  await using fixture = await openWorld()
  const { world, signIn, open } = fixture
  const { admins } = world.database
  const root = (await admins.find('root')) ?? assert.fail()
  const changes: ((token: string) => Promise<unknown>)[] = [
    (token) => signIn.signOut(token),
    () => admins.replace({ ...adminSettingsOf(root), passwordHash: 'another' }, world.clock(), {}),
  ]
  for (const change of changes) {
    const token = await open('session')
    const by = await signIn.identify(token)
    world.faults.before('admins.addToken', async () => {
      world.faults.clear()
      await change(token)
    })
    await rejects('access-denied', signIn.makeKey(by, { name: 'script', expiresAt: world.clock() + day }))
    assert.deepEqual(await signIn.tokens.list('root'), [])
  }
  assert.deepEqual(
    world.eventsOf('account-changed').filter(({ subject }) => subject === 'key'),
    [],
  )
})

test('an admin that was made while the clock was ahead has tokens that work when it is right', async () => {
  await using fixture = await openWorld()
  const { world, signIn } = fixture
  world.turnClock(day)
  await signIn.ensureLocalAdmin('early', 'password')
  world.turnClock(-day)
  const { token } = await signIn.signIn('early', 'password', from, { kind: 'token' })
  assert.equal((await signIn.identify(token)).admin.username, 'early')
})

test('a token that was left when its admin was removed does not serve the next of that name', async () => {
  await using fixture = await openWorld()
  const { world, admins, signIn, open } = fixture
  const token = await open('session')
  const { token: left } = await signIn.identify(token)
  await admins.remove('root')
  using database = new DatabaseSync(join(world.directory, 'state.db'))
  database
    .prepare(
      'insert into admin_tokens (token_hash, admin_username, kind, name, created_at, expires_at) values (?, ?, ?, ?, ?, ?)',
    )
    .run(left.tokenHash, left.adminUsername, left.kind, left.name, left.createdAt, left.expiresAt)
  assert.ok(await admins.findToken(left.tokenHash, world.clock()))
  world.turnClock(minute)
  await signIn.ensureLocalAdmin('root', 'password')
  await rejects('access-denied', signIn.authenticate(token))
})
