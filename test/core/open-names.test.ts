import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import { at, CoreWorld, exclusive, get, overwriting, put, rejects } from './core-fixture.ts'

const following = { ...overwriting, followsName: true }
const bytes = (text: string) => [Buffer.from(text)]

async function begin(files: UserFilesystem, path: string, text: string, how = following) {
  const upload = await files.openUpload(at(path), how)
  await upload.write(0, bytes(text))
  return upload
}

function rename(files: UserFilesystem, from: string, to: string, replace = true): Promise<void> {
  return files.rename(at(from), at(to), { replace })
}

/** What is in a directory and what a name holds; staged files are told, too. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const names = await readdir(directory)
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']))
}

test('an upload whose name is changed takes the new one, whatever the old and the new one held', async () => {
  await using world = await CoreWorld.open()
  for (const [index, [old, other]] of [
    [undefined, undefined],
    ['left over', undefined],
    [undefined, 'a good file'],
    ['left over', 'a good file'],
  ].entries()) {
    const name = `user${index}`
    // One file more than there were would be too many.
    const files = await world.filesOf(name, { quotaFiles: other ? 2 : 1, quotaSize: 30 })
    if (old) await put(files, '/tmp', old)
    if (other) await put(files, '/f', other)
    const others = (await world.openSession(name)).files
    const upload = await begin(files, '/tmp', 'new ')
    await rename(files, '/tmp', '/f')
    await rejects('not-found', files.stat(at('/tmp')))
    assert.equal((await files.stat(at('/f'))).size, 4, 'its own client sees what it wrote')
    assert.equal(await get(files, '/f', { seesOwn: true }), 'new ', 'and reads it')
    if (other)
      assert.equal(await get(others, '/f'), other, 'others see the earlier file until it is complete')
    else await rejects('not-found', get(others, '/f'))
    await upload.write(4, bytes('bytes'))
    await upload.finish()
    assert.deepEqual(await contentOf(world.homeOf(name)), { f: 'new bytes' })
    await world.assertHomeQuota(name, { size: 9, files: 1 })
  }
  assert.deepEqual(new Set(world.eventsOf('entry-renamed').map(({ target }) => target)), new Set(['/f']))
  assert.equal(world.eventsOf('file-uploaded').at(-1)?.path, '/f')
})

test('a new name that cannot be taken leaves the upload and the earlier file as they are', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'a good file')
  const upload = await begin(files, '/f', 'new')
  await rejects('not-found', rename(files, '/f', '/none/f'))
  assert.equal(await get((await world.openSession('bob')).files, '/f'), 'a good file')
  await world.assertHomeQuota('bob', { size: 11, files: 1 })
  await upload.finish()
  assert.deepEqual(await contentOf(world.homeOf('bob')), { f: 'new' })
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
})

test('an upload whose name is changed goes to another directory, and further', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  for (const directory of ['/d', '/e']) await files.makeDirectory(at(directory))
  const upload = await begin(files, '/d/a', 'x', { ...exclusive, followsName: true })
  await put(files, '/e/c', 'earlier')
  await rejects('not-found', rename(files, '/d/a', '/none/a'))
  await rename(files, '/d/a', '/e/b')
  await files.removeDirectory(at('/d'))
  await rejects('already-exists', rename(files, '/e/b', '/e/c', false))
  await rename(files, '/e/b', '/e/c')
  await rename(files, '/e/c', '/e/c')
  await upload.finish()
  assert.deepEqual(await contentOf(join(world.homeOf('bob'), 'e')), { c: 'x' })
  await world.assertHomeQuota('bob', { size: 1, files: 1 })
})

test('an upload that is broken off after its name was changed leaves what the new one held', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob')
  await put(session.files, '/tmp', 'left over')
  await put(session.files, '/f', 'a good file')
  await begin(session.files, '/tmp', 'half')
  await rename(session.files, '/tmp', '/f')
  await session.close('gone')
  assert.deepEqual(await contentOf(world.homeOf('bob')), { f: 'a good file' })
  await world.assertHomeQuota('bob', { size: 11, files: 1 })
})

test('what holds for an upload holds under the name that it is given', async () => {
  await using world = await CoreWorld.open()
  const hidden = { allowedPatterns: [], deniedPatterns: ['*.key'], denyPolicy: 'hidden' as const }
  await world.addFolder('shared')
  const files = await world.filesOf('bob', {
    permissions: {
      '/': ['*'],
      '/rename': ['list', 'rename'],
      '/new': ['list', 'rename', 'upload'],
      '/over': ['list', 'rename', 'overwrite'],
    },
    filePatterns: [{ path: at('/'), ...hidden }],
    folders: [{ folderName: 'shared', virtualPath: at('/shared'), quotaSize: 0, quotaFiles: 0 }],
    quotaSize: 20,
  })
  for (const name of ['rename', 'new', 'over']) {
    await mkdir(join(world.homeOf('bob'), name))
    await writeFile(join(world.homeOf('bob'), name, 'f'), 'x')
  }
  await world.ledger.set({ kind: 'user', name: 'bob' }, { size: 3, files: 3 })
  const upload = await begin(files, '/a', 'abc')
  for (const path of ['/rename/f', '/rename/g', '/new/f', '/over/g'])
    await rejects('permission-denied', rename(files, '/a', path))
  await rejects('not-found', rename(files, '/a', '/a.key'))
  await rejects('busy', rename(files, '/a', '/shared/a'))
  await rejects('unsupported', rename(files, '/a', '/over'))
  await rename(files, '/a', '/over/f')
  await rejects('quota-exceeded', upload.write(3, [Buffer.alloc(16)]))
  await rejects('quota-exceeded', upload.finish())
  const second = await begin(files, '/a', 'abc')
  await rename(files, '/a', '/new/g')
  await put((await world.openSession('bob')).files, '/new/g', 'another')
  await rejects('already-exists', second.finish())
  assert.deepEqual(await contentOf(join(world.homeOf('bob'), 'over')), { f: 'x' })
  assert.deepEqual(await contentOf(join(world.homeOf('bob'), 'new')), { f: 'x', g: 'another' })
  await world.assertQuota({ kind: 'user', name: 'bob' }, { size: 10, files: 4 }, world.homeOf('bob'))
})

test('an upload whose name is removed is written and read to its end, and leaves nothing', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob')
  const { files } = session
  for (const old of [undefined, 'earlier']) {
    await files.makeDirectory(at('/d'))
    if (old) await put(files, '/d/f', old)
    const [closed, lost] = [await begin(files, '/d/f', 'half'), await begin(files, '/d/f', 'ha')]
    await files.removeFile(at('/d/f'))
    await rejects('not-found', files.stat(at('/d/f')))
    await rejects('not-found', files.removeFile(at('/d/f')))
    await files.removeDirectory(at('/d'))
    await closed.write(4, bytes(' more'))
    const target = Buffer.alloc(9)
    assert.equal(await closed.read(0, target), 9)
    assert.equal(target.toString(), 'half more')
    await closed.finish()
    await lost.abort()
    assert.deepEqual(await readdir(world.homeOf('bob')), [])
    await world.assertHomeQuota('bob', { size: 0, files: 0 })
  }
  assert.deepEqual(
    world.eventsOf('file-removed').map((event) => event.bytes),
    [4, 7],
  )
  assert.deepEqual(
    world.eventsOf('upload-failed').map(({ code }) => code),
    ['aborted', 'aborted', 'aborted', 'aborted'],
  )
})

test('an upload comes to nothing when its session renames another file over its name', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/other', 'other')
  const upload = await begin(files, '/f', 'x')
  await rejects('already-exists', rename(files, '/other', '/f', false))
  await rename(files, '/other', '/f')
  await upload.finish()
  assert.deepEqual(await contentOf(world.homeOf('bob')), { f: 'other' })
  await world.assertHomeQuota('bob', { size: 5, files: 1 })
})

test('uploads of other sessions, and those that do not follow their names, take the names that they were opened for', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const other = (await world.openSession('bob')).files
  for (const name of ['/a', '/b', '/c', '/d']) await put(files, name, 'old')
  const uploads = [
    await begin(other, '/a', 'new'),
    await begin(other, '/b', 'new'),
    await begin(files, '/c', 'new', { ...following, followsName: false }),
    await begin(files, '/d', 'new', { ...following, followsName: false }),
  ]
  for (const name of ['/a', '/c']) await rename(files, name, `${name}2`)
  for (const name of ['/b', '/d']) await files.removeFile(at(name))
  for (const upload of uploads) await upload.finish()
  const expected = { a: 'new', a2: 'old', b: 'new', c: 'new', c2: 'old', d: 'new' }
  assert.deepEqual(await contentOf(world.homeOf('bob')), expected)
  await world.assertHomeQuota('bob', { size: 18, files: 6 })
})

test('what is written through a link is not moved or removed with the link', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', 'old')
  for (const name of ['l', 'm']) await symlink('f', join(world.homeOf('bob'), name))
  const [one, two] = [await begin(files, '/l', 'one'), await begin(files, '/m', 'two')]
  await rename(files, '/l', '/l2')
  await one.finish()
  assert.equal(await get(files, '/f'), 'one')
  await files.removeFile(at('/m'))
  await two.finish()
  assert.deepEqual(await contentOf(world.homeOf('bob')), { f: 'two', l2: 'two' })
})

test('what came under the name of a new upload meanwhile is not moved in its place', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await begin(files, '/f', 'mine')
  await put((await world.openSession('bob')).files, '/f', 'theirs')
  await rejects('busy', rename(files, '/f', '/g'))
  await upload.finish()
  assert.deepEqual(await contentOf(world.homeOf('bob')), { f: 'mine' })
})

test('a directory takes the place of an empty one, with the right to remove that', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', {
    permissions: { '/': ['*'], '/kept': ['list', 'rename', 'overwrite', 'create_dirs'] },
  })
  for (const path of ['/d', '/empty', '/full', '/kept', '/kept/empty']) await files.makeDirectory(at(path))
  await put(files, '/d/f', 'x')
  await put(files, '/full/g', 'y')
  await rejects('already-exists', rename(files, '/d', '/empty', false))
  await rejects('directory-not-empty', rename(files, '/d', '/full'))
  await rejects('unsupported', rename(files, '/d', '/kept/empty'))
  await rejects('not-a-directory', rename(files, '/d', '/full/g'))
  await rename(files, '/d', '/empty')
  assert.deepEqual(await contentOf(join(world.homeOf('bob'), 'empty')), { f: 'x' })
  assert.deepEqual((await readdir(world.homeOf('bob'))).sort(), ['empty', 'full', 'kept'])
  await world.assertHomeQuota('bob', { size: 2, files: 2 })
})
