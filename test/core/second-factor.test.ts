import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdminService } from '../../src/core/accounts/admin-service.ts'
import { SecondFactorService } from '../../src/core/accounts/second-factor-service.ts'
import type { FactorOwner } from '../../src/core/accounts/second-factor.ts'
import type { LoginMethod, LoginProtocol, UserSettings } from '../../src/core/accounts/user.ts'
import { AdminSignIn } from '../../src/core/auth/admin-sign-in.ts'
import type { SignInAttempt } from '../../src/core/auth/credentials.ts'
import { SetupCode } from '../../src/core/auth/setup-code.ts'
import { totpAt } from '../../src/core/auth/totp.ts'
import { attempt, CoreWorld, rejects } from './core-fixture.ts'

const step = 30_000
const password = 'ann-password'
const ann: FactorOwner = { kind: 'user', name: 'ann' }
const all: readonly LoginProtocol[] = ['SSH', 'FTP', 'HTTP']

async function openWorld() {
  const world = await CoreWorld.open()
  const { hasher, throttle, codes, bus: events, clock, box, database } = world
  const { users, admins, secondFactors: factors } = database
  const parts = { factors, users, admins, box, codes, hasher, throttle, events, clock }
  const service = new SecondFactorService(parts)
  const setupCode = new SetupCode(clock)
  const adminSignIn = new AdminSignIn({ admins, hasher, throttle, codes, setupCode, events, clock })
  await adminSignIn.ensureLocalAdmin('root', 'root-password')
  const turnOn = async (owner: FactorOwner, protocols = all) => {
    const { secret } = await service.generate(owner)
    const recoveryCodes = await service.turnOn(owner, { passcode: totpAt(secret, clock()), protocols })
    // The code that turned it on was used.
    world.turnClock(2 * step)
    return { secret, recoveryCodes, code: () => totpAt(secret, clock()) }
  }
  return {
    ...{ world, service, adminSignIn, turnOn, database, setupCode },
    /** A user with the second factor on. */
    async addUser(protocols = all, settings: Partial<UserSettings> = {}) {
      await world.addUser('ann', settings)
      return turnOn(ann, protocols)
    },
    /** How a sign-in ends: accepted, with what it goes on, or the code of the refusal. */
    async outcome(changes: Partial<SignInAttempt>): Promise<string> {
      try {
        const result = await world.signIn.signIn(attempt('ann', changes))
        if (result.outcome === 'accepted') await result.session.close('the test is done')
        return result.outcome
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function byPassword(code?: string, given = password): Partial<SignInAttempt> {
  return { protocol: 'HTTP', credential: { method: 'password', password: given, code } }
}

function byFtp(given: string): Partial<SignInAttempt> {
  return { protocol: 'FTP', credential: { method: 'password', password: given } }
}

function bySsh(method: 'password' | 'keyboard-interactive', code?: string): Partial<SignInAttempt> {
  return { protocol: 'SFTP', credential: { method, password, code } }
}

test('a second factor is on after a right code of the secret that was made, and acts on the next sign-in', async () => {
  await using fixture = await openWorld()
  const { world, service, outcome } = fixture
  await world.addUser('ann')
  assert.equal(await service.find(ann), undefined)
  await rejects('invalid-argument', service.turnOn(ann, { passcode: '123456', protocols: all }))
  const { secret, url } = await service.generate(ann)
  assert.match(secret, /^[A-Z2-7]{32}$/)
  assert.match(url, /^otpauth:\/\/totp\/SFTPGo:ann\?secret=/)
  const passcode = totpAt(secret, world.clock())
  const wrong = passcode === '000000' ? '000001' : '000000'
  await rejects('invalid-argument', service.turnOn(ann, { passcode: wrong, protocols: all }))
  await rejects('invalid-argument', service.turnOn(ann, { protocols: all }))
  await rejects('invalid-argument', service.turnOn(ann, { secret: 'A'.repeat(32), passcode, protocols: all }))
  await rejects('invalid-argument', service.turnOn(ann, { passcode, protocols: [] }))
  assert.equal(await outcome(byPassword()), 'accepted')
  const codes = await service.turnOn(ann, { secret, passcode, protocols: all })
  assert.equal(new Set(codes).size, 12)
  assert.equal(await outcome(byPassword()), 'code-needed')
  assert.equal(await outcome(byPassword(passcode)), 'access-denied', 'the code that turned it on is used')
  await rejects('already-exists', service.generate(ann))
  await rejects('already-exists', service.turnOn(ann, { passcode, protocols: all }))
})

test('a code that was validated before turns it on, and the secret waits for a quarter of an hour', async () => {
  await using fixture = await openWorld()
  const { world, service } = fixture
  await world.addUser('ann')
  const first = await service.generate(ann)
  const second = await service.generate(ann)
  assert.throws(() => service.validate(ann, { passcode: totpAt(first.secret, world.clock()) }))
  world.turnClock(15 * 60_000 + 1)
  assert.throws(() => service.validate(ann, { passcode: totpAt(second.secret, world.clock()) }))
  const { secret } = await service.generate(ann)
  service.validate(ann, { secret, passcode: totpAt(secret, world.clock()) })
  await service.turnOn(ann, { secret, protocols: ['HTTP'] })
  assert.deepEqual((await service.find(ann))?.protocols, ['HTTP'])
})

test('the code that was validated may be sent again to turn it on, and signs nobody in after it', async () => {
  await using fixture = await openWorld()
  const { world, service, outcome } = fixture
  await world.addUser('ann')
  const { secret } = await service.generate(ann)
  const early = totpAt(secret, world.clock() - 30_000)
  const passcode = totpAt(secret, world.clock())
  service.validate(ann, { secret, passcode })
  service.validate(ann, { secret, passcode })
  assert.throws(() => service.validate(ann, { passcode: early }), 'one from before the code that was right')
  await service.turnOn(ann, { secret, passcode, protocols: all })
  for (const code of [passcode, early]) assert.equal(await outcome(byPassword(code)), 'access-denied')
  world.turnClock(30_000)
  assert.equal(await outcome(byPassword(passcode)), 'access-denied')
  assert.equal(await outcome(byPassword(totpAt(secret, world.clock()))), 'accepted')
})

test('neither the database nor an event nor a record of it holds the secret or a recovery code', async () => {
  await using fixture = await openWorld()
  const { world, database, addUser } = fixture
  const { secret, recoveryCodes } = await addUser()
  const stored = JSON.stringify([await database.users.find('ann'), world.events])
  for (const text of [secret, ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll('-', ''))])
    assert.ok(!stored.includes(text))
  assert.deepEqual(
    world
      .eventsOf('second-factor-changed')
      .map(({ admin, subject, name, change }) => [admin, subject, name, change]),
    [['ann', 'user', 'ann', 'on']],
  )
})

test('HTTP asks for the code after a right password alone, and takes each code once', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  const { code } = await addUser()
  assert.equal(await outcome(byPassword(undefined, 'wrong')), 'access-denied')
  assert.equal(await outcome(byPassword(code(), 'wrong')), 'access-denied')
  assert.equal(await outcome(byPassword()), 'code-needed')
  assert.equal(await outcome(byPassword(code())), 'accepted')
  assert.equal(await outcome(byPassword(code())), 'access-denied', 'used')
  world.turnClock(step)
  const spaced = `${code().slice(0, 3)} ${code().slice(3)}`
  assert.equal(await outcome(byPassword(spaced)), 'accepted')
})

test('of many who bring the same code at once, one gets in', async () => {
  await using fixture = await openWorld()
  const { addUser, outcome } = fixture
  const { code } = await addUser()
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => outcome(byPassword(code()))))
  assert.equal(outcomes.filter((each) => each === 'accepted').length, 1)
})

test('keyboard-interactive asks for the code; the SSH method password is refused like a wrong one', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  const { code, recoveryCodes } = await addUser(['SSH'])
  assert.equal(await outcome(bySsh('password')), 'access-denied')
  assert.equal(await outcome(bySsh('password', code())), 'access-denied')
  assert.equal(await outcome(bySsh('keyboard-interactive')), 'code-needed')
  assert.equal(await outcome(bySsh('keyboard-interactive', recoveryCodes[0])), 'access-denied')
  assert.equal(await outcome(bySsh('keyboard-interactive', code())), 'accepted')
  world.turnClock(step)
  assert.equal(await outcome(byFtp(password)), 'accepted', 'not asked for over FTP')
  assert.equal(await outcome(byPassword()), 'accepted', 'not asked for over HTTP')
})

test('FTP takes the code behind the password, and all its refusals are the same', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  const { code, recoveryCodes } = await addUser(['FTP'])
  const wrongs = [
    password,
    `wrong${code()}`,
    `${password}${code()}0`,
    `${password}${recoveryCodes[0]}`,
    code(),
  ]
  for (const wrong of wrongs) assert.equal(await outcome(byFtp(wrong)), 'access-denied', wrong)
  const right = `${password}${code()}`
  assert.equal(await outcome(byFtp(right)), 'accepted')
  assert.equal(await outcome(byFtp(right)), 'access-denied', 'used')
  assert.equal(await outcome(bySsh('password')), 'accepted', 'not asked for over SSH')
  assert.equal(world.eventsOf('sign-in-refused').length, wrongs.length + 1)
})

test('where the answer must not tell, a right password is worked on as long as a wrong one', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  const { code } = await addUser(['FTP', 'SSH'])
  const asked: boolean[] = []
  const verify = world.hasher.verify.bind(world.hasher)
  world.hasher.verify = (given, hash, options) => {
    asked.push(options?.afresh ?? false)
    return verify(given, hash, options)
  }
  for (const given of [password, `${password}000000`, `${password}${code()}`, 'wrong000000'])
    await outcome(byFtp(given))
  await outcome(bySsh('password'))
  assert.deepEqual(asked, [true, true, true, true, true])
})

test('a key is enough; after a key that is not, the code is asked for by keyboard-interactive alone', async () => {
  await using fixture = await openWorld()
  const { world, addUser } = fixture
  const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJHoVvTc1Yz0fX2F0vJNnB2PZFgLWc3aFqJ2wO0T3y1P key'
  const key = Buffer.from(line.split(' ')[1] ?? '', 'base64')
  const { code } = await addUser(['SSH'], { publicKeys: [line] })
  const byKey = attempt('ann', { credential: { method: 'publickey', key } })
  const alone = await world.signIn.signIn(byKey)
  assert.ok(alone.outcome === 'accepted')
  await alone.session.close('done')

  const denied: LoginMethod[] = ['publickey', 'password', 'keyboard-interactive']
  const user = (await world.database.users.find('ann')) ?? assert.fail()
  await world.database.users.replace({ ...user, deniedLoginMethods: denied }, world.clock() + 1)
  const first = await world.signIn.signIn(byKey)
  assert.ok(first.outcome === 'partial')
  assert.deepEqual(first.continueWith, ['keyboard-interactive'])
  const { proof } = first
  const go = (method: 'password' | 'keyboard-interactive', given?: string) =>
    world.signIn.signIn(attempt('ann', { proof, credential: { method, password, code: given } }))
  await rejects('access-denied', go('password'))
  await rejects('access-denied', go('password', code()))
  assert.equal((await go('keyboard-interactive')).outcome, 'code-needed')
  const done = await go('keyboard-interactive', code())
  assert.ok(done.outcome === 'accepted')
  await done.session.close('done')
  assert.equal(world.eventsOf('session-opened').at(-1)?.method, 'publickey+keyboard-interactive')
})

test('wrong codes slow the account down like wrong passwords, which a right password alone does not undo', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  await addUser()
  for (let i = 0; i < 5; i++) {
    assert.equal(await outcome(byPassword('abc')), 'access-denied')
    assert.equal(await outcome(byPassword()), 'code-needed')
  }
  assert.ok(world.throttle.delayOf('user:ann') > 0)
})

test('after ten wrong codes none is looked at for a quarter of an hour, but recovery codes are', async () => {
  await using fixture = await openWorld()
  const { world, addUser, outcome } = fixture
  const { code, recoveryCodes } = await addUser()
  for (let i = 0; i < 10; i++) {
    const wrong = ['000000', '111111'].find((each) => each !== code()) ?? ''
    assert.equal(await outcome(byPassword(wrong)), 'access-denied')
  }
  assert.equal(await outcome(byPassword(code())), 'too-many-attempts')
  assert.equal(await outcome(bySsh('keyboard-interactive', code())), 'too-many-attempts')
  assert.equal(await outcome(byFtp(`${password}${code()}`)), 'access-denied', 'FTP does not tell')
  assert.equal(await outcome(byPassword(recoveryCodes[0])), 'accepted')
  assert.equal(await outcome(byPassword(code())), 'too-many-attempts')
  world.turnClock(15 * 60_000)
  assert.equal(await outcome(byPassword(code())), 'accepted')
  world.turnClock(step)
  assert.equal(await outcome(byPassword(code())), 'accepted')
})

test('a recovery code is good once, however it is typed, and new ones end the old', async () => {
  await using fixture = await openWorld()
  const { world, service, addUser, outcome } = fixture
  const { recoveryCodes } = await addUser()
  const [first = '', second = '', third = ''] = recoveryCodes
  assert.equal(await outcome(byPassword(first)), 'accepted')
  assert.equal(await outcome(byPassword(first)), 'access-denied')
  assert.equal(await outcome(byPassword(second.toLowerCase().replaceAll('-', ' '))), 'accepted')
  assert.equal((await service.find(ann))?.recoveryCodes.length, 10)
  await rejects('invalid-argument', service.renewRecoveryCodes(ann, { password: 'wrong' }))
  await rejects('invalid-argument', service.renewRecoveryCodes(ann, {}))
  const renewed = await service.renewRecoveryCodes(ann, { password })
  assert.equal(await outcome(byPassword(third)), 'access-denied')
  assert.equal(await outcome(byPassword(renewed[0])), 'accepted')
  assert.deepEqual(
    world.eventsOf('second-factor-changed').map(({ change }) => change),
    ['on', 'recovery-code-used', 'recovery-code-used', 'recovery-codes-made', 'recovery-code-used'],
  )
})

test('turning off and changing protocols need the password or a code; guessing counts as a failed sign-in', async () => {
  await using fixture = await openWorld()
  const { world, service, addUser, outcome } = fixture
  const { code } = await addUser()
  await rejects('invalid-argument', service.turnOff(ann, {}))
  await rejects('invalid-argument', service.turnOff(ann, { passcode: 'abc' }))
  for (let i = 0; i < 5; i++) await rejects('invalid-argument', service.turnOff(ann, { password: 'wrong' }))
  assert.ok(world.throttle.delayOf('user:ann') > 0)
  await rejects('invalid-argument', service.changeProtocols(ann, [], { password }))
  await service.changeProtocols(ann, ['FTP'], { passcode: code() })
  await rejects('invalid-argument', service.turnOff(ann, { passcode: code() }))
  assert.equal(await outcome(byPassword()), 'accepted', 'not over HTTP any more')
  await service.turnOff(ann, { password })
  assert.equal(await outcome(byFtp(password)), 'accepted')
  await rejects('not-found', service.turnOff(ann, { password }))
})

test('an admin turns the second factor of a user off who has lost it', async () => {
  await using fixture = await openWorld()
  const { world, service, addUser, outcome } = fixture
  await addUser()
  await service.resetUser('root', 'ann')
  assert.equal(await outcome(byPassword()), 'accepted')
  await service.resetUser('root', 'ann')
  const resets = world.eventsOf('second-factor-changed').filter(({ change }) => change === 'reset')
  assert.deepEqual(
    resets.map(({ admin, name }) => [admin, name]),
    [['root', 'ann']],
  )
  await rejects('not-found', service.resetUser('root', 'nobody'))
})

test('a local admin signs in with password and code, and only once with each', async () => {
  await using fixture = await openWorld()
  const { world, adminSignIn, turnOn, service } = fixture
  const owner = { kind: 'admin', name: 'root' } as const
  const { code, recoveryCodes } = await turnOn(owner, [])
  assert.deepEqual((await service.find(owner))?.protocols, ['HTTP'])
  const signIn = (given?: string, secret = 'root-password') =>
    adminSignIn.signIn('root', secret, '127.0.0.1', { code: given })
  await rejects('access-denied', signIn(code(), 'wrong'))
  await rejects('second-factor-needed', signIn())
  await signIn(code())
  await rejects('access-denied', signIn(code()))
  await signIn(recoveryCodes[3])
  await rejects('access-denied', signIn(recoveryCodes[3]))
  for (let i = 0; i < 12; i++) await signIn(i % 2 ? '000000' : '999999').catch(() => undefined)
  world.turnClock(step)
  await rejects('too-many-attempts', signIn(code()))
  assert.ok(world.throttle.delayOf('admin:root') > 0)
  await adminSignIn.ensureLocalAdmin('root', 'another password')
  await rejects('second-factor-needed', signIn(undefined, 'another password'))
})

test('an admin of the platform has the platform’s second factor and none here', async () => {
  await using fixture = await openWorld()
  const { adminSignIn, service, setupCode } = fixture
  await adminSignIn.signIn('setup', setupCode.issue(), '127.0.0.1')
  await rejects('permission-denied', service.generate({ kind: 'admin', name: 'setup' }))
})

test('an admin resets another admin that holds no more permissions, and never the own one', async () => {
  await using fixture = await openWorld()
  const { world, database, adminSignIn, service, turnOn } = fixture
  const { hasher, throttle, bus: events, clock } = world
  const admins = new AdminService({ admins: database.admins, hasher, throttle, events, clock })
  const identify = async (name: string) =>
    adminSignIn.identify((await adminSignIn.signIn(name, `${name}-password`, '127.0.0.1')).token)
  const root = await identify('root')
  const settings = { status: 'active', email: '', description: '' } as const
  const add = (username: string, permissions: ('manage_admins' | 'view_users')[]) =>
    admins.add(root, { ...settings, username, password: `${username}-password`, permissions })
  await add('helper', ['manage_admins'])
  await add('viewer', ['view_users'])
  const [helper, viewer] = [await identify('helper'), await identify('viewer')]
  for (const name of ['root', 'helper', 'viewer']) await turnOn({ kind: 'admin', name }, [])
  await rejects('permission-denied', service.resetAdmin(viewer, 'helper'))
  await rejects('permission-denied', service.resetAdmin(helper, 'root'))
  await rejects('permission-denied', service.resetAdmin(helper, 'viewer'))
  await rejects('permission-denied', service.resetAdmin(root, 'root'))
  await rejects('not-found', service.resetAdmin(root, 'nobody'))
  for (const name of ['helper', 'viewer']) {
    await service.resetAdmin(root, name)
    await identify(name)
  }
})

test('a secret that another key has sealed lets nobody in but with a recovery code', async () => {
  await using fixture = await openWorld()
  const { database, addUser, outcome, service } = fixture
  const { code, recoveryCodes } = await addUser()
  const factor = (await service.find(ann)) ?? assert.fail()
  await database.secondFactors.turnOff(ann, 1)
  await database.secondFactors.turnOn(ann, { ...factor, secret: `v1.${'A'.repeat(80)}` }, 2)
  assert.equal(await outcome(byPassword(code())), 'storage-failure')
  assert.equal(await outcome(byPassword(recoveryCodes[0])), 'accepted')
})
