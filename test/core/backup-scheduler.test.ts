import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SecretBox } from '../../src/core/auth/secret-box.ts'
import { BackupScheduler } from '../../src/core/backups/backup-scheduler.ts'
import type { BackupEntry } from '../../src/core/backups/backup-service.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { silentLog } from '../../src/core/log.ts'
import { LiveSettings } from '../../src/core/settings/live-settings.ts'
import { liveDefaults } from '../../src/config/live-defaults.ts'
import { readConfig } from '../../src/config/config.ts'
import { CoreWorld } from './core-fixture.ts'

const hour = 60 * 60_000

/** Backups in memory, which fail when a test wants it. */
class Shelf {
  readonly world: CoreWorld
  entries: BackupEntry[] = []
  readonly passphrases: string[] = []
  isFull = false

  constructor(world: CoreWorld) {
    this.world = world
  }

  put(name: string, isScheduled: boolean): BackupEntry {
    const entry = { name, size: 1, createdAt: this.world.clock(), isEncrypted: false, isScheduled }
    this.entries.unshift(entry)
    return entry
  }

  /** The newest first, as the service tells them. */
  list = () => Promise.resolve(this.entries.toSorted((a, b) => b.createdAt - a.createdAt))
  make = async (_admin: string, { passphrase = '', isScheduled = false } = {}) => {
    if (this.isFull) throw new FileServerError('no-space', 'No space left on the storage')
    this.passphrases.push(passphrase)
    return this.put(`scheduled-${this.passphrases.length}`, isScheduled)
  }
  remove = async (_admin: string, name: string) => {
    this.entries = this.entries.filter((entry) => entry.name !== name)
  }
}

async function openWorld() {
  const world = await CoreWorld.open()
  const base = { ...liveDefaults(readConfig({})), backup_interval_hours: 24 }
  const repository = world.database.settings
  const settings = await LiveSettings.load({
    repository,
    base,
    box: world.box,
    events: world.bus,
    log: silentLog,
  })
  const backups = new Shelf(world)
  const errors: unknown[] = []
  const log = { ...silentLog, error: (fields: object) => void errors.push(fields) }
  const scheduler = new BackupScheduler({ backups, settings, log, clock: world.clock })
  return {
    ...{ world, settings, backups, errors, scheduler },
    names: () => backups.entries.map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await scheduler[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

test('makes a backup when there is none, and the next when that is old enough', async () => {
  await using fixture = await openWorld()
  const { world, backups, settings, scheduler } = fixture
  await scheduler.check()
  world.turnClock(24 * hour - 60_000)
  await scheduler.check()
  assert.equal(backups.passphrases.length, 1)
  world.turnClock(60_000)
  await settings.change('root', { set: {}, passphrase: 'a secret phrase' })
  await scheduler.check()
  await scheduler.check()
  assert.deepEqual(backups.passphrases, ['', 'a secret phrase'])
  await settings.change('root', { set: { backup_interval_hours: 1 } })
  world.turnClock(hour)
  await scheduler.check()
  assert.equal(backups.passphrases.length, 3)
})

test('makes none in clear when the passphrase cannot be opened, and says so', async () => {
  await using fixture = await openWorld()
  const { world, backups, settings, scheduler, errors } = fixture
  const foreign = { sealed: new SecretBox(randomBytes(32)).seal('setting:backup_passphrase', 'secret') }
  await world.database.settings.save(new Map([['backup_passphrase', foreign]]))
  await settings.reload()
  await scheduler.check()
  assert.deepEqual(backups.passphrases, [])
  assert.match(String((errors[0] as { err: unknown }).err), /set it again/)
})

test('keeps as many as it is told and never removes one that was asked for', async () => {
  await using fixture = await openWorld()
  const { world, backups, settings, scheduler, names } = fixture
  backups.put('by-hand', false)
  await settings.change('root', { set: { backup_keep: 2 } })
  for (let days = 0; days < 4; days++) {
    await scheduler.check()
    world.turnClock(24 * hour)
  }
  assert.deepEqual(names(), ['scheduled-4', 'scheduled-3', 'by-hand'])
})

test('makes none when it is turned off, and one by hand does not count', async () => {
  await using fixture = await openWorld()
  const { backups, settings, scheduler } = fixture
  await settings.change('root', { set: { backup_interval_hours: 0 } })
  await scheduler.check()
  assert.equal(backups.passphrases.length, 0)
  backups.put('by-hand', false)
  await settings.change('root', { set: {}, reset: ['backup_interval_hours'] })
  await scheduler.check()
  assert.equal(backups.passphrases.length, 1)
})

test('a backup from a time that has not come does not keep others from being made', async () => {
  await using fixture = await openWorld()
  const { world, backups, scheduler } = fixture
  world.turnClock(1000 * hour)
  await scheduler.check()
  world.turnClock(-1000 * hour)
  await scheduler.check()
  assert.equal(backups.passphrases.length, 2)
})

test('a clock that was ahead for a while and is set right makes one backup more, and the real ones stay', async () => {
  await using fixture = await openWorld()
  const { world, settings, scheduler, names } = fixture
  await settings.change('root', { set: { backup_keep: 3 } })
  const days = async (count: number) => {
    for (let day = 0; day < count; day++) {
      await scheduler.check()
      world.turnClock(24 * hour)
    }
  }
  await days(1)
  world.turnClock(1000 * 24 * hour)
  await days(2)
  assert.deepEqual(names(), ['scheduled-3', 'scheduled-2', 'scheduled-1'])
  world.turnClock(-1002 * 24 * hour)
  for (let minutes = 0; minutes < 60; minutes++) {
    await scheduler.check()
    world.turnClock(60_000)
  }
  assert.deepEqual(names(), ['scheduled-4', 'scheduled-3', 'scheduled-1'])
  world.turnClock(23 * hour)
  await days(2)
  assert.deepEqual(names(), ['scheduled-6', 'scheduled-5', 'scheduled-4'])
})

test('a new backup is never the one removed, whatever date another has', async () => {
  await using fixture = await openWorld()
  const { world, backups, settings, scheduler, names } = fixture
  await settings.change('root', { set: { backup_keep: 1 } })
  world.turnClock(1000 * hour)
  backups.put('from-2030', true)
  world.turnClock(-1000 * hour)
  await scheduler.check()
  await scheduler.check()
  assert.deepEqual(names(), ['scheduled-1'])
  // Now the clock goes behind: what was made before is from a time that has not come.
  world.turnClock(-1000 * hour)
  await scheduler.check()
  await scheduler.check()
  assert.deepEqual(names(), ['scheduled-2'])
})

test('a failure under a clock that was ahead does not keep backups from being made once it is right', async () => {
  await using fixture = await openWorld()
  const { world, backups, scheduler } = fixture
  backups.isFull = true
  world.turnClock(1000 * hour)
  await scheduler.check()
  backups.isFull = false
  world.turnClock(-1000 * hour)
  await scheduler.check()
  assert.equal(backups.passphrases.length, 1)
})

test('what fails is told, tried again ever more seldom, and works as soon as it can', async () => {
  await using fixture = await openWorld()
  const { world, backups, errors, scheduler } = fixture
  backups.isFull = true
  for (let minutes = 0; minutes < 24 * 60; minutes++) {
    await scheduler.check()
    world.turnClock(60_000)
  }
  assert.ok(errors.length > 20 && errors.length < 40, `${errors.length} lines`)
  backups.isFull = false
  world.turnClock(hour)
  await scheduler.check()
  assert.equal(backups.passphrases.length, 1)
})

test('two looks at the same time make one backup', async () => {
  await using fixture = await openWorld()
  const { backups, scheduler } = fixture
  await Promise.all([scheduler.check(), scheduler.check()])
  assert.equal(backups.passphrases.length, 1)
})
