import assert from 'node:assert/strict'
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { hasCode, type ErrorCode } from '../../src/core/errors.ts'
import { BackupFiles } from '../../src/storage/local/backup-files.ts'
import { runProgram } from '../support/run-program.ts'

async function openWorld() {
  const root = await mkdtemp(join(tmpdir(), 'backups-'))
  const directory = join(root, 'sftpgo_data', 'backups')
  await mkdir(directory, { recursive: true })
  return {
    ...{ root, directory, store: new BackupFiles({ directory, root }) },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  return assert.rejects(promise, (error) => hasCode(error, code))
}

test('a backup is written for this process alone, listed, read, opened and removed', async () => {
  await using world = await openWorld()
  const { store, directory } = world
  await store.write('a.json', Buffer.from('content'))
  assert.equal((await stat(join(directory, 'a.json'))).mode & 0o777, 0o600)
  const [entry, ...others] = await store.list()
  assert.deepEqual([entry?.name, entry?.size, others], ['a.json', 7, []])
  assert.ok(Math.abs((entry?.modifiedAt ?? 0) - Date.now()) < 60_000)
  assert.equal(String(await store.read('a.json', 7)), 'content')
  const { size, stream } = await store.open('a.json')
  assert.deepEqual([size, String(await buffer(stream))], [7, 'content'])
  await store.remove('a.json')
  assert.deepEqual(await readdir(directory), [])
})

test('a name that is taken is not written over, and leaves nothing behind', async () => {
  await using world = await openWorld()
  const { store, directory } = world
  await store.write('a.json', Buffer.from('first'))
  await rejectsWith('already-exists', store.write('a.json', Buffer.from('second')))
  assert.deepEqual(await readdir(directory), ['a.json'])
  assert.equal(await readFile(join(directory, 'a.json'), 'utf8'), 'first')
})

test('a backup that is too large, or not there, is refused', async () => {
  await using world = await openWorld()
  const { store } = world
  await store.write('a.json', Buffer.alloc(100))
  await rejectsWith('invalid-argument', store.read('a.json', 99))
  await rejectsWith('not-found', store.read('b.json', 99))
  await rejectsWith('not-found', store.open('b.json'))
  await rejectsWith('not-found', store.remove('b.json'))
})

test('links, pipes and directories are no backups', async () => {
  await using world = await openWorld()
  const { store, root, directory } = world
  const secret = join(root, 'secret')
  await writeFile(secret, 'not yours')
  await symlink(secret, join(directory, 'link.json'))
  await symlink('nowhere', join(directory, 'dangling.json'))
  await mkdir(join(directory, 'directory.json'))
  assert.ok((await runProgram('mkfifo', [join(directory, 'pipe.json')])).isOk)
  await writeFile(join(directory, 'notes.txt'), '')
  await writeFile(join(directory, '.hidden.json'), '')
  assert.deepEqual(await store.list(), [])
  for (const name of ['link.json', 'dangling.json', 'pipe.json', 'directory.json']) {
    await rejectsWith('not-found', store.read(name, 1000))
    await rejectsWith('not-found', store.open(name))
    await rejectsWith('not-found', store.remove(name))
    await rejectsWith('already-exists', store.write(name, Buffer.from('x')))
  }
  assert.equal(await readFile(secret, 'utf8'), 'not yours')
})

test('a directory that a user turned into a link is neither read nor written', async () => {
  await using world = await openWorld()
  const { store, root, directory } = world
  const elsewhere = join(root, 'home-of-a-user')
  await mkdir(join(elsewhere, 'backups'), { recursive: true })
  await writeFile(join(elsewhere, 'backups', 'planted.json'), '{}')
  for (const [place, target] of [
    [directory, join(elsewhere, 'backups')],
    [join(root, 'sftpgo_data'), elsewhere],
  ] as const) {
    await rename(place, `${place}-before`)
    await symlink(target, place)
    await rejectsWith('storage-failure', store.list())
    await rejectsWith('storage-failure', store.read('planted.json', 100))
    await rejectsWith('storage-failure', store.write('new.json', Buffer.from('x')))
    await rm(place)
    await rename(`${place}-before`, place)
  }
  assert.deepEqual(await readdir(join(elsewhere, 'backups')), ['planted.json'])
  assert.deepEqual(await store.list(), [])
})

test('a directory outside the storages is trusted as it is', async () => {
  await using world = await openWorld()
  const { root } = world
  const outside = await mkdtemp(join(tmpdir(), 'outside-'))
  try {
    await symlink(outside, join(root, 'linked'))
    const store = new BackupFiles({ directory: outside, root })
    await store.write('a.json', Buffer.from('x'))
    assert.deepEqual(await readdir(outside), ['a.json'])
    await link(join(outside, 'a.json'), join(outside, 'b.json'))
    assert.equal((await store.list()).length, 2)
  } finally {
    await rm(outside, { recursive: true })
  }
})

test('a directory that is gone is told', async () => {
  await using world = await openWorld()
  await rm(world.directory, { recursive: true })
  await rejectsWith('not-found', world.store.list())
  await rejectsWith('not-found', world.store.write('a.json', Buffer.from('x')))
})
