import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { fails } from '../contract/storage.contract.ts'

async function openWorld() {
  const base = await mkdtemp(join(tmpdir(), 'missing-'))
  const storages = join(base, 'storages')
  await mkdir(join(storages, 'there'), { recursive: true })
  const provider = new LocalStorageProvider(storages)
  return {
    storages,
    /** Of a user whose home is at `path` below the storages. */
    ensure: (path: string) => provider.open(join(storages, path)).ensureRoot(),
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  }
}

test('directories are made below a storage, with the mode of others, and never a storage', async () => {
  await using it = await openWorld()
  const umask = process.umask(0o077)
  try {
    await it.ensure('there/data/ann')
  } finally {
    process.umask(umask)
  }
  for (const path of ['there/data', 'there/data/ann'])
    assert.equal((await stat(join(it.storages, path))).mode & 0o7777, 0o755, path)
  await it.ensure('there/data/ann')
  await it.ensure('there')
  for (const path of ['gone', 'gone/data', 'gone/data/ann', '..gone'])
    await fails('not-found', it.ensure(path))
  assert.deepEqual(await readdir(it.storages), ['there'])
})

test('a storage may be a link; a file is none, and nothing is made in its place', async () => {
  await using it = await openWorld()
  await symlink('there', join(it.storages, 'link'))
  await it.ensure('link')
  await it.ensure('link/ann')
  assert.deepEqual(await readdir(join(it.storages, 'there')), ['ann'])
  await writeFile(join(it.storages, 'file'), '')
  await writeFile(join(it.storages, 'there/file'), '')
  for (const path of ['file', 'file/ann', 'there/file', 'there/file/ann'])
    await fails('not-a-directory', it.ensure(path))
})

test('what lies beside the storages, and their directory itself, is made with all its parents', async () => {
  await using it = await openWorld()
  await it.ensure('../beside/data/ann')
  await rm(it.storages, { recursive: true })
  await it.ensure('.')
  assert.deepEqual(await readdir(it.storages), [])
})
