import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settings } from '../../../src/config/settings.ts'
import { fieldOf, openHttpWorld } from './http-world.ts'

test('settings are read and changed by who may manage the system alone', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin('other', ['manage_admins', 'view_status'])
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { set: {} }],
  ] as const) {
    const headers = { 'X-SFTPGO-TOKEN': token }
    assert.equal((await world.call(method, '/api/v2/settings', body, headers)).status, 403)
  }
})

test('a change is answered with what holds now, and a reset takes it back', async () => {
  await using world = await openHttpWorld()
  const before = await world.signedIn('GET', '/settings')
  assert.equal(before.status, 200)
  assert.deepEqual(fieldOf(before.body, 'changed'), [])
  assert.partialDeepStrictEqual(before.body, {
    current: { idle_timeout: 900, backup_keep: 7, audit_retention_days: 90, backup_interval_hours: 0 },
    has_backup_passphrase: false,
  })
  const changed = await world.signedIn('PUT', '/settings', {
    set: { idle_timeout: 60, sftp_banner: 'Hello\nWorld' },
    backup_passphrase: 'a secret phrase',
  })
  assert.equal(changed.status, 200)
  assert.deepEqual(fieldOf(changed.body, 'changed'), ['sftp_banner', 'idle_timeout'])
  assert.partialDeepStrictEqual(changed.body, {
    current: { idle_timeout: 60, sftp_banner: 'Hello\nWorld' },
    has_backup_passphrase: true,
  })
  assert.deepEqual((await world.signedIn('GET', '/settings')).body, changed.body)
  const reset = await world.signedIn('PUT', '/settings', {
    set: {},
    reset: ['idle_timeout', 'sftp_banner'],
    backup_passphrase: '',
  })
  assert.deepEqual(reset.body, before.body)
  const told = [JSON.stringify(changed.body), ...world.logged].join('\n')
  assert.ok(!told.includes('a secret phrase'))
})

test('what is wrong with a change is answered with its field, and nothing is changed', async () => {
  await using world = await openHttpWorld()
  const before = (await world.signedIn('GET', '/settings')).body
  for (const [field, change] of [
    ['set.login_grace', { set: { backup_keep: 1, login_grace: 0 } }],
    ['set.ftp_tls', { set: { backup_keep: 1, ftp_tls: 'sometimes' } }],
    ['set.sftp_banner', { set: { backup_keep: 1, sftp_banner: 'a\u0007' } }],
    ['reset', { set: { backup_keep: 1 }, reset: ['no-such-setting'] }],
    ['reset', { set: { backup_keep: 1 }, reset: ['backup_keep'] }],
  ] as const) {
    const { status, body } = await world.signedIn('PUT', '/settings', change)
    assert.deepEqual([status, fieldOf(body, 'field')], [400, field])
  }
  assert.deepEqual((await world.signedIn('GET', '/settings')).body, before)
})

test('the environment is told, variable by variable', async () => {
  await using world = await openHttpWorld()
  const { body } = await world.signedIn('GET', '/settings')
  const environment = fieldOf(body, 'environment')
  assert.ok(Array.isArray(environment))
  assert.deepEqual(
    environment.map((entry) => fieldOf(entry, 'name')),
    settings.map(({ name }) => name),
  )
  assert.partialDeepStrictEqual(environment, [{ name: 'LOGIN_GRACE', value: '120', is_default: true }])
})
