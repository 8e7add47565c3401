import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join } from 'node:path'
import { AccountService, type UserInput } from '../../src/core/accounts/account-service.ts'
import type { Recounts } from '../../src/core/accounts/counted-places.ts'
import type { PermissionMap } from '../../src/core/accounts/permissions.ts'
import type { VirtualPath } from '../../src/core/files/virtual-path.ts'
import type { Session } from '../../src/core/auth/sign-in.ts'
import type { FileServerError } from '../../src/core/errors.ts'
import { at, attempt, CoreWorld, rejects, userSettings } from './core-fixture.ts'

function serviceOf(
  world: CoreWorld,
  recounts: Recounts = { countSoon: () => Promise.resolve() },
): AccountService {
  const { users, folders } = world.database
  const { hasher, connections, bus: events, clock, storageRoot } = world
  const usersBaseDir = join(storageRoot, 'data')
  return new AccountService({
    users,
    folders,
    hasher,
    connections,
    recounts,
    events,
    roots: [storageRoot],
    usersBaseDir,
    clock,
  })
}

function input(world: CoreWorld, username: string, changes: Partial<UserInput> = {}): UserInput {
  const { passwordHash: _hash, ...settings } = userSettings(world, username)
  return { ...settings, ...changes }
}

async function invalid(field: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error: FileServerError) => {
    assert.equal(error.code, 'invalid-argument', `${field}: ${String(error)}`)
    assert.equal(error.field, field)
    return true
  })
}

test('names that could mislead a path, a log or a reader are refused', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const names = [
    '',
    ' ',
    ' bob',
    'bob ',
    '.',
    '..',
    'a/b',
    '../x',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\u202eb',
    'a\u200bb',
    '\ufeffa',
  ]
  const more = [
    '..a',
    'a..b',
    'a\u2028b',
    'x'.repeat(256),
    'e\u0301',
    '\ud800',
    '__self__',
    '__system__',
    'setup',
  ]
  for (const name of [...names, ...more]) {
    await invalid('username', service.addUser('root', input(world, name, { homeDir: '' })))
    await invalid('name', service.addFolder('root', { name, mappedPath: world.storageRoot, description: '' }))
  }
  for (const name of ['__proto__', 'constructor', 'é', 'a b', 'a.b@c', '.a.', 'x'.repeat(255)]) {
    const user = await service.addUser('root', input(world, name, { homeDir: '' }))
    assert.equal(user.homeDir, join(world.storageRoot, 'data', name))
    assert.equal((await service.findUser(name)).username, name)
  }
})

test('no account gets a directory outside the storages', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const root = world.storageRoot
  const outside = [
    '/',
    '/etc',
    `${root}-other`,
    `${root}/..`,
    `${root}/a/../../x`,
    `${root}/../storages/a`,
    'relative',
    './a',
    `${root}/a\0b`,
  ]
  for (const [i, directory] of outside.entries()) {
    await invalid('home_dir', service.addUser('root', input(world, `user${i}`, { homeDir: directory })))
    await invalid(
      'mapped_path',
      service.addFolder('root', { name: `f${i}`, mappedPath: directory, description: '' }),
    )
  }
  for (const name of ['é'.repeat(128), `${'long/'.repeat(900)}x`])
    await invalid('home_dir', service.addUser('root', input(world, 'long', { homeDir: `${root}/${name}` })))
  await invalid('home_dir', service.addUser('root', input(world, 'é'.repeat(128), { homeDir: '' })))
  const user = await service.addUser('root', input(world, 'bob', { homeDir: `${root}//a/./b/` }))
  assert.equal(user.homeDir, join(root, 'a/b'))
})

test('settings that contradict themselves are refused and name their field', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  await service.addFolder('root', {
    name: 'one',
    mappedPath: join(world.storageRoot, 'one'),
    description: '',
  })
  await service.addFolder('root', {
    name: 'two',
    mappedPath: join(world.storageRoot, 'two'),
    description: '',
  })
  const mount = (folderName: string, path: string, quotaSize = 0, quotaFiles = 0) => ({
    folderName,
    virtualPath: at(path),
    quotaSize,
    quotaFiles,
  })
  const permissions = (map: Record<string, string[]>) => ({ permissions: map as unknown as PermissionMap })
  const rule = (path: string) => ({
    path: path as VirtualPath,
    allowedPatterns: [],
    deniedPatterns: ['*'],
    denyPolicy: 'hidden' as const,
  })
  const wrong: [string, Partial<UserInput>][] = [
    ['permissions', permissions({})],
    ['permissions', permissions({ '/': [] })],
    ['permissions', permissions({ '/': ['fly'] })],
    ['permissions', permissions({ '/': ['*'], '/a/': ['*'] })],
    ['permissions', permissions({ '/': ['*'], '/a/../b': ['*'] })],
    ['permissions', permissions({ '/': ['*'], a: ['*'] })],
    ['permissions', permissions({ '/': ['*'], '/a\0': ['*'] })],
    ['permissions', permissions({ '/': ['*'], [`/${'x'.repeat(300)}`]: ['*'] })],
    ['filters.denied_protocols', { deniedProtocols: ['SSH', 'FTP', 'HTTP'] }],
    [
      'filters.denied_login_methods',
      {
        deniedLoginMethods: [
          ...(['publickey', 'password', 'password-over-SSH', 'keyboard-interactive'] as const),
          ...(['publickey+password', 'publickey+keyboard-interactive'] as const),
        ],
      },
    ],
    ['filters.file_patterns', { filePatterns: [rule('/a'), rule('/a')] }],
    ['public_keys', { publicKeys: ['rubbish'] }],
    ['virtual_folders', { folders: [mount('missing', '/a')] }],
    ['virtual_folders', { folders: [mount('one', '/a'), mount('one', '/b')] }],
    ['virtual_folders', { folders: [mount('one', '/a'), mount('two', '/a')] }],
    ['virtual_folders', { folders: [mount('one', '/a', -1, 0)] }],
    ['virtual_folders', { folders: [mount('one', '/a', -2, -2)] }],
    ['quota_size', { quotaSize: -1 }],
    ['quota_files', { quotaFiles: 0.5 }],
    ['max_sessions', { maxSessions: Number.NaN }],
    ['upload_bandwidth', { uploadBandwidth: -5 }],
    ['download_bandwidth', { downloadBandwidth: Infinity }],
    ['expiration_date', { expirationDate: -1 }],
    ['expiration_date', { expirationDate: Date.UTC(10_000, 0) }],
    ['filters.max_upload_file_size', { maxUploadFileSize: -1 }],
    ['password', { password: 'x'.repeat(1025) }],
  ]
  for (const [field, changes] of wrong) {
    await invalid(field, service.addUser('root', input(world, 'bob', changes)))
    await rejects('not-found', service.findUser('bob'))
  }
  assert.deepEqual(
    world.eventsOf('account-changed').map(({ name }) => name),
    ['one', 'two'],
  )
})

test('a password is kept, replaced or removed as it is asked, and never told', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const added = await service.addUser('root', input(world, 'bob', { password: 'secret-one' }))
  assert.match(added.passwordHash, /^\$argon2id\$/)
  const kept = await service.replaceUser('root', input(world, 'bob'))
  assert.equal(kept.passwordHash, added.passwordHash)
  const changed = await service.replaceUser('root', input(world, 'bob', { password: 'secret-two' }))
  assert.ok(await world.hasher.verify('secret-two', changed.passwordHash))
  assert.ok(!(await world.hasher.verify('secret-one', changed.passwordHash)))
  const removed = await service.replaceUser('root', input(world, 'bob', { password: '' }))
  assert.equal(removed.passwordHash, '')
  assert.ok(!JSON.stringify(world.events).includes('secret'))
})

test('what an admin leaves out of a replacement stays as it is when it is written', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const { users } = world.database
  const [first, second] = await Promise.all(['secret-one', 'secret-two'].map((one) => world.hasher.hash(one)))
  assert.ok(first && second)
  await world.addUser('bob', { passwordHash: first })
  const session = await world.openSession('bob', {
    credential: { method: 'password', password: 'secret-one' },
  })
  const { status: _status, ...rest } = input(world, 'bob')
  // Asked for between the question and the answer: the user has another password, another admin has shut them out.
  world.faults.before('folders.findAll', async () => {
    world.faults.clear()
    await users.changePassword('bob', first, second, world.clock())
    await users.replace(
      { ...userSettings(world, 'bob'), status: 'disabled', passwordHash: second },
      world.clock(),
    )
  })
  const replaced = await service.replaceUser('root', { ...rest, email: 'bob@example.test' })
  assert.equal(replaced.passwordHash, second)
  assert.equal(replaced.status, 'disabled')
  assert.deepEqual(await users.find('bob'), replaced)
  assert.equal(replaced.email, 'bob@example.test')
  await session.close('done')
})

test('a session that began between the question and the answer of a replacement ends with it', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const settings = userSettings(world, 'bob')
  await world.addUser('bob', { permissions: { '/': ['list'] } })
  const opened: Session[] = []
  world.faults.before('folders.findAll', async () => {
    world.faults.clear()
    await world.database.users.replace(settings, world.clock() + 1)
    opened.push(await world.openSession('bob'))
  })
  await service.replaceUser('root', input(world, 'bob', { permissions: { '/': ['list'] } }))
  assert.equal(opened[0]?.signal.aborted, true)
})

test('each change is told once, with who made it; a refused one is not', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  await service.addUser('root', input(world, 'bob'))
  await rejects('already-exists', service.addUser('root', input(world, 'bob')))
  await service.replaceUser('ann', input(world, 'bob', { description: 'x' }))
  await rejects('not-found', service.replaceUser('ann', input(world, 'nobody')))
  await service.removeUser('root', 'bob')
  await rejects('not-found', service.removeUser('root', 'bob'))
  const folder = { name: 'one', mappedPath: join(world.storageRoot, 'one'), description: '' }
  await service.addFolder('root', folder)
  await service.replaceFolder('root', folder)
  await service.removeFolder('root', 'one')
  await rejects('not-found', service.removeFolder('root', 'one'))
  await rejects('not-found', service.replaceFolder('root', folder))
  assert.deepEqual(
    world
      .eventsOf('account-changed')
      .map(({ admin, subject, name, change }) => [admin, subject, name, change]),
    [
      ['root', 'user', 'bob', 'added'],
      ['ann', 'user', 'bob', 'replaced'],
      ['root', 'user', 'bob', 'removed'],
      ['root', 'folder', 'one', 'added'],
      ['root', 'folder', 'one', 'replaced'],
      ['root', 'folder', 'one', 'removed'],
    ],
  )
})

test('a change of who a user is or what they may do ends their sessions; others stay unless asked', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const changes: [boolean, Partial<UserInput>, { disconnect?: boolean }][] = [
    [false, { description: 'x' }, {}],
    [true, { description: 'x' }, { disconnect: true }],
    [true, { status: 'disabled' }, {}],
    [true, { expirationDate: 1000 }, {}],
    [true, { deniedProtocols: ['SSH'] }, {}],
    [false, { deniedProtocols: ['FTP'] }, {}],
    [false, { quotaSize: 5, uploadBandwidth: 1, email: 'ann@example.test' }, {}],
    [true, { password: 'another password' }, {}],
    [true, { password: '' }, {}],
    [true, { permissions: { '/': ['list'] } }, {}],
    [true, { deniedLoginMethods: ['password'] }, {}],
    [true, { ftpSecurity: 'tls-required' }, {}],
    [true, { expirationDate: 9e12 }, {}],
    [
      true,
      { publicKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl a'] },
      {},
    ],
  ]
  for (const [i, [isOut, change, options]] of changes.entries()) {
    const username = `user${i}`
    await service.addUser('root', input(world, username, { password: `${username}-password` }))
    const session = await world.openSession(username)
    await service.replaceUser('root', input(world, username, change), options)
    assert.equal(session.signal.aborted, isOut, JSON.stringify(change))
    await session.close('done')
  }
  await service.addUser('root', input(world, 'gone', { password: 'gone-password' }))
  const session = await world.openSession('gone')
  await service.removeUser('root', 'gone')
  assert.ok(session.signal.aborted)
  await rejects('access-denied', world.signIn.signIn(attempt('gone')))
})

test('a folder that is changed or removed disconnects those who have it mounted', async () => {
  await using world = await CoreWorld.open()
  const service = serviceOf(world)
  const folder = { name: 'one', mappedPath: join(world.storageRoot, 'one'), description: '' }
  await service.addFolder('root', folder)
  const folders = [{ folderName: 'one', virtualPath: at('/one'), quotaSize: 0, quotaFiles: 0 }]
  await world.addUser('bob', { folders })
  await world.addUser('eve')
  const eve = await world.openSession('eve')
  for (const change of [
    () => service.replaceFolder('root', folder),
    () => service.removeFolder('root', 'one'),
  ]) {
    const session = await world.openSession('bob')
    await change()
    assert.ok(session.signal.aborted)
  }
  assert.ok(!eve.signal.aborted)
  assert.deepEqual((await service.findUser('bob')).folders, [])
})
