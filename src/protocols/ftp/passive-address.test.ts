import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../core/log.ts'
import { PassiveAddress } from './passive-address.ts'

const log = silentLog

test('an address that is set is told as it is', async () => {
  const address = new PassiveAddress({ host: '203.0.113.7', log, resolve4: () => assert.fail('no lookup') })
  assert.equal(await address.addressFor('10.0.0.1'), '203.0.113.7')
})

test('a name is looked up once for many clients and its last answer outlives a failure', async () => {
  let now = 1
  const answers: (() => Promise<string[]>)[] = [
    () => Promise.resolve(['203.0.113.8']),
    () => Promise.reject(new Error('no server answers')),
    () => Promise.resolve(['203.0.113.9']),
  ]
  let lookups = 0
  const resolve4 = () => (answers[lookups++] ?? assert.fail)()
  const address = new PassiveAddress({ host: 'ftp.example', log, resolve4, clock: () => now })
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => address.addressFor('10.0.0.1'))), [
    '203.0.113.8',
    '203.0.113.8',
    '203.0.113.8',
  ])
  assert.equal(lookups, 1)
  const afterAMinute = async () => {
    now += 61_000
    await address.addressFor('10.0.0.1')
    await new Promise(setImmediate)
    return address.addressFor('10.0.0.1')
  }
  assert.equal(await afterAMinute(), '203.0.113.8')
  assert.equal(await afterAMinute(), '203.0.113.9')
})

test('without a name, or when it is not found, clients hear the address they have reached', async () => {
  assert.equal(await new PassiveAddress({ host: undefined, log }).addressFor('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(await new PassiveAddress({ host: undefined, log }).addressFor('2001:db8::1'), undefined)
  const unknown = new PassiveAddress({
    host: 'a.example',
    log,
    resolve4: () => Promise.reject(new Error('none')),
  })
  assert.equal(await unknown.addressFor('10.0.0.1'), '10.0.0.1')
})
