import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AdminPermission, AdminSettings } from '../../src/core/accounts/admin.ts'
import type { UserSettings } from '../../src/core/accounts/user.ts'
import type { RestorePlan } from '../../src/core/backups/backup-service.ts'
import { FileServerError } from '../../src/core/errors.ts'
import { backupsOf } from './backups-of.ts'
import { CoreWorld, rejects } from './core-fixture.ts'

interface Document {
  users: Record<string, unknown>[]
  folders: Record<string, unknown>[]
  admins: Record<string, unknown>[]
  settings: Record<string, unknown>
  [name: string]: unknown
}

async function openWorld() {
  const world = await CoreWorld.open()
  const { clock, database } = world
  const { directory, settings, serviceWith } = await backupsOf(world)
  const service = serviceWith(world.box)
  const addAdmin = (username: string, permissions: AdminPermission[], changes: Partial<AdminSettings> = {}) =>
    database.admins.add(
      {
        ...{
          username,
          permissions,
          source: 'local',
          status: 'active',
          email: '',
          description: '',
          passwordHash: '',
        },
        ...changes,
      },
      clock(),
    )
  await addAdmin('root', ['*'])
  return {
    ...{ world, database, settings, service, directory, addAdmin },
    plan: (name: string, changes: { passphrase?: string; removeOthers?: boolean } = {}, admin = 'root') =>
      service.plan(admin, { name, passphrase: '', removeOthers: false, ...changes }),
    restore: (name: string, changes: { passphrase?: string; removeOthers?: boolean } = {}, admin = 'root') =>
      service.restore(admin, { name, passphrase: '', removeOthers: false, ...changes }),
    /** A copy of a backup in which `change` has been at work. */
    async forge(name: string, change: (document: Document) => void): Promise<string> {
      const document = JSON.parse(await readFile(join(directory, name), 'utf8')) as Document
      change(document)
      await writeFile(join(directory, 'forged.json'), JSON.stringify(document))
      return 'forged.json'
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function changesOf(plan: RestorePlan): string[] {
  return plan.changes.map(({ kind, name, change, fields }) => [kind, name, change, ...fields].join(' '))
}

async function changeUser(world: CoreWorld, username: string, changes: Partial<UserSettings>): Promise<void> {
  const user = (await world.database.users.find(username)) ?? assert.fail()
  await world.database.users.replace({ ...user, ...changes }, world.clock())
}

test('a backup brings back what was changed, removed and added since', async () => {
  await using fixture = await openWorld()
  const { world, database, settings, service, addAdmin, plan, restore } = fixture
  await world.addFolder('shared')
  const mount = { folderName: 'shared', virtualPath: '/shared', quotaSize: -1, quotaFiles: -1 } as never
  for (const name of ['ann', 'bob', 'eve']) await world.addUser(name, { folders: [mount] })
  await addAdmin('helper', ['view_users'])
  await settings.change('root', { set: { backup_keep: 3, login_grace: 9 } })
  const before = await database.backups.read()
  const { name } = await service.make('root')
  assert.deepEqual(changesOf(await plan(name)), [])
  assert.equal((await plan(name)).unchanged, 1 + 3 + 1 + 2)

  await database.users.remove('ann')
  await changeUser(world, 'bob', { status: 'disabled', passwordHash: '', folders: [] })
  await world.addUser('new')
  await world.addFolder('new-folder')
  await database.admins.remove('helper')
  await addAdmin('intruder', ['*'])
  await settings.change('root', { set: { backup_keep: 5 }, reset: ['login_grace'] })

  const mild = ['user ann add', 'user bob replace status password virtual_folders', 'admin helper add']
  const changed = ['setting login_grace add', 'setting backup_keep replace']
  assert.deepEqual(changesOf(await plan(name)), [...mild, ...changed])
  const whole = await plan(name, { removeOthers: true })
  assert.deepEqual(
    changesOf(whole).filter((change) => change.endsWith('remove')),
    ['folder new-folder remove', 'user new remove', 'admin intruder remove'],
  )
  assert.deepEqual(changesOf(await restore(name, { removeOthers: true })), changesOf(whole))
  assert.deepEqual(await database.backups.read(), before)
  assert.deepEqual([settings.current.backup_keep, settings.current.login_grace], [3, 9])
  assert.deepEqual(
    [world.eventsOf('backup-made'), world.eventsOf('backup-restored')].map(([event]) => [
      event?.admin,
      event?.name,
    ]),
    [
      ['root', name],
      ['root', name],
    ],
  )
  assert.deepEqual(changesOf(await restore(name, { removeOthers: true })), [])
})

test('planning changes nothing', async () => {
  await using fixture = await openWorld()
  const { world, database, service, plan } = fixture
  await world.addUser('ann')
  const { name } = await service.make('root')
  await database.users.remove('ann')
  await plan(name, { removeOthers: true })
  assert.equal(await database.users.count(), 0)
  assert.deepEqual(world.eventsOf('backup-restored'), [])
})

test('users who change or go are disconnected, others stay', async () => {
  await using fixture = await openWorld()
  const { world, service, restore } = fixture
  for (const name of ['ann', 'bob']) await world.addUser(name)
  const { name } = await service.make('root')
  await changeUser(world, 'bob', { description: 'changed' })
  await world.addUser('new')
  const [ann, bob, added] = await Promise.all(['ann', 'bob', 'new'].map((user) => world.openSession(user)))
  await restore(name, { removeOthers: true })
  assert.deepEqual(
    [ann, bob, added].map((session) => session?.signal.aborted),
    [false, true, true],
  )
})

test('users of a folder that moves are disconnected', async () => {
  await using fixture = await openWorld()
  const { world, service, restore } = fixture
  const mappedPath = await world.addFolder('shared')
  const mount = { folderName: 'shared', virtualPath: '/shared', quotaSize: -1, quotaFiles: -1 } as never
  await world.addUser('ann', { folders: [mount] })
  await world.addUser('bob')
  const { name } = await service.make('root')
  const elsewhere = await world.makeDirectory('elsewhere')
  await world.database.folders.replace({ name: 'shared', mappedPath: elsewhere, description: '' })
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((user) => world.openSession(user)))
  await restore(name)
  assert.deepEqual(
    [ann, bob].map((session) => session?.signal.aborted),
    [true, false],
  )
  assert.equal((await world.database.folders.find('shared'))?.mappedPath, mappedPath)
})

test('a backup with a passphrase shows nothing and asks for it', async () => {
  await using fixture = await openWorld()
  const { world, service, directory, restore } = fixture
  await world.addUser('somebody-known')
  const entry = await service.make('root', { passphrase: 'a long phrase' })
  assert.ok(entry.isEncrypted && entry.name.endsWith('.json.enc'))
  const bytes = await readFile(join(directory, entry.name))
  assert.ok(!bytes.includes('somebody-known') && !bytes.includes('argon2'))
  await world.database.users.remove('somebody-known')
  for (const passphrase of ['', 'another phrase'])
    await assert.rejects(restore(entry.name, { passphrase }), {
      code: 'invalid-argument',
      field: 'passphrase',
    })
  await restore(entry.name, { passphrase: 'a long phrase' })
  assert.ok(await world.database.users.find('somebody-known'))
})

test('neither tokens nor the passphrase for backups are in a backup', async () => {
  await using fixture = await openWorld()
  const { database, settings, service, directory, restore } = fixture
  const token = {
    kind: 'key',
    name: 'key-name',
    adminUsername: 'root',
    createdAt: 1,
    expiresAt: 9e12,
  } as const
  const admin = (await database.admins.find('root')) ?? assert.fail()
  await database.admins.addToken({ ...token, tokenHash: 'hash-of-the-token' }, { admin })
  await settings.change('root', { set: {}, passphrase: 'secret-phrase' })
  const { name } = await service.make('root')
  assert.doesNotMatch(
    await readFile(join(directory, name), 'utf8'),
    /secret-phrase|hash-of-the-token|key-name/,
  )
  await restore(name, { removeOthers: true })
  assert.equal(settings.backupPassphrase, 'secret-phrase')
  assert.equal((await database.admins.listTokens('root', 1)).length, 1)
})

test('who restores stays as they are, whatever the backup says', async () => {
  await using fixture = await openWorld()
  const { database, service, forge, restore } = fixture
  const { name } = await service.make('root')
  const before = await database.admins.find('root')
  const without = await forge(name, (document) => (document.admins = []))
  assert.deepEqual(changesOf(await restore(without, { removeOthers: true })), [])
  const disabled = await forge(name, ({ admins }) => {
    Object.assign(admins[0] ?? {}, { status: 'disabled', permissions: [] })
  })
  assert.deepEqual(changesOf(await restore(disabled, { removeOthers: true })), [])
  assert.deepEqual(await database.admins.find('root'), before)
})

test('a restore gives nobody what the admin who restores could not give', async () => {
  await using fixture = await openWorld()
  const { service, addAdmin, forge, plan, restore, database } = fixture
  await addAdmin('operator', ['manage_system'])
  await addAdmin('deputy', ['manage_system', 'manage_admins'])
  await addAdmin('viewer', ['view_users'])
  const { name } = await service.make('root')
  const more = await forge(name, ({ admins }) => {
    Object.assign(admins.find(({ username }) => username === 'viewer') ?? {}, { permissions: ['*'] })
  })
  const before = await database.backups.read()
  for (const admin of ['operator', 'deputy', 'viewer', 'nobody']) {
    await rejects('permission-denied', plan(more, {}, admin))
    await rejects('permission-denied', restore(more, {}, admin))
  }
  const fewer = await forge(name, (document) => {
    document.admins = document.admins.filter(({ username }) => username !== 'root')
  })
  await rejects('permission-denied', restore(fewer, { removeOthers: true }, 'deputy'))
  assert.deepEqual(await database.backups.read(), before)
  await restore(name, { removeOthers: true }, 'operator')
})

test('who may not change users or folders does not do it by a restore', async () => {
  await using fixture = await openWorld()
  const { world, database, service, addAdmin, forge, plan, restore } = fixture
  await world.addFolder('shared')
  await world.addUser('ann')
  await addAdmin('operator', ['manage_system'])
  await addAdmin('deputy', ['manage_system', 'add_users'])
  const { name } = await service.make('root')
  const planted = await forge(name, ({ users }) => void users.push({ ...users[0], username: 'planted' }))
  const before = await database.backups.read()
  await rejects('permission-denied', plan(planted, {}, 'operator'))
  await rejects('permission-denied', restore(planted, {}, 'operator'))
  const changed = await forge(name, ({ users }) => void Object.assign(users[0] ?? {}, { passwordHash: '' }))
  await rejects('permission-denied', restore(changed, {}, 'deputy'))
  const fewer = await forge(name, (document) => (document.users = []))
  await rejects('permission-denied', restore(fewer, { removeOthers: true }, 'deputy'))
  const moved = await forge(name, ({ folders }) => void Object.assign(folders[0] ?? {}, { description: 'x' }))
  await rejects('permission-denied', restore(moved, {}, 'deputy'))
  assert.deepEqual(await database.backups.read(), before)
  const more = await forge(name, ({ users }) => void users.push({ ...users[0], username: 'planted' }))
  assert.deepEqual(changesOf(await restore(more, {}, 'deputy')), ['user planted add'])
})

test('a backup that somebody tampered with is refused with the place, and changes nothing', async () => {
  await using fixture = await openWorld()
  const { world, database, service, forge, restore } = fixture
  await world.addFolder('shared')
  await world.addUser('ann')
  const { name } = await service.make('root')
  await database.users.remove('ann')
  await database.folders.remove('shared')
  const before = await database.backups.read()
  const user = (fields: object) => (document: Document) => void Object.assign(document.users[0] ?? {}, fields)
  const folder = (fields: object) => (document: Document) =>
    void Object.assign(document.folders[0] ?? {}, fields)
  const adding = (fields: object) => (document: Document) =>
    void document.admins.push({ ...document.admins[0], username: 'new', ...fields })
  const costly = '$argon2id$v=19$m=4000000,t=2,p=1$c29tZXNhbHRzb21l$c29tZXNhbHRzb21lc29tZXNhbHQ'
  const forgeries: [RegExp, (document: Document) => void][] = [
    [/newer version/, (document) => (document['version'] = 2)],
    [/not a backup/, (document) => (document['version'] = 'one')],
    [/created_at/, (document) => (document['created_at'] = 'yesterday')],
    [/created_at/, (document) => (document['created_at'] = Date.UTC(10_000, 0))],
    [/users cannot/, (document) => (document.users = {} as never)],
    [/users\[0\] cannot/, (document) => (document.users = [null] as never)],
    [/users\[0\]\.status/, user({ status: 'sleeping' })],
    [/users\[0\]\.permissions/, user({ permissions: { '/': ['fly'] } })],
    [/users\[0\]\.passwordHash/, user({ passwordHash: 'plain text' })],
    [/users\[0\]\.passwordHash/, user({ passwordHash: costly })],
    [/users\[0\]\.startDirectory/, user({ startDirectory: '/a/../b' })],
    [/users\[0\]\.quotaSize/, user({ quotaSize: 1.5 })],
    [/users\[0\]\.folders/, user({ folders: [{ folderName: 'shared' }] })],
    [/users\[0\]\.email/, user({ email: 'x'.repeat(256) })],
    [/"ann".*quota_size/, user({ quotaSize: -1 })],
    [/"ann".*expiration_date/, user({ expirationDate: 8.64e15 + 1 })],
    [/"ann".*home_dir/, user({ homeDir: '/etc' })],
    [/"ann".*public_keys/, user({ publicKeys: ['no key'] })],
    [/"ann".*'\/' is missing/, user({ permissions: { '/x': ['*'] } })],
    [/"a\.\.b".*username/, user({ username: 'a..b' })],
    [
      /"ann".*"gone"/,
      user({ folders: [{ folderName: 'gone', virtualPath: '/g', quotaSize: 0, quotaFiles: 0 }] }),
    ],
    [/a user twice/, (document) => void document.users.push(document.users[0] ?? {})],
    [/"shared".*mapped_path/, folder({ mappedPath: '/' })],
    [/"a\/b".*name/, folder({ name: 'a/b' })],
    [/"new".*password/, adding({ source: 'thinger', passwordHash: someHash() })],
    [/setup code/, adding({ source: 'setup-code' })],
    [/admins\[1\]\.permissions/, adding({ permissions: ['fly'] })],
    [/settings/, (document) => (document.settings = { no_such: 1 })],
    [/settings/, (document) => (document.settings = { login_grace: 0 })],
    [/settings/, (document) => (document.settings = { backup_passphrase: 'x' })],
  ]
  for (const [message, change] of forgeries) {
    const forged = await forge(name, change)
    await assert.rejects(restore(forged), (error) => {
      assert.ok(error instanceof FileServerError, String(error))
      assert.deepEqual([error.code, error.field], ['invalid-argument', 'name'], error.message)
      assert.match(error.message, message)
      return true
    })
  }
  assert.deepEqual(await database.backups.read(), before)
})

/** A hash that could be one of ours. */
function someHash(): string {
  return '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$c29tZXNhbHRzb21lc29tZXNhbHQ'
}

test('a backup of SFTPGo is refused as what it is, whatever version it has, and one of a newer version of ours is not taken for it', async () => {
  await using fixture = await openWorld()
  const { directory, restore } = fixture
  const lists = ['users', 'groups', 'folders', 'admins', 'api_keys', 'shares', 'event_actions', 'roles']
  const dump = { ...Object.fromEntries(lists.map((list) => [list, []])), configs: {} }
  for (const foreign of [
    ...[0, 1, 13, 16, 17].map((version) => ({ ...dump, version })),
    { users: [{ username: 'ann', status: 1, home_dir: '/srv/sftpgo/ann' }], version: 16 },
    { folders: null, admins: [], version: 16 },
  ]) {
    await writeFile(join(directory, 'backup_Monday_01.json'), JSON.stringify(foreign))
    await assert.rejects(restore('backup_Monday_01.json'), (error) => {
      assert.ok(error instanceof FileServerError, String(error))
      assert.deepEqual([error.code, error.field], ['invalid-argument', 'name'])
      assert.match(error.message, /SFTPGo software.*add its users again under the same names/)
      return true
    })
  }
  const newer = { ...dump, version: 16, created_at: 1, server_version: '9.0.0' }
  await writeFile(join(directory, 'newer.json'), JSON.stringify(newer))
  await assert.rejects(restore('newer.json'), /newer version/)
})

test('what is no backup at all is refused', async () => {
  await using fixture = await openWorld()
  const { directory, restore, service } = fixture
  for (const content of ['', '{', 'null', '[]', '{"version":1}', '"text"', Buffer.from([0xff, 0xfe, 0x00])]) {
    await writeFile(join(directory, 'odd.json'), content)
    await rejects('invalid-argument', restore('odd.json'))
  }
  for (const name of ['../backups/odd.json', '/etc/passwd', '.odd.json', '']) {
    await rejects('invalid-argument', restore(name))
    await rejects('invalid-argument', service.remove('root', name))
    await rejects('invalid-argument', service.open(name))
  }
  await rejects('not-found', restore('gone.json'))
})

test('a backup of millions of small values is refused unread, and one account holds no more than the API takes', async () => {
  await using fixture = await openWorld()
  const { world, directory, service, forge, plan } = fixture
  const refused = (name: string, message: RegExp) =>
    assert.rejects(plan(name), (error) => {
      assert.ok(error instanceof FileServerError, String(error))
      assert.equal(error.code, 'invalid-argument')
      assert.match(error.message, message)
      return true
    })
  for (const filler of ['{},', '[', '0,']) {
    const many = filler.repeat(2_000_001)
    await writeFile(join(directory, 'many.json'), `{"version":1,"created_at":1,"users":[${many}`)
    await refused('many.json', /too many values/)
  }
  await world.addUser('ann')
  const { name } = await service.make('root')
  const places = Array.from({ length: 30_001 }, (_, index) => [`/${index}`, ['*']] as const)
  const wide = { permissions: Object.fromEntries([['/', ['*']], ...places]) as unknown }
  await refused(
    await forge(name, ({ users }) => void Object.assign(users[0] ?? {}, wide)),
    /users\[0\]\.permissions/,
  )
})

test('an account that is the same already is no obstacle, even if it would be refused today', async () => {
  await using fixture = await openWorld()
  const { world, database, service, restore } = fixture
  await world.addUser('a..b')
  await world.addUser('ann')
  const { name } = await service.make('root')
  await database.users.remove('ann')
  assert.deepEqual(changesOf(await restore(name)), ['user ann add'])
})

test('backups of the same second have names of their own, the newest stands first', async () => {
  await using fixture = await openWorld()
  const { world, service } = fixture
  const made = await Promise.all([1, 2, 3].map(() => service.make('root')))
  assert.equal(new Set(made.map(({ name }) => name)).size, 3)
  world.turnClock(60_000)
  const { name } = await service.make('root', { isScheduled: true })
  const [first, ...rest] = await service.list()
  assert.deepEqual([first?.name, first?.isScheduled, rest.length], [name, true, 3])
  await service.remove('root', name)
  assert.equal((await service.list()).length, 3)
  assert.deepEqual(
    world.eventsOf('backup-removed').map((event) => event.name),
    [name],
  )
})
