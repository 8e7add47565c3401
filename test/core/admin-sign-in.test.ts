import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminDirectory } from '../../src/core/auth/admin-directory.ts'
import { adminSettingsOf } from '../../src/core/accounts/admin.ts'
import { AdminSignIn } from '../../src/core/auth/admin-sign-in.ts'
import { SetupCode } from '../../src/core/auth/setup-code.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { CoreWorld, rejects } from './core-fixture.ts'

/** Knows 'owner' (also by e-mail) with the password 'platform'. */
class FakeDirectory implements AdminDirectory {
  readonly asked: string[] = []
  failure: FileServerError | undefined
  answer = 'owner'

  verify(username: string, password: string): Promise<{ username: string }> {
    this.asked.push(username)
    if (this.failure) return Promise.reject(this.failure)
    if (password === 'platform' && ['owner', 'owner@example.com'].includes(username))
      return Promise.resolve({ username: this.answer })
    return Promise.reject(new FileServerError('access-denied', 'no'))
  }
}

function adminSignIn(world: CoreWorld, directory?: AdminDirectory) {
  const setupCode = new SetupCode(world.clock)
  const { hasher, throttle, codes, bus: events, clock } = world
  const { admins } = world.database
  return {
    setupCode,
    admins,
    signIn: new AdminSignIn({ admins, hasher, throttle, codes, setupCode, directory, events, clock }),
  }
}

const from = '127.0.0.1'

test('the local admin signs in with the password of the environment, which holds at every start', async () => {
  await using world = await CoreWorld.open()
  const directory = new FakeDirectory()
  const { signIn, admins } = adminSignIn(world, directory)
  await signIn.ensureLocalAdmin('root', 'first')
  await signIn.ensureLocalAdmin('root', 'first')
  const { token } = await signIn.signIn('root', 'first', from)
  assert.equal((await signIn.authenticate(token)).username, 'root')
  await rejects('access-denied', signIn.signIn('root', 'platform', from))
  await signIn.ensureLocalAdmin('root', 'second')
  await rejects('access-denied', signIn.authenticate(token))
  await rejects('access-denied', signIn.signIn('root', 'first', from))
  await signIn.signIn('root', 'second', from)
  assert.deepEqual(directory.asked, [], 'the platform never sees a local admin')
  assert.equal(await admins.count(), 1)
  await rejects('invalid-argument', signIn.ensureLocalAdmin('setup', 'x'))
})

test('an owner signs in by the directory, is known by its name there, and is made once', async () => {
  await using world = await CoreWorld.open()
  const { signIn, admins } = adminSignIn(world, new FakeDirectory())
  const results = await Promise.all(
    ['owner', 'owner@example.com', 'owner'].map((name) => signIn.signIn(name, 'platform', from)),
  )
  assert.equal(new Set(results.map(({ token }) => token)).size, 3)
  for (const { token } of results) assert.equal((await signIn.authenticate(token)).username, 'owner')
  assert.equal(await admins.count(), 1)
  assert.deepEqual(
    world.eventsOf('admin-signed-in').map(({ admin, source }) => [admin, source]),
    Array.from({ length: 3 }, () => ['owner', 'thinger']),
  )
})

test('what the directory says of an account comes through, and only a wrong password counts as a failure', async () => {
  await using world = await CoreWorld.open()
  const directory = new FakeDirectory()
  const { signIn } = adminSignIn(world, directory)
  for (const code of ['unsupported', 'permission-denied', 'unavailable', 'too-many-attempts'] as const) {
    directory.failure = new FileServerError(code, code)
    await rejects(code, signIn.signIn(`owner-${code}`, 'platform', from))
  }
  directory.failure = undefined
  for (let i = 0; i < 5; i++) await rejects('access-denied', signIn.signIn('owner', 'wrong', from))
  assert.ok(world.throttle.delayOf('admin:owner') > 0)
  assert.equal(world.throttle.delayOf('admin:owner-unavailable'), 0)
})

test('few attempts reach the directory, per name and in all', async () => {
  await using world = await CoreWorld.open()
  const directory = new FakeDirectory()
  const { signIn } = adminSignIn(world, directory)
  for (let i = 0; i < 5; i++) await rejects('access-denied', signIn.signIn('owner', 'wrong', from))
  await rejects('too-many-attempts', signIn.signIn('owner', 'platform', from))
  for (let i = 0; i < 25; i++) await rejects('access-denied', signIn.signIn(`name${i}`, 'wrong', from))
  await rejects('too-many-attempts', signIn.signIn('one-more', 'wrong', from))
  assert.equal(directory.asked.length, 30)
  world.turnClock(60_000)
  await signIn.signIn('owner', 'platform', from)
})

test('a name belongs to one kind of admin', async () => {
  await using world = await CoreWorld.open()
  const directory = new FakeDirectory()
  const { signIn, setupCode } = adminSignIn(world, directory)
  await signIn.ensureLocalAdmin('alice', 'local')
  for (const name of ['alice', 'setup']) {
    directory.answer = name
    await rejects('access-denied', signIn.signIn('owner', 'platform', from))
  }
  const { token } = await signIn.signIn('setup', setupCode.issue(), from)
  assert.equal((await signIn.authenticate(token)).source, 'setup-code')
})

test('the setup code opens once, and until it expires', async () => {
  await using world = await CoreWorld.open()
  const { signIn, setupCode } = adminSignIn(world)
  await rejects('access-denied', signIn.signIn('setup', '', from))
  const code = setupCode.issue()
  await rejects('access-denied', signIn.signIn('owner', code, from))
  const { token } = await signIn.signIn('setup', code, from)
  await rejects('access-denied', signIn.signIn('setup', code, from))
  const late = setupCode.issue()
  world.turnClock(24 * 60 * 60_000)
  await rejects('access-denied', signIn.signIn('setup', late, from))
  await rejects('access-denied', signIn.authenticate(token))
})

test('the setup code makes its admin whole again, which was disabled and demoted', async () => {
  await using world = await CoreWorld.open()
  const { signIn, setupCode, admins } = adminSignIn(world)
  const { token } = await signIn.signIn('setup', setupCode.issue(), from)
  const setup = adminSettingsOf((await admins.find('setup')) ?? assert.fail())
  for (const lessened of [
    { ...setup, status: 'disabled' as const },
    { ...setup, permissions: ['view_users'] as const },
    { ...setup, status: 'disabled' as const, permissions: ['view_users'] as const },
  ]) {
    await admins.replace(lessened, world.clock())
    if (lessened.status === 'disabled') await rejects('access-denied', signIn.authenticate(token))
    const before = world.eventsOf('account-changed').length
    const back = await signIn.signIn('setup', setupCode.issue(), from)
    const { status, permissions } = await signIn.authenticate(back.token)
    assert.deepEqual({ status, permissions }, { status: 'active', permissions: ['*'] })
    assert.deepEqual(
      world
        .eventsOf('account-changed')
        .slice(before)
        .map(({ admin, name, change }) => [admin, name, change]),
      [['setup', 'setup', 'replaced']],
    )
  }
  const before = world.eventsOf('account-changed').length
  await signIn.signIn('setup', setupCode.issue(), from)
  assert.equal(world.eventsOf('account-changed').length, before, 'a whole one stays as it is')
  await admins.replace({ ...setup, status: 'disabled' }, world.clock())
  await rejects('access-denied', signIn.signIn('setup', 'WRONG-CODE', from))
  assert.equal((await admins.find('setup'))?.status, 'disabled', 'a wrong code changes nothing')
})

test('a start leaves a disabled local admin disabled, and makes it whole when ADMIN_PASSWORD is another', async () => {
  await using world = await CoreWorld.open()
  const { signIn, admins } = adminSignIn(world)
  await signIn.ensureLocalAdmin('root', 'first')
  const root = adminSettingsOf((await admins.find('root')) ?? assert.fail())
  await admins.replace({ ...root, status: 'disabled', permissions: ['view_users'] }, world.clock())
  await signIn.ensureLocalAdmin('root', 'first')
  await rejects('access-denied', signIn.signIn('root', 'first', from))
  await signIn.ensureLocalAdmin('root', 'second')
  const { token } = await signIn.signIn('root', 'second', from)
  assert.deepEqual((await signIn.authenticate(token)).permissions, ['*'])
})

test('a token lasts twenty minutes, and no longer than its admin or its owner wants', async () => {
  await using world = await CoreWorld.open()
  const { signIn, admins } = adminSignIn(world)
  await signIn.ensureLocalAdmin('root', 'password')
  const open = async () => (await signIn.signIn('root', 'password', from)).token
  const first = await open()
  world.turnClock(20 * 60_000 - 2_000)
  await signIn.authenticate(first)
  world.turnClock(4_000)
  await rejects('access-denied', signIn.authenticate(first))
  for (const wrong of ['', 'x', 'x'.repeat(100_000)])
    await rejects('access-denied', signIn.authenticate(wrong))

  const [mine, other] = [await open(), await open()]
  await signIn.signOut(mine)
  await rejects('access-denied', signIn.authenticate(mine))
  const { id: _id, ...admin } = await signIn.authenticate(other)
  await admins.replace({ ...admin, status: 'disabled' }, world.clock())
  await rejects('access-denied', signIn.authenticate(other))
  await rejects('access-denied', signIn.signIn('root', 'password', from))
  await admins.replace(admin, world.clock())
  await signIn.authenticate(other)
  await admins.remove('root')
  await signIn.ensureLocalAdmin('root', 'password')
  await rejects('access-denied', signIn.authenticate(other))
})

test('without a directory an unknown admin is refused as a known one', async () => {
  await using world = await CoreWorld.open()
  const { signIn } = adminSignIn(world)
  await signIn.ensureLocalAdmin('root', 'secret-one')
  const refusals = new Set<string>()
  for (const [name, password] of [
    ['root', 'secret-two'],
    ['nobody', 'secret-two'],
    ['setup', 'secret-two'],
  ] as const)
    await assert.rejects(signIn.signIn(name, password, from), (error: FileServerError) => {
      refusals.add(`${error.code} ${error.message}`)
      return true
    })
  assert.equal(refusals.size, 1)
  assert.deepEqual(
    world.eventsOf('admin-sign-in-refused').map(({ admin }) => admin),
    ['root', 'nobody', 'setup'],
  )
  assert.ok(!JSON.stringify(world.events).includes('secret'))
})
