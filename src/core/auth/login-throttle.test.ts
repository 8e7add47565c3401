import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../errors.ts'
import { AddressList, networkOf } from './address-list.ts'
import { LoginThrottle, type LoginThrottleOptions } from './login-throttle.ts'

const minute = 60_000
const proxies = new AddressList(['10.0.0.0/8'])
const owner = '192.0.2.1'
const stranger = '198.51.100.7'
const proxy = '10.1.2.3'

class World {
  now = 1_000_000_000
  readonly waits: number[] = []
  readonly throttle: LoginThrottle

  constructor(options: LoginThrottleOptions = {}) {
    const wait = (ms: number) => {
      this.waits.push(ms)
      return Promise.resolve()
    }
    this.throttle = new LoginThrottle({ clock: () => this.now, wait, proxies, ...options })
  }

  fail(count: number, name: string, peer?: string): void {
    for (let i = 0; i < count; i++) this.throttle.recordFailure(name, peer)
  }
}

function isRefused(promise: Promise<void>): Promise<void> {
  return assert.rejects(promise, (error) => hasCode(error, 'too-many-attempts'))
}

test('failures of all names make everybody wait, longer the more there are, and no longer than four seconds', () => {
  const world = new World()
  const { throttle } = world
  world.fail(120, 'x')
  assert.equal(throttle.delayOf('ann'), 0)
  world.fail(1, 'x')
  assert.equal(throttle.delayOf('ann'), 504)
  world.fail(119, 'x')
  assert.equal(throttle.delayOf('ann'), 1000)
  world.fail(10_000, 'x')
  assert.equal(throttle.delayOf('ann'), 4000)
  world.now += minute
  assert.equal(throttle.delayOf('ann'), 0)
})

test('a clock that is set back forgets the rate and breaks nothing', () => {
  const world = new World()
  world.fail(500, 'x')
  world.now -= 60 * minute
  assert.equal(world.throttle.delayOf('ann'), 0)
  world.fail(121, 'x')
  assert.equal(world.throttle.delayOf('ann'), 504)
})

test('strangers slow nobody down who has lately signed in from the same address', async () => {
  const world = new World({ maxWaiting: 1 })
  const { throttle } = world
  throttle.recordSuccess('ann', owner)
  world.fail(1000, 'ann', stranger)
  assert.equal(throttle.delayOf('ann', stranger), 8000)
  assert.equal(throttle.delayOf('ann', owner), 0)
  await throttle.pass('ann', owner)
  assert.deepEqual(world.waits, [])
  world.now += 25 * 60 * minute
  world.fail(1000, 'ann', stranger)
  assert.equal(throttle.delayOf('ann', owner), 8000, 'known for a day')
})

test('guessing from an address that is known is slowed down like any other', () => {
  const world = new World()
  world.throttle.recordSuccess('ann', owner)
  world.fail(7, 'ann', owner)
  assert.equal(world.throttle.delayOf('ann', owner), 2000)
  assert.equal(world.throttle.delayOf('ann', stranger), 0)
  assert.equal(world.throttle.delayOf('bob', owner), 0, 'known for one name alone')
})

test('a success from a known address does not forgive what strangers tried', () => {
  const world = new World()
  world.throttle.recordSuccess('ann', owner)
  world.fail(7, 'ann', stranger)
  world.throttle.recordSuccess('ann', owner)
  assert.equal(world.throttle.delayOf('ann', stranger), 2000)
})

test('the address of a proxy makes nobody known, and is never refused', async () => {
  const world = new World({ maxAddressFailures: 10 })
  world.throttle.recordSuccess('ann', proxy)
  world.fail(6, 'ann', proxy)
  assert.equal(world.throttle.delayOf('ann', proxy), 1000)
  for (let i = 0; i < 100; i++) world.fail(1, `name-${i}`, proxy)
  await world.throttle.pass('bob', proxy)
  assert.deepEqual(world.waits, [])
})

test('an address that fails a lot gets slower, is refused for a quarter of an hour, and sooner the next time', async () => {
  const world = new World({ maxAddressFailures: 20 })
  const { throttle } = world
  const failAs = (count: number) => {
    for (let i = 0; i < count; i++) world.fail(1, `name-${i}`, stranger)
  }
  failAs(10)
  assert.equal(throttle.delayOf('bob', stranger), 0)
  failAs(5)
  assert.equal(throttle.delayOf('bob', stranger), 2250)
  await throttle.pass('bob', stranger)
  failAs(5)
  await isRefused(throttle.pass('bob', stranger))
  await throttle.pass('bob', owner)
  world.now += 15 * minute
  await throttle.pass('bob', stranger)
  failAs(20)
  await isRefused(throttle.pass('bob', stranger))
  world.now += 60 * minute
  assert.equal(throttle.delayOf('bob', stranger), 0)
})

test('a known user behind an address that is refused gets in', async () => {
  const world = new World({ maxAddressFailures: 20 })
  world.throttle.recordSuccess('ann', owner)
  for (let i = 0; i < 20; i++) world.fail(1, `name-${i}`, owner)
  await isRefused(world.throttle.pass('bob', owner))
  await world.throttle.pass('ann', owner)
})

test('attempts that wait are limited over all names, and who is known is not among them', async () => {
  const gate = Promise.withResolvers<void>()
  const world = new World({ maxWaiting: 3, wait: () => gate.promise })
  const { throttle } = world
  throttle.recordSuccess('ann', owner)
  for (let i = 0; i < 4; i++) world.fail(6, `name-${i}`)
  const waiting = [0, 1, 2].map((i) => throttle.pass(`name-${i}`, stranger))
  await isRefused(throttle.pass('name-3', stranger))
  world.fail(6, 'ann', owner)
  waiting.push(throttle.pass('ann', owner))
  gate.resolve()
  await Promise.all(waiting)
  await throttle.pass('name-3', stranger)
})

test('one stranger takes a quarter of the places of a name, and the owner finds one', async () => {
  const gate = Promise.withResolvers<void>()
  const world = new World({ wait: () => gate.promise })
  world.fail(6, 'ann', stranger)
  const waiting = Array.from({ length: 5 }, () => world.throttle.pass('ann', stranger))
  await isRefused(world.throttle.pass('ann', stranger))
  waiting.push(world.throttle.pass('ann', owner))
  gate.resolve()
  await Promise.all(waiting)
})

test('thirty thousand invented names of any length take little memory', () => {
  const world = new World({ maxAddressFailures: 5 })
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 100_000; i++)
    world.fail(1, `${i}${'x'.repeat(10_000)}`, `2001:db8:${(i % 65_536).toString(16)}::1`)
  assert.ok(process.memoryUsage().heapUsed - before < 100_000_000)
})

test('addresses are listed alone and as networks, in both families, and what is neither is named', () => {
  const list = new AddressList(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32'])
  for (const address of ['192.0.2.1', '10.255.0.1', '::ffff:10.0.0.1', '2001:db8:1::2', '2001:db8::1%eth0'])
    assert.ok(list.has(address), address)
  for (const address of ['192.0.2.2', '11.0.0.1', '2001:db9::1', '', 'rubbish', '10.0.0'])
    assert.ok(!list.has(address), address)
  for (const entry of [
    '10.0.0.0/33',
    '::/129',
    'example.test',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    'fe80::1%eth0',
    '',
  ])
    assert.throws(() => new AddressList([entry]), { message: entry })
})

test('failures count by an IPv4 address, and by the /64 of an IPv6 one', () => {
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  const same = ['2001:db8::1', '2001:0DB8:0:0:1:2:3:4', '2001:db8:0:0:ffff::', '2001:db8::192.0.2.1'].map(
    networkOf,
  )
  assert.equal(new Set(same).size, 1)
  assert.notEqual(networkOf('2001:db8:0:1::1'), same[0])
  assert.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2'))
  assert.equal(networkOf('1:2:3:4:5::'), networkOf('1:2:3:4::'))
})

test('what looks like an address but is none belongs to no network', () => {
  const all = new AddressList(['0.0.0.0/0', '::/0'])
  for (const address of ['::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:192.0.2.1', '255.255.255.255'])
    assert.ok(all.has(address), address)
  for (const address of [
    '1:2',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '1.2.3',
    '256.0.0.1',
    '01.0.0.1',
    '::1.2.3',
    '1.2.3.4::',
  ])
    assert.ok(!all.has(address), address)
})
