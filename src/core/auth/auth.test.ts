import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../errors.ts'
import { LoginThrottle } from './login-throttle.ts'
import { PasswordHasher } from './password-hash.ts'
import { holdsKey, keyBlobOf } from './public-key.ts'
import { RateLimit } from './rate-limit.ts'
import { Semaphore } from './semaphore.ts'
import { SetupCode } from './setup-code.ts'

test('a password is right with its own hash alone', async () => {
  const hasher = new PasswordHasher({ concurrency: 1 })
  const hash = await hasher.hash('correct horse')
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.ok(await hasher.verify('correct horse', hash))
  assert.ok(await hasher.verify('correct horse', hash), 'remembered')
  assert.ok(!(await hasher.verify('correct horsE', hash)))
  assert.ok(!(await hasher.verify('', '')))
  assert.ok(!(await hasher.verify('correct horse', '')))
  assert.ok(!(await hasher.verify('x', '$argon2id$v=19$m=1$broken')))
  assert.notEqual(await hasher.hash('correct horse'), hash)
})

test('a password over 1024 bytes is refused and never right', async () => {
  const hasher = new PasswordHasher({ concurrency: 1 })
  await assert.rejects(hasher.hash('x'.repeat(1025)), (e) => hasCode(e, 'invalid-argument'))
  assert.ok(!(await hasher.verify('x'.repeat(1025), await hasher.hash('x'))))
})

test('a full queue of logins refuses the next one', async () => {
  const semaphore = new Semaphore(1, 1)
  const held = await semaphore.acquire()
  const waiting = semaphore.acquire()
  await assert.rejects(semaphore.acquire(), (e) => hasCode(e, 'too-many-attempts'))
  held[Symbol.dispose]()
  held[Symbol.dispose]()
  const second = await waiting
  second[Symbol.dispose]()
  using _third = await semaphore.acquire()
})

test('failures of a name slow that name down, and success or time forgives', async () => {
  let now = 0
  const waits: number[] = []
  const throttle = new LoginThrottle({
    clock: () => now,
    wait: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
  })
  for (let i = 0; i < 7; i++) throttle.recordFailure('bob')
  await throttle.pass('bob')
  await throttle.pass('alice')
  assert.deepEqual(waits, [2000])
  for (let i = 0; i < 20; i++) throttle.recordFailure('bob')
  assert.equal(throttle.delayOf('bob'), 8000)
  now += 16 * 60_000
  assert.equal(throttle.delayOf('bob'), 0)
  for (let i = 0; i < 6; i++) throttle.recordFailure('eve')
  throttle.recordSuccess('eve')
  assert.equal(throttle.delayOf('eve'), 0)
})

test('a name that too many wait for is refused', async () => {
  const gate = Promise.withResolvers<void>()
  const throttle = new LoginThrottle({ wait: () => gate.promise })
  for (let i = 0; i < 5; i++) throttle.recordFailure('bob')
  const waiting = Array.from({ length: 20 }, () => throttle.pass('bob'))
  await assert.rejects(throttle.pass('bob'), (e) => hasCode(e, 'too-many-attempts'))
  gate.resolve()
  await Promise.all(waiting)
})

test('a rate holds per name and over all names, window by window', () => {
  let now = 1000
  const limit = new RateLimit({ perName: 2, overall: 3, windowMs: 100 }, () => now)
  assert.deepEqual([limit.admits('a'), limit.admits('a'), limit.admits('a')], [true, true, false])
  assert.deepEqual([limit.admits('b'), limit.admits('c')], [true, false])
  now += 100
  assert.ok(limit.admits('a'))
})

test('the setup code works once, for a day, however it is typed', () => {
  let now = 0
  const setup = new SetupCode(() => now)
  assert.ok(!setup.redeem(''))
  const code = setup.issue()
  assert.match(code, /^([A-Z2-9]{5}-){3}[A-Z2-9]{5}$/)
  assert.ok(!setup.redeem(`${code}A`))
  assert.ok(setup.redeem(` ${code.toLowerCase().replaceAll('-', '')} `))
  assert.ok(!setup.redeem(code))
  const late = setup.issue()
  now += 24 * 60 * 60_000
  assert.ok(!setup.redeem(late))
})

test('keys are compared by their wire form', () => {
  const wire = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 1, 7]),
  ])
  const line = `ssh-ed25519 ${wire.toString('base64')} me@here`
  assert.equal(keyBlobOf(line), wire.toString('base64'))
  assert.ok(holdsKey(['', 'rubbish', `  ${line}`], wire))
  assert.ok(!holdsKey([line], wire.subarray(1)))
  assert.equal(keyBlobOf(`ssh-rsa ${wire.toString('base64')}`), undefined)
  assert.equal(keyBlobOf('ssh-ed25519 AAAA'), undefined)
})
