import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SecretBox } from '../../src/core/auth/secret-box.ts'
import { silentLog, type Log } from '../../src/core/log.ts'
import { LiveSettings } from '../../src/core/settings/live-settings.ts'
import type { LiveValues } from '../../src/core/settings/setting-rules.ts'
import { CoreWorld, rejects } from './core-fixture.ts'

const base: LiveValues = {
  sftp_banner: '',
  ftp_tls: 'allowed',
  max_connections: 1000,
  login_grace: 120,
  idle_timeout: 900,
  max_auth_tries: 6,
  audit_retention_days: 90,
  backup_interval_hours: 24,
  backup_keep: 7,
}

function load(
  world: CoreWorld,
  changes: Partial<LiveValues> = {},
  { log = silentLog, box = world.box }: { log?: Log; box?: SecretBox } = {},
) {
  const repository = world.database.settings
  return LiveSettings.load({ repository, base: { ...base, ...changes }, box, events: world.bus, log })
}

test('without changes the environment holds', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  assert.deepEqual(settings.current, base)
  assert.deepEqual(settings.changed, [])
  assert.equal(settings.backupPassphrase, '')
})

test('a change holds at once, after a restart, and until it is reset', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  await settings.change('root', { set: { ftp_tls: 'required', idle_timeout: 0 } })
  assert.deepEqual(settings.current, { ...base, ftp_tls: 'required', idle_timeout: 0 })
  const restarted = await load(world, { idle_timeout: 5, login_grace: 30 })
  assert.deepEqual(restarted.current, { ...base, ftp_tls: 'required', idle_timeout: 0, login_grace: 30 })
  assert.deepEqual(restarted.changed, ['ftp_tls', 'idle_timeout'])
  await restarted.change('root', { set: { max_connections: 1 }, reset: ['idle_timeout', 'backup_keep'] })
  assert.deepEqual(restarted.changed, ['ftp_tls', 'max_connections'])
  assert.equal(restarted.current.idle_timeout, 5)
})

test('setting the environment’s value again is no change', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  await settings.change('root', { set: { max_connections: 5 } })
  await settings.change('root', { set: { max_connections: 1000 } })
  assert.deepEqual(settings.changed, [])
  assert.equal((await load(world, { max_connections: 7 })).current.max_connections, 7)
})

test('a wrong value, an unknown name, or a name that is both set and reset changes nothing', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  const wrong: Record<string, unknown>[] = [
    { ftp_tls: 'always' },
    { login_grace: 0 },
    { max_auth_tries: 101 },
    { max_connections: 1.5 },
    { idle_timeout: '5' },
    { backup_keep: 0 },
    { sftp_banner: '\u001b[2J' },
    { sftp_banner: 'x'.repeat(4097) },
    { toString: 'x' },
    { backup_passphrase: 'x' },
  ]
  for (const set of wrong)
    await rejects('invalid-argument', settings.change('root', { set: { backup_interval_hours: 1, ...set } }))
  for (const reset of [['no-such-name'], ['backup_passphrase'], ['__proto__'], ['backup_keep']])
    await rejects('invalid-argument', settings.change('root', { set: { backup_keep: 3 }, reset }))
  await rejects('invalid-argument', settings.change('root', { set: {}, passphrase: 'x'.repeat(1025) }))
  assert.deepEqual(settings.current, base)
  assert.deepEqual(await world.database.settings.list(), new Map())
  assert.deepEqual(world.eventsOf('settings-changed'), [])
})

test('events tell who changed what, and never a value', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  await settings.change('root', { set: { sftp_banner: 'Welcome!' }, passphrase: 'a secret phrase' })
  assert.equal(settings.backupPassphrase, 'a secret phrase')
  assert.equal((await load(world)).backupPassphrase, 'a secret phrase')
  await settings.change('root', { set: {}, passphrase: '' })
  assert.equal(settings.backupPassphrase, '')
  await settings.change('root', { set: {} })
  assert.deepEqual(
    world.eventsOf('settings-changed').map(({ admin, names }) => [admin, names]),
    [
      ['root', ['backup_passphrase', 'sftp_banner']],
      ['root', ['backup_passphrase']],
    ],
  )
  assert.ok(!JSON.stringify(world.events).includes('secret'))
})

test('changes at the same time are all kept', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  await Promise.all([
    settings.change('a', { set: { backup_keep: 3 } }),
    settings.change('b', { set: { login_grace: 9 } }),
    settings.change('c', { set: { max_auth_tries: 2 } }),
  ])
  assert.deepEqual(settings.changed, ['login_grace', 'max_auth_tries', 'backup_keep'])
})

test('a stored value that no longer fits is left out and told', async () => {
  await using world = await CoreWorld.open()
  const stored = new Map<string, unknown>([
    ['backup_keep', 'many'],
    ['login_grace', 9],
    ['from the future', 1],
    ['backup_passphrase', 5],
  ])
  await world.database.settings.save(stored)
  const warned: unknown[] = []
  const settings = await load(
    world,
    {},
    { log: { ...silentLog, warn: (fields) => void warned.push(fields) } },
  )
  assert.deepEqual(settings.current, { ...base, login_grace: 9 })
  assert.deepEqual(warned, [{ setting: 'backup_keep' }, { setting: 'backup_passphrase' }])
})

test('the passphrase of scheduled backups is sealed in the database, whatever it holds and however long it is', async () => {
  await using world = await CoreWorld.open()
  const settings = await load(world)
  for (const passphrase of ['x', 'v1.AAAA', 'a secret phrase', '\u{1f512}'.repeat(512)]) {
    await settings.change('root', { set: {}, passphrase })
    const stored = (await world.database.settings.list()).get('backup_passphrase')
    assert.match((stored as { sealed: string }).sealed, /^v1\.[\w-]+$/)
    assert.ok(passphrase.length === 1 || !JSON.stringify(stored).includes(passphrase))
    assert.equal(settings.backupPassphrase, passphrase)
    assert.equal((await load(world)).backupPassphrase, passphrase)
  }
})

test('a passphrase that an older version left in clear is sealed at the start, and stays in force', async () => {
  await using world = await CoreWorld.open()
  for (const passphrase of ['a secret phrase', 'v1.AAAA']) {
    await world.database.settings.save(new Map([['backup_passphrase', passphrase]]))
    assert.equal((await load(world)).backupPassphrase, passphrase)
    const stored = JSON.stringify((await world.database.settings.list()).get('backup_passphrase'))
    assert.ok(!stored.includes(passphrase))
    assert.equal((await load(world)).backupPassphrase, passphrase)
  }
  assert.deepEqual(world.eventsOf('settings-changed'), [])
})

test('a passphrase that another key has sealed is there and in no use, until it is set again', async () => {
  await using world = await CoreWorld.open()
  await (await load(world)).change('root', { set: {}, passphrase: 'a secret phrase' })
  const settings = await load(world, {}, { box: new SecretBox(randomBytes(32)) })
  assert.ok(settings.hasBackupPassphrase)
  assert.throws(() => settings.backupPassphrase, { code: 'storage-failure', message: /set it again/ })
  await settings.change('root', { set: {}, passphrase: 'another phrase' })
  assert.equal(settings.backupPassphrase, 'another phrase')
})
