import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Permission } from '../../src/core/accounts/permissions.ts'
import type { UserSettings } from '../../src/core/accounts/user.ts'
import { FileServerError } from '../../src/core/errors.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import {
  at,
  CoreWorld,
  exclusive,
  get,
  modifying,
  namesIn,
  overwriting,
  put,
  rejects,
} from './core-fixture.ts'

type Operation = (files: UserFilesystem, directory: string) => Promise<unknown>

/** What each operation on an entry of a directory needs there; any one of the listed rights. */
const operations: Record<string, { needs: Permission[]; run: Operation }> = {
  stat: { needs: ['list'], run: (files, d) => files.stat(at(`${d}/f`)) },
  lstat: { needs: ['list'], run: (files, d) => files.lstat(at(`${d}/f`)) },
  readlink: { needs: ['list'], run: (files, d) => files.readlink(at(`${d}/l`)) },
  list: { needs: ['list'], run: (files, d) => namesIn(files, d) },
  download: { needs: ['download'], run: (files, d) => get(files, `${d}/f`) },
  'upload new': { needs: ['upload'], run: (files, d) => put(files, `${d}/new`, 'x') },
  'upload over': { needs: ['overwrite'], run: (files, d) => put(files, `${d}/f`, 'x') },
  append: { needs: ['overwrite'], run: (files, d) => put(files, `${d}/f`, 'x', modifying) },
  mkdir: { needs: ['create_dirs'], run: (files, d) => files.makeDirectory(at(`${d}/new`)) },
  remove: { needs: ['delete', 'delete_files'], run: (files, d) => files.removeFile(at(`${d}/f`)) },
  rmdir: { needs: ['delete', 'delete_dirs'], run: (files, d) => files.removeDirectory(at(`${d}/d`)) },
  'rename file': { needs: ['rename', 'rename_files'], run: (files, d) => rename(files, `${d}/f`, `${d}/g`) },
  'rename directory': {
    needs: ['rename', 'rename_dirs'],
    run: (files, d) => rename(files, `${d}/d`, `${d}/e`),
  },
  truncate: { needs: ['overwrite'], run: (files, d) => files.setAttributes(at(`${d}/f`), { size: 0 }) },
  chmod: { needs: ['chmod'], run: (files, d) => files.setAttributes(at(`${d}/f`), { mode: 0o600 }) },
  chtimes: { needs: ['chtimes'], run: (files, d) => files.setAttributes(at(`${d}/f`), { modifiedAt: 1000 }) },
  'chmod directory': {
    needs: ['chmod'],
    run: (files, d) => files.setAttributes(at(`${d}/d`), { mode: 0o700 }),
  },
}

function rename(files: UserFilesystem, from: string, to: string, replace = false): Promise<void> {
  return files.rename(at(from), at(to), { replace })
}

async function fill(directory: string): Promise<void> {
  await mkdir(join(directory, 'd'), { recursive: true })
  await writeFile(join(directory, 'f'), 'content')
  await symlink('f', join(directory, 'l'))
}

const allPermissions: Permission[] = [
  ...([
    'list',
    'download',
    'upload',
    'overwrite',
    'create_dirs',
    'rename',
    'rename_files',
    'rename_dirs',
  ] as const),
  ...(['delete', 'delete_files', 'delete_dirs', 'create_symlinks', 'chmod', 'chtimes'] as const),
]

test('each operation needs its own right in the directory of the entry, and no other', async () => {
  await using world = await CoreWorld.open()
  for (const [name, { needs, run }] of Object.entries(operations)) {
    const id = name.replace(' ', '-')
    const others = allPermissions.filter((permission) => !needs.includes(permission))
    const without = await world.filesOf(`${id}-without`, { permissions: { '/': ['*'], '/in': others } })
    await fill(join(world.homeOf(`${id}-without`), 'in'))
    await rejects('permission-denied', run(without, '/in'))
    const [refused] = world.eventsOf('operation-refused').slice(-1)
    assert.equal(refused?.code, 'permission-denied', name)
    for (const permission of needs) {
      const username = `${id}-${permission}`
      const permissions = { '/': ['list' as const], '/in': [permission] }
      const files = await world.filesOf(username, { permissions })
      await fill(join(world.homeOf(username), 'in'))
      await run(files, '/in')
    }
  }
})

test('who may do nothing in a directory cannot tell what is there from what is not', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { permissions: { '/': ['*'], '/none': [] } })
  await fill(join(world.homeOf('bob'), 'none'))
  for (const name of ['f', 'missing', 'd', 'l', 'f/below']) {
    const path = at(`/none/${name}`)
    const attempts = [
      files.stat(path),
      files.lstat(path),
      files.readlink(path),
      files.openDownload(path),
      files.openUpload(path, overwriting),
      files.openUpload(path, exclusive),
      files.openUpload(path, { existing: 'modify', missing: 'fail' }),
      files.makeDirectory(path),
      files.removeFile(path),
      files.removeDirectory(path),
      rename(files, path, '/mine'),
      files.setAttributes(path, { mode: 0o777 }),
      files.setAttributes(path, { size: 0 }),
      files.setAttributes(path, { modifiedAt: 0 }, { followLink: false }),
      files.symlink(path, at('/link')),
    ]
    await Promise.all(attempts.map((attempt) => rejects('permission-denied', attempt)))
    await files.setAttributes(path, {})
  }
  await put(files, '/mine', 'x')
  for (const name of ['f', 'missing'])
    await rejects('permission-denied', rename(files, '/mine', `/none/${name}`, true))
  assert.equal(await readFile(join(world.homeOf('bob'), 'none/f'), 'utf8'), 'content')
})

test('a user whose rules differ by directory makes no link that leads around them', async () => {
  await using world = await CoreWorld.open()
  const limited = await world.filesOf('bob', { permissions: { '/': ['*'], '/a/b/secret': [] } })
  await mkdir(join(world.homeOf('bob'), 'a/b/secret'), { recursive: true })
  for (const target of ['/a', '/a/b', '/a/b/later', '/x/secret'])
    await rejects('permission-denied', limited.symlink(target, at('/a/link')))
  const patterned = await world.filesOf('eve', {
    filePatterns: [{ path: at('/a'), allowedPatterns: [], deniedPatterns: ['*.key'], denyPolicy: 'hidden' }],
  })
  await rejects('permission-denied', patterned.symlink('/a', at('/link')))

  const mapped = await world.addFolder('shared')
  const free = await world.filesOf('ann', {
    permissions: { '/': ['*'], '/shared': ['list', 'create_symlinks'] },
    folders: [{ folderName: 'shared', virtualPath: at('/shared'), quotaSize: 0, quotaFiles: 0 }],
  })
  await put(free, '/f', 'x')
  await free.symlink('f', at('/link'))
  assert.equal(await free.readlink(at('/link')), 'f')
  await free.symlink('/shared/any', at('/shared/link'))
  assert.equal(await readlink(join(mapped, 'link')), 'any')
  await rejects('unsupported', free.symlink('/f', at('/shared/out')))
})

test('a user of whom a pattern frees some names with all they hold makes no link to what it hides', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', {
    filePatterns: [{ path: at('/'), allowedPatterns: ['pub'], deniedPatterns: ['*'], denyPolicy: 'hidden' }],
  })
  const home = world.homeOf('bob')
  for (const directory of ['private', 'pub/a']) await mkdir(join(home, directory), { recursive: true })
  await writeFile(join(home, 'private/secret'), 'content')
  await rejects('not-found', get(files, '/private/secret'))
  await rejects('permission-denied', files.symlink('/', at('/pub/l')))
  // Its text would be '..', which is the root once it is moved up.
  await rejects('permission-denied', files.symlink('/pub', at('/pub/a/l')))
  assert.deepEqual([await readdir(join(home, 'pub')), await readdir(join(home, 'pub/a'))], [['a'], []])
})

test('a link that is carried over to another storage leads around no rule of that one', async () => {
  await using world = await CoreWorld.open()
  const shared = await world.addFolder('shared')
  const folders = [{ folderName: 'shared', virtualPath: at('/shared'), quotaSize: 0, quotaFiles: 0 }]
  const hiding = (path: string, ...deniedPatterns: string[]) => {
    const freed = deniedPatterns.includes('*') ? ['shared', 'd'] : []
    return [{ path: at(path), allowedPatterns: freed, deniedPatterns, denyPolicy: 'hidden' as const }]
  }
  const users: Record<string, Partial<UserSettings>> = {
    'rights inside the other': { permissions: { '/': ['*'], '/shared': ['*'], '/shared/secret': [] } },
    'rights inside home': { permissions: { '/': ['*'], '/shared': ['*'], '/secret': [] } },
    'patterns at the root of the other': { filePatterns: hiding('/shared', 'secret') },
    'freed names at the root of the other': { filePatterns: hiding('/shared', '*') },
    'patterns inside the other': { filePatterns: hiding('/shared/x', 'secret') },
    'patterns inside home': { filePatterns: hiding('/x', 'secret') },
    'freed names at the root of home': { filePatterns: hiding('/', '*') },
  }
  for (const [index, [what, settings]] of Object.entries(users).entries()) {
    const name = `user${index}`
    const files = await world.filesOf(name, { ...settings, folders })
    for (const root of [world.homeOf(name), shared])
      for (const directory of ['secret', 'd']) await mkdir(join(root, directory), { recursive: true })
    for (const mount of ['', '/shared']) {
      const link = files.symlink(`${mount}/d`, at(`${mount}/d/l`))
      await assert.rejects(link, { code: 'permission-denied' }, `${what}, in ${mount || 'home'}`)
    }
    assert.deepEqual(await readdir(join(world.homeOf(name), 'd')), [], what)
  }
  assert.deepEqual(await readdir(join(shared, 'd')), [])
})

test('a pattern that judges every name alike permits links, to names that it permits', async () => {
  await using world = await CoreWorld.open()
  await world.addFolder('shared')
  const files = await world.filesOf('bob', {
    filePatterns: [{ path: at('/'), allowedPatterns: [], deniedPatterns: ['*.key'], denyPolicy: 'hidden' }],
    folders: [{ folderName: 'shared', virtualPath: at('/shared'), quotaSize: 0, quotaFiles: 0 }],
  })
  await rejects('not-found', files.symlink('/a.key', at('/l')))
  for (const mount of ['', '/shared']) await files.symlink(`${mount}/f`, at(`${mount}/l`))
  await rename(files, '/l', '/shared/home')
  assert.equal(await files.readlink(at('/shared/home')), 'f')
})

test('rights go by the path that is asked for, also through a link that somebody else made', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { permissions: { '/': ['list', 'download'], '/none': [] } })
  const home = world.homeOf('bob')
  await mkdir(join(home, 'none'))
  await writeFile(join(home, 'none/f'), 'content')
  await symlink('none', join(home, 'way'))
  assert.equal(await get(files, '/way/f'), 'content')
  await rejects('permission-denied', get(files, '/none/f'))
  await rejects('permission-denied', put(files, '/way/f', 'x'))
})

test('hidden names are not there for anybody who asks, denied ones are seen and not touched', async () => {
  await using world = await CoreWorld.open()
  const rule = (path: string, denyPolicy: 'hidden' | 'visible') => ({
    path: at(path),
    allowedPatterns: [],
    deniedPatterns: ['*.key', 'vault'],
    denyPolicy,
  })
  await world.addFolder('vault')
  const files = await world.filesOf('bob', {
    filePatterns: [rule('/h', 'hidden'), rule('/v', 'visible')],
    folders: [{ folderName: 'vault', virtualPath: at('/h/vault'), quotaSize: 0, quotaFiles: 0 }],
  })
  const home = world.homeOf('bob')
  for (const directory of ['h', 'v', 'free']) {
    await mkdir(join(home, directory))
    await writeFile(join(home, directory, 'a.KEY'), 'secret')
    await writeFile(join(home, directory, 'a.txt'), 'open')
    await symlink('a.KEY', join(home, directory, 'link'))
  }
  assert.deepEqual(await namesIn(files, '/h'), ['a.txt', 'link'])
  assert.deepEqual(await namesIn(files, '/v'), ['a.KEY', 'a.txt', 'link'])
  const touching = (path: string) => [
    files.openDownload(at(path)),
    files.openUpload(at(path), overwriting),
    files.removeFile(at(path)),
    files.setAttributes(at(path), { mode: 0o777 }),
    rename(files, path, '/free/mine'),
    rename(files, '/free/a.txt', path, true),
    files.makeDirectory(at(path)),
    files.removeDirectory(at(path)),
  ]
  for (const attempt of touching('/h/a.KEY')) await rejects('not-found', attempt)
  for (const attempt of touching('/v/a.KEY')) await rejects('permission-denied', attempt)
  for (const path of ['/h/a.KEY', '/h/vault', '/h/vault/any']) {
    await rejects('not-found', files.stat(at(path)))
    await rejects('not-found', files.lstat(at(path)))
  }
  await rejects('not-found', namesIn(files, '/h/vault'))
  await rejects('not-found', files.readlink(at('/h/link')))
  assert.equal((await files.stat(at('/v/a.KEY'))).size, 6)
  assert.equal(await files.readlink(at('/v/link')), 'a.KEY')
})

test('a directory does not move to where other names are permitted', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', {
    filePatterns: [
      { path: at('/strict'), allowedPatterns: [], deniedPatterns: ['*.key'], denyPolicy: 'hidden' },
      { path: at('/free/deep'), allowedPatterns: ['*.txt'], deniedPatterns: [], denyPolicy: 'visible' },
    ],
  })
  for (const path of ['/strict', '/strict/d', '/free', '/free/deep', '/free/d', '/other'])
    await files.makeDirectory(at(path))
  await rejects('permission-denied', rename(files, '/strict/d', '/free/e'))
  await rejects('permission-denied', rename(files, '/free/d', '/strict/e'))
  await rejects('permission-denied', rename(files, '/strict', '/open'))
  await rejects('permission-denied', rename(files, '/free', '/open'))
  await rename(files, '/strict/d', '/strict/e')
  await rename(files, '/free/d', '/other/d')
})

test('a directory moves only where every rule for something in it permits the move', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', {
    permissions: { '/': ['*'], '/a/secret': [], '/b/mine': ['rename_dirs'], '/target/x/in': ['list'] },
  })
  for (const path of ['/a', '/b', '/b/mine', '/target', '/plain']) await files.makeDirectory(at(path))
  await rejects('permission-denied', rename(files, '/a', '/c'))
  await rejects('permission-denied', rename(files, '/plain', '/target/x'))
  await rename(files, '/b', '/c')
  await rename(files, '/plain', '/target/y')
  await rejects('unsupported', rename(files, '/c', '/c/d'))
  await rejects('already-exists', files.rename(at('/c'), at('/c'), { replace: false }))
})

test('a listing that is left in the middle, or by the end of the session, holds nothing open', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  for (let i = 0; i < 600; i++) await writeFile(join(world.homeOf('bob'), `f${i}`), '')
  const session = await world.openSession('bob')
  for await (const batch of session.files.list(at('/'))) {
    assert.ok(batch.length > 0)
    break
  }
  assert.deepEqual(await world.openDescriptors(), [])
  const listing = session.files.list(at('/'))
  await listing.next()
  assert.notDeepEqual(await world.openDescriptors(), [])
  await session.close('gone')
  assert.deepEqual(await world.openDescriptors(), [])
  await rejects(
    'aborted',
    (async () => {
      while (!(await listing.next()).done);
    })(),
  )
  await rejects('aborted', session.files.list(at('/')).next())
})

test('each thing that is done is told once, by whom and where', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  world.events.length = 0
  await put(files, '/f', 'abc')
  await get(files, '/f')
  await files.makeDirectory(at('/d'))
  await rename(files, '/f', '/d/f')
  await files.setAttributes(at('/d/f'), { size: 1, mode: 0o600, modifiedAt: 5000 })
  await files.symlink('d/f', at('/l'))
  await files.removeFile(at('/l'))
  await files.removeFile(at('/d/f'))
  await files.removeDirectory(at('/d'))
  await rejects('not-found', files.removeFile(at('/missing')))
  await rejects('is-a-directory', files.removeFile(at('/')))
  const [connection] = world.connections.list()
  const told = world.events.map((event) => {
    assert.ok('actor' in event)
    assert.equal(event.actor.connectionId, connection?.connectionId)
    assert.deepEqual(Object.keys(event.actor).sort(), [
      'connectionId',
      'protocol',
      'remoteAddress',
      'username',
    ])
    const { actor: _actor, ...rest } = event
    return 'durationMs' in rest ? { ...rest, durationMs: 0 } : rest
  })
  assert.deepEqual(told, [
    { type: 'file-uploaded', path: '/f', bytes: 3, durationMs: 0, fileSize: 3 },
    { type: 'file-downloaded', path: '/f', bytes: 3, durationMs: 0, fileSize: 3 },
    { type: 'directory-made', path: '/d' },
    { type: 'entry-renamed', path: '/f', target: '/d/f' },
    { type: 'attributes-set', path: '/d/f', what: ['size', 'mode', 'times'] },
    { type: 'symlink-made', path: '/l', target: '/d/f' },
    { type: 'file-removed', path: '/l', bytes: 0 },
    { type: 'file-removed', path: '/d/f', bytes: 1 },
    { type: 'directory-removed', path: '/d' },
    { type: 'operation-refused', operation: 'remove', path: '/', code: 'is-a-directory' },
  ])
})

test('a removal that the database or the disk refuses changes neither files nor counts', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { usedQuotaSize: 0 } as object)
  await writeFile(join(world.homeOf('bob'), 'f'), 'abc')
  const { files } = await world.openSession('bob')
  world.faults.fail('quota.usage', new FileServerError('unavailable', 'away'))
  await rejects('unavailable', files.removeFile(at('/f')))
  await rejects('unavailable', files.setAttributes(at('/f'), { size: 0 }))
  assert.deepEqual(await readdir(world.homeOf('bob')), ['f'])
  world.faults.clear()
  await world.ledger.set({ kind: 'user', name: 'bob' }, { size: 3, files: 1 })
  world.faults.fail('storage.removeFile', new FileServerError('storage-failure', 'broken'))
  await rejects('storage-failure', files.removeFile(at('/f')))
  world.faults.clear()
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
  await files.removeFile(at('/f'))
  await world.assertHomeQuota('bob', { size: 0, files: 0 })
})

test('a size that is set is counted even when the rest of the attributes fails', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100 })
  await put(files, '/f', Buffer.alloc(50))
  let calls = 0
  world.faults.before('storage.setAttributes', () => {
    if (++calls === 2) throw new FileServerError('storage-failure', 'broken')
  })
  await rejects('storage-failure', files.setAttributes(at('/f'), { size: 10, mode: 0o600 }))
  world.faults.clear()
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
  await rejects('quota-exceeded', files.setAttributes(at('/f'), { size: 101 }))
  await Promise.all([30, 80, 20, 90].map((size) => files.setAttributes(at('/f'), { size })))
  const { size } = await stat(join(world.homeOf('bob'), 'f'))
  await world.assertHomeQuota('bob', { size, files: 1 })
})

test('room is the quota where that is less than the disk', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100_000, quotaFiles: 5 })
  await put(files, '/f', Buffer.alloc(40_000))
  const space = await files.space(at('/'))
  assert.deepEqual(
    [space.totalBytes, space.freeBytes, space.availableBytes, space.totalFiles, space.freeFiles],
    [100_000, 60_000, 60_000, 5, 4],
  )
  const unlimited = await (await world.filesOf('ann')).space(at('/'))
  assert.ok(unlimited.totalBytes > 100_000)
})

test('a download that could not be read is not reported as done', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'abc')
  const download = await files.openDownload(at('/f'))
  for (const call of ['file.read', 'file.readInto'])
    world.faults.fail(call, new FileServerError('storage-failure', 'broken'))
  await rejects('storage-failure', download.read(0, Buffer.alloc(3)))
  await download.close()
  await download.fail(new Error('late'))
  assert.deepEqual(
    world.eventsOf('download-failed').map(({ code }) => code),
    ['storage-failure'],
  )
  assert.equal(world.eventsOf('file-downloaded').length, 0)
  world.faults.clear()
  const hashed = await files.openDownload(at('/f'), { isReported: false })
  await hashed.close()
  assert.equal(world.eventsOf('file-downloaded').length, 0)
})

test('chmod sets permission bits alone: no file runs as its owner', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const home = world.homeOf('bob')
  await writeFile(join(home, 'f'), 'x')
  await files.setAttributes(at('/f'), { mode: 0o6755 })
  assert.equal((await stat(join(home, 'f'))).mode & 0o7777, 0o755)
  const upload = await files.openUpload(at('/g'), overwriting)
  await files.setUploadAttributes(upload, { mode: 0o4711 })
  await upload.finish()
  assert.equal((await stat(join(home, 'g'))).mode & 0o7777, 0o711)
})
