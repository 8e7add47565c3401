import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdminService, type AdminInput } from '../../src/core/accounts/admin-service.ts'
import type { AdminPermission } from '../../src/core/accounts/admin.ts'
import { AdminSignIn } from '../../src/core/auth/admin-sign-in.ts'
import type { Identity } from '../../src/core/auth/admin-tokens.ts'
import { SetupCode } from '../../src/core/auth/setup-code.ts'
import { CoreWorld, rejects } from './core-fixture.ts'

const from = '127.0.0.1'
const password = 'a long password'

async function openWorld() {
  const world = await CoreWorld.open()
  const { hasher, throttle, codes, bus: events, clock } = world
  const { admins } = world.database
  const setupCode = new SetupCode(clock)
  const signIn = new AdminSignIn({ admins, hasher, throttle, codes, setupCode, events, clock })
  const service = new AdminService({ admins, hasher, throttle, events, clock })
  await signIn.ensureLocalAdmin('root', password)
  const identify = async (username: string, secret = password): Promise<Identity> =>
    signIn.identify((await signIn.signIn(username, secret, from, { kind: 'session' })).token)
  return {
    ...{ world, admins, signIn, service, identify, setupCode, root: await identify('root') },
    /** Adds an admin and signs it in. */
    async addAdmin(username: string, permissions: AdminPermission[]): Promise<Identity> {
      await service.add(await identify('root'), { ...input(username, { permissions }), password })
      return identify(username)
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function input(username: string, changes: Partial<AdminInput> = {}): AdminInput {
  return { username, status: 'active', email: '', description: '', permissions: ['*'], ...changes }
}

test('an admin adds, replaces and removes admins, which events tell without secrets', async () => {
  await using fixture = await openWorld()
  const { world, service, root, identify } = fixture
  const added = await service.add(root, { ...input('ann', { permissions: ['view_users'] }), password })
  assert.deepEqual([added.source, added.permissions], ['local', ['view_users']])
  await identify('ann')
  await service.replace(root, input('ann', { description: 'changed', permissions: ['view_users'] }))
  assert.equal((await service.find('ann')).description, 'changed')
  await identify('ann')
  await service.remove(root, 'ann')
  await rejects('not-found', service.find('ann'))
  assert.deepEqual(
    world
      .eventsOf('account-changed')
      .map(({ admin, subject, name, change }) => [admin, subject, name, change]),
    [
      ['__system__', 'admin', 'root', 'added'],
      ...['added', 'replaced', 'removed'].map((change) => ['root', 'admin', 'ann', change]),
    ],
  )
  assert.ok(!JSON.stringify(world.events).includes(password))
})

test('names and passwords of admins are checked', async () => {
  await using fixture = await openWorld()
  const { service, root } = fixture
  for (const name of ['', 'setup', 'a/b', 'a..b', '..', 'x'.repeat(256)])
    await rejects('invalid-argument', service.add(root, { ...input(name), password }))
  for (const weak of ['', 'short', 'same-as-name'])
    await rejects('invalid-argument', service.add(root, { ...input('same-as-name'), password: weak }))
  await rejects('invalid-argument', service.add(root, { ...input('ann', { permissions: [] }), password }))
  await rejects('already-exists', service.add(root, { ...input('root'), password }))
})

test('nobody gives permissions that they do not hold, nor changes who holds more', async () => {
  await using fixture = await openWorld()
  const { service, addAdmin } = fixture
  const manager = await addAdmin('manager', ['manage_admins', 'view_users'])
  await addAdmin('viewer', ['view_users'])
  for (const permissions of [['*'], ['edit_users'], ['view_users', 'manage_system']] as AdminPermission[][]) {
    await rejects('permission-denied', service.add(manager, { ...input('new', { permissions }), password }))
    await rejects('permission-denied', service.replace(manager, input('viewer', { permissions })))
    await rejects('permission-denied', service.replace(manager, input('manager', { permissions })))
  }
  await rejects(
    'permission-denied',
    service.replace(manager, input('root', { permissions: ['view_users'], password: 'taken over' })),
  )
  await rejects('permission-denied', service.remove(manager, 'root'))
  await service.add(manager, { ...input('new', { permissions: ['view_users'] }), password })
  await service.remove(manager, 'viewer')
})

test('nobody disables or removes themselves', async () => {
  await using fixture = await openWorld()
  const { service, root, addAdmin } = fixture
  await addAdmin('second', ['*'])
  await rejects('permission-denied', service.replace(root, input('root', { status: 'disabled' })))
  await rejects('permission-denied', service.remove(root, 'root'))
})

test('the last admin who can manage admins stays one', async () => {
  await using fixture = await openWorld()
  const { service, root, addAdmin } = fixture
  await addAdmin('viewer', ['view_users'])
  const withoutRight = input('root', { permissions: ['view_users'] })
  await rejects('permission-denied', service.replace(root, withoutRight))
  await addAdmin('second', ['*'])
  await service.replace(root, input('second', { status: 'disabled' }))
  await rejects('permission-denied', service.replace(root, withoutRight))
  await service.replace(root, input('second', { status: 'active' }))
  await service.replace(root, withoutRight)
})

test('of two admins who remove each other at the same time one stays', async () => {
  await using fixture = await openWorld()
  const { service, root, admins, addAdmin } = fixture
  const second = await addAdmin('second', ['*'])
  const results = await Promise.allSettled([service.remove(root, 'second'), service.remove(second, 'root')])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  assert.equal(await admins.count(), 1)
})

test('a new password or disabling ends all tokens of an admin, keys too', async () => {
  await using fixture = await openWorld()
  const { world, service, signIn, root, identify, addAdmin } = fixture
  for (const change of [{ password: 'another password' }, { status: 'disabled' }] as const) {
    const username = `ann-${Object.keys(change).join()}`
    const ann = await addAdmin(username, ['view_users'])
    const key = await signIn.makeKey(ann, { name: 'script', expiresAt: world.clock() + 60_000 })
    await service.replace(root, input(username, { permissions: ['view_users'], ...change }))
    await service.replace(root, input(username, { permissions: ['view_users'], status: 'active' }))
    await rejects('access-denied', signIn.authenticate(key.token))
    assert.deepEqual(await signIn.tokens.list(username), [])
  }
  await identify('ann-password', 'another password')
})

test('who changes the own password stays signed in, and only there', async () => {
  await using fixture = await openWorld()
  const { service, signIn, identify, root } = fixture
  await identify('root')
  await service.replace(root, input('root', { password: 'the second password' }))
  assert.deepEqual(
    (await signIn.tokens.list('root')).map(({ id }) => id),
    [root.token.id],
  )
  const again = await identify('root', 'the second password')
  await service.changePassword(again, 'the second password', 'the third password')
  assert.deepEqual(
    (await signIn.tokens.list('root')).map(({ id }) => id),
    [again.token.id],
  )
  await identify('root', 'the third password')
})

test('the own password is changed with the present one alone, and guessing it is slowed down', async () => {
  await using fixture = await openWorld()
  const { world, service, root } = fixture
  for (let tries = 0; tries < 5; tries++)
    await rejects('invalid-argument', service.changePassword(root, 'wrong', 'the next password'))
  assert.ok(world.throttle.delayOf('admin:root') > 0)
  await rejects('invalid-argument', service.changePassword(root, password, 'short'))
  await rejects('invalid-argument', service.changePassword(root, password, 'root'))
})

test('an admin whom somebody else vouches for has no password here', async () => {
  await using fixture = await openWorld()
  const { service, signIn, root, setupCode, identify } = fixture
  const setup = await identify('setup', setupCode.issue())
  await rejects('invalid-argument', service.replace(root, input('setup', { password })))
  await rejects('invalid-argument', service.changePassword(setup, '', password))
  await service.replace(root, input('setup', { status: 'disabled' }))
  assert.deepEqual(await signIn.tokens.list('setup'), [])
})

test('who was disabled a moment ago changes nothing more', async () => {
  await using fixture = await openWorld()
  const { service, root, addAdmin } = fixture
  const second = await addAdmin('second', ['*'])
  await service.replace(root, input('second', { status: 'disabled' }))
  await rejects('permission-denied', service.add(second, { ...input('third'), password }))
  await rejects('permission-denied', service.remove(second, 'root'))
})
