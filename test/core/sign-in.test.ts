import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authenticator } from '../../src/core/auth/authenticator.ts'
import { PasswordHasher } from '../../src/core/auth/password-hash.ts'
import type { SignInAttempt } from '../../src/core/auth/credentials.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { at, attempt, CoreWorld, eventually, overwriting, put, quickHash, rejects } from './core-fixture.ts'

const wire = (last: number) =>
  Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 1, last])])
const key = wire(7)
const publicKeys = [`ssh-ed25519 ${key.toString('base64')} me@here`]
const withKey: SignInAttempt['credential'] = { method: 'publickey', key }

function withPassword(password: string, method: 'password' | 'keyboard-interactive' = 'password') {
  return { credential: { method, password } } as const
}

test('a right password opens a session and says so once', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob', { clientVersion: 'SSH-2.0-x' })
  assert.equal(session.user.username, 'bob')
  const [connection, ...more] = world.connections.list()
  assert.equal(more.length, 0)
  assert.equal(connection?.connectionId, session.id)
  await session.close('done')
  await session.close('again')
  await session[Symbol.asyncDispose]()
  assert.deepEqual(world.connections.list(), [])
  const [opened, closed, ...rest] = world.events
  assert.equal(rest.length, 0)
  assert.ok(opened?.type === 'session-opened' && closed?.type === 'session-closed')
  assert.deepEqual(
    [opened.method, opened.clientVersion, opened.actor.username],
    ['password', 'SSH-2.0-x', 'bob'],
  )
  assert.deepEqual([closed.reason, closed.actor], ['done', opened.actor])
  await eventually(async () => ((await world.database.users.find('bob'))?.lastLogin ?? 0) > 0)
})

test('every refusal is the same, whatever is wrong', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.addUser('disabled', { status: 'disabled' })
  await world.addUser('expired', { expirationDate: 1000 })
  await world.addUser('denied', { deniedProtocols: ['SSH'] })
  await world.addUser('keys-only', { deniedLoginMethods: ['password-over-SSH'] })
  await world.addUser('no-password', { passwordHash: '' })
  const refusals: [string, Partial<SignInAttempt>][] = [
    ['nobody', {}],
    ['', {}],
    ['__proto__', {}],
    ['constructor', {}],
    ['bob\0', withPassword('bob-password')],
    ['BOB', withPassword('bob-password')],
    ['bob', withPassword('wrong')],
    ['bob', withPassword('')],
    ['bob', withPassword('x'.repeat(2000))],
    ['bob', { credential: withKey }],
    ['disabled', {}],
    ['expired', {}],
    ['denied', {}],
    ['keys-only', {}],
    ['no-password', withPassword('')],
  ]
  const messages = new Set<string>()
  for (const [username, changes] of refusals)
    await assert.rejects(world.signIn.signIn(attempt(username, changes)), (error: FileServerError) => {
      assert.equal(error.code, 'access-denied', username)
      messages.add(error.message)
      return true
    })
  assert.equal(messages.size, 1)
  assert.equal(world.eventsOf('sign-in-refused').length, refusals.length)
  assert.equal(world.eventsOf('session-opened').length, 0)
  assert.ok(!JSON.stringify(world.events).includes('password"x'))
})

test('no event holds a password or a key', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { publicKeys })
  await rejects('access-denied', world.signIn.signIn(attempt('bob', withPassword('hunter2-wrong'))))
  await world.openSession('bob', withPassword('bob-password'))
  await world.openSession('bob', { credential: withKey })
  const told = JSON.stringify(world.events)
  for (const secret of ['hunter2', 'bob-password', 'argon2', key.toString('base64'), '"key"'])
    assert.ok(!told.includes(secret), secret)
})

test('an unknown user costs the same hash as a known one, and both are slowed alike', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  for (const username of ['bob', 'nobody'])
    for (let i = 0; i < 7; i++)
      await rejects('access-denied', world.signIn.signIn(attempt(username, withPassword('wrong'))))
  assert.deepEqual(world.throttleWaits, [500, 1000, 500, 1000])
  await world.openSession('bob')
  assert.equal(world.throttle.delayOf('user:bob'), 0)
})

test('a password that is right costs those who may not enter its hash each time, also when it was right a moment ago', async () => {
  await using world = await CoreWorld.open()
  const [users, throttle, codes, clock] = [world.database.users, world.throttle, world.codes, world.clock]
  const asked: (boolean | undefined)[] = []
  const hasher = {
    verify: (_password: string, _hash: string, options?: { readonly afresh?: boolean }) => {
      asked.push(options?.afresh)
      return Promise.resolve(true)
    },
  }
  const authenticator = new Authenticator({ users, hasher, throttle, codes, clock })
  await world.addUser('bob')
  await world.addUser('disabled', { status: 'disabled' })
  await world.addUser('expired', { expirationDate: 1000 })
  await world.addUser('denied', { deniedProtocols: ['SSH'] })
  await authenticator.authenticate(attempt('bob'))
  for (const username of ['disabled', 'expired', 'denied', 'nobody'])
    await rejects('access-denied', authenticator.authenticate(attempt(username)))
  assert.deepEqual(asked, [false, true, true, true, true])
})

test('who has a key is never slowed by those who guess passwords, nor is the second step after it', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', {
    publicKeys,
    deniedLoginMethods: ['publickey', 'password-over-SSH', 'keyboard-interactive'],
  })
  await world.addUser('eve', { publicKeys })
  for (const username of ['bob', 'eve'])
    for (let i = 0; i < 8; i++) world.throttle.recordFailure(`user:${username}`)
  for (let i = 0; i < 200; i++) world.throttle.recordFailure(`user:x${i}`)
  await world.openSession('eve', { credential: withKey })
  const first = await world.signIn.signIn(attempt('bob', { credential: withKey }))
  assert.ok(first.outcome === 'partial')
  assert.deepEqual(world.throttleWaits, [])
  const wrongKey = { method: 'publickey', key: wire(9) } as const
  for (let i = 0; i < 20; i++)
    await rejects('access-denied', world.signIn.signIn(attempt('nobody', { credential: wrongKey })))
  assert.equal(world.throttle.delayOf('user:nobody'), world.throttle.delayOf('user:somebody'))
  assert.equal(world.throttle.delayOf('user:eve'), 4000, 'the key does not forgive what was guessed')
  await world.openSession('bob', { proof: first.proof })
  assert.deepEqual(world.throttleWaits, [world.throttle.delayOf('user:somebody')])
})

test('an unknown user is refused as ever after a moment in which too many logins waited', async () => {
  const hasher = new PasswordHasher({ concurrency: 1, maxWaiting: 0 })
  const busy = hasher.hash('x')
  await rejects('too-many-attempts', hasher.verify('x', ''))
  await busy
  assert.ok(!(await hasher.verify('x', '')))
})

test('a password that was changed is wrong at once, and so is one that was removed', async () => {
  await using world = await CoreWorld.open()
  const { id: _id, ...user } = await world.addUser('bob')
  await world.openSession('bob')
  await world.openSession('bob')
  await world.database.users.replace({ ...user, passwordHash: quickHash('new') }, world.clock())
  await rejects('access-denied', world.signIn.signIn(attempt('bob')))
  await world.openSession('bob', withPassword('new'))
  await world.database.users.replace({ ...user, passwordHash: '' }, world.clock())
  await rejects('access-denied', world.signIn.signIn(attempt('bob', withPassword('new'))))
})

test('FTP in clear text is refused to who has to use TLS', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { ftpSecurity: 'tls-required' })
  assert.ok(await world.signIn.requiresTls('bob'))
  assert.ok(!(await world.signIn.requiresTls('nobody')))
  await rejects('access-denied', world.signIn.signIn(attempt('bob', { protocol: 'FTP', encrypted: false })))
  await world.openSession('bob', { protocol: 'FTP', encrypted: true })
})

test('a key alone signs in, and only over SSH', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { publicKeys })
  assert.ok(await world.signIn.acceptsKey('bob', key))
  assert.ok(!(await world.signIn.acceptsKey('bob', wire(8))))
  assert.ok(!(await world.signIn.acceptsKey('nobody', key)))
  await world.openSession('bob', { credential: withKey })
  assert.equal(world.eventsOf('session-opened')[0]?.method, 'publickey')
  for (const settings of [
    { status: 'disabled' },
    { expirationDate: 1 },
    { deniedProtocols: ['SSH'] },
  ] as const) {
    const username = `no-${Object.keys(settings).join()}`
    await world.addUser(username, { publicKeys, ...settings })
    assert.ok(!(await world.signIn.acceptsKey(username, key)))
    await rejects('access-denied', world.signIn.signIn(attempt(username, { credential: withKey })))
  }
})

test('a login in two steps needs both, in one order, by one user', async () => {
  await using world = await CoreWorld.open()
  const deniedLoginMethods = ['publickey', 'password-over-SSH', 'keyboard-interactive'] as const
  await world.addUser('bob', { publicKeys, deniedLoginMethods })
  await world.addUser('eve', { publicKeys, deniedLoginMethods })
  const first = await world.signIn.signIn(attempt('bob', { credential: withKey }))
  assert.ok(first.outcome === 'partial')
  assert.deepEqual(first.continueWith, ['password', 'keyboard-interactive'])
  assert.equal(world.events.length, 0)
  const { proof } = first
  await rejects('access-denied', world.signIn.signIn(attempt('bob')))
  await rejects('access-denied', world.signIn.signIn(attempt('eve', { proof })))
  await rejects('access-denied', world.signIn.signIn(attempt('bob', { proof, ...withPassword('wrong') })))
  const again = await world.signIn.signIn(attempt('bob', { credential: withKey, proof }))
  assert.equal(again.outcome, 'partial')
  await world.openSession('bob', { proof })
  await world.openSession('bob', { proof, ...withPassword('bob-password', 'keyboard-interactive') })
  assert.deepEqual(
    world.eventsOf('session-opened').map(({ method }) => method),
    ['publickey+password', 'publickey+keyboard-interactive'],
  )
  await world.addUser('ann', {
    publicKeys,
    deniedLoginMethods: [...deniedLoginMethods, 'publickey+password'],
  })
  const other = await world.signIn.signIn(attempt('ann', { credential: withKey }))
  assert.ok(other.outcome === 'partial')
  assert.deepEqual(other.continueWith, ['keyboard-interactive'])
  await rejects('access-denied', world.signIn.signIn(attempt('ann', { proof: other.proof })))
})

test('sessions of a user and of all are limited, however many come at once', async () => {
  await using world = await CoreWorld.open({ maxConnections: 3 })
  await world.addUser('bob', { maxSessions: 2 })
  await world.addUser('eve')
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => world.openSession('bob')))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2)
  assert.deepEqual(
    world.eventsOf('sign-in-refused').map(({ code }) => code),
    Array.from({ length: 4 }, () => 'too-many-connections'),
  )
  const eve = await world.openSession('eve')
  await rejects('too-many-connections', world.openSession('eve'))
  await eve.close('done')
  await world.openSession('eve')
})

test('a sign-in that fails after it took its place gives it back', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { maxSessions: 1 })
  for (const call of ['storage.ensureRoot', 'folders.findAll']) {
    world.faults.fail(call, new FileServerError('unavailable', 'away'))
    await rejects('unavailable', world.signIn.signIn(attempt('bob')))
    world.faults.clear()
    assert.deepEqual(world.connections.list(), [])
  }
  world.faults.fail('users.recordLogin', new FileServerError('unavailable', 'away'))
  await world.openSession('bob')
})

test('an account that is changed or removed while its password is checked does not get in', async () => {
  await using world = await CoreWorld.open()
  const { id: _id, ...user } = await world.addUser('bob')
  const changes = [
    () => world.database.users.replace({ ...user, status: 'disabled' }, world.clock() + 1),
    () => world.database.users.remove('bob'),
  ]
  for (const change of changes) {
    let calls = 0
    world.faults.before('users.find', async () => {
      if (++calls === 2) {
        world.faults.clear()
        await change()
        world.connections.disconnectUser('bob', 'changed')
      }
    })
    await rejects('access-denied', world.signIn.signIn(attempt('bob')))
    assert.deepEqual(world.connections.list(), [])
    world.faults.clear()
    if (change === changes[0]) await world.database.users.replace(user, world.clock() + 2)
  }
})

test('a change that ends no session keeps nobody out whose password is just being checked', async () => {
  await using world = await CoreWorld.open()
  const { id: _id, ...user } = await world.addUser('bob')
  const during = async (change: Partial<typeof user>) => {
    let calls = 0
    world.faults.before('users.find', async () => {
      if (++calls !== 2) return
      world.faults.clear()
      await world.database.users.replace({ ...user, ...change }, world.clock() + 1)
    })
    return world.signIn.signIn(attempt('bob'))
  }
  const { outcome, ...result } = await during({ description: 'new', maxSessions: 3 })
  assert.ok(outcome === 'accepted' && 'session' in result)
  assert.deepEqual([result.session.user.description, result.session.user.maxSessions], ['new', 3])
  await result.session.close('done')
  await rejects('access-denied', during({ deniedProtocols: ['SSH'] }))
  await rejects('access-denied', during({ permissions: { [at('/')]: ['list'] } }))
})

test('a session that is told to go while it opens does not open', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  world.faults.before('storage.ensureRoot', () => world.connections.disconnectAll('stopping'))
  await rejects('aborted', world.signIn.signIn(attempt('bob')))
  assert.deepEqual(world.connections.list(), [])
  assert.equal(world.eventsOf('session-opened').length, 0)
})

test('a session ends when its account expires', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { expirationDate: Date.now() + 150 })
  const session = await world.openSession('bob')
  assert.ok(!session.signal.aborted)
  await eventually(() => session.signal.aborted)
  await session.close('expired')
  await world.addUser('eve', { expirationDate: Date.now() + 90 * 24 * 60 * 60_000 })
  const late = await world.openSession('eve')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(!late.signal.aborted)
})

test('a session tells what it does and is told to go', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob')
  assert.ok(!session.hasTransfers)
  const upload = await session.files.openUpload(at('/f'), overwriting)
  await upload.write(0, [Buffer.alloc(5)])
  assert.ok(session.hasTransfers)
  const [status] = world.connections.list()
  assert.deepEqual(
    status?.transfers.map(({ operation, path, bytes }) => [operation, path, bytes]),
    [['upload', '/f', 5]],
  )
  session.switchProtocol('SCP')
  assert.equal(world.connections.list()[0]?.protocol, 'SCP')
  await upload.finish()
  assert.ok(!session.hasTransfers)
  world.turnClock(1000)
  const before = session.lastActivity
  await put(session.files, '/g', 'x')
  assert.ok(session.lastActivity > before)
  assert.ok(!world.connections.disconnect('unknown', 'x'))
  assert.ok(world.connections.disconnect(session.id, 'by an admin'))
  assert.ok(session.signal.aborted)
  assert.equal((session.signal.reason as FileServerError).message, 'by an admin')
  assert.equal(world.connections.list().length, 1, 'it is there until it has gone')
})

test('disconnecting a user reaches all its sessions and nobody else', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  await world.addUser('eve')
  const [one, two, eve] = [
    await world.openSession('bob'),
    await world.openSession('bob'),
    await world.openSession('eve'),
  ]
  assert.notEqual(one.id, two.id)
  world.connections.disconnectUser('bob', 'out')
  assert.deepEqual(
    [one, two, eve].map(({ signal }) => signal.aborted),
    [true, true, false],
  )
  world.connections.disconnectAll('stopping')
  assert.ok(eve.signal.aborted)
})
