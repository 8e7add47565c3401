import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { listStorageDirectories, prepareDirectory } from './directories.ts'

const ordinaryUser = 65_534

/** Runs as an ordinary user: root may write anywhere. */
async function asOrdinaryUser<T>(action: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(ordinaryUser)
  try {
    return await action()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('directories', () => {
  let root = ''
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'directories-'))
    await chmod(root, 0o755)
  })
  after(() => rm(root, { recursive: true, force: true }))

  it('makes a missing directory with its parents and the wanted mode', async () => {
    const path = join(root, 'made', 'deep')
    const report = await prepareDirectory({ purpose: 'state', path, mode: 0o700 })
    assert.deepEqual(report, { purpose: 'state', path, isUsable: true, problem: '', advice: '' })
    assert.equal((await stat(path)).mode & 0o777, 0o700)
  })

  it('leaves mode and contents of an existing directory alone', async () => {
    const path = join(root, 'existing')
    await mkdir(path)
    await chmod(path, 0o750)
    assert.equal((await prepareDirectory({ purpose: 'storages', path, mode: 0o755 })).isUsable, true)
    assert.equal((await stat(path)).mode & 0o777, 0o750)
    assert.deepEqual(await readdir(path), [])
  })

  it('names the directory that is not writable and the command for the host', async () => {
    const inside = join(root, 'closed')
    await mkdir(inside)
    await chmod(inside, 0o555)
    const need = { purpose: 'backups', path: join(inside, 'sub', 'backups'), mode: 0o755 }
    const mounts = [{ inside, outside: '/data/thinger/users/alice/storages' }]
    const report = await asOrdinaryUser(() => prepareDirectory(need, mounts))
    const owner = `${process.geteuid?.() === 0 ? ordinaryUser : process.geteuid?.()}:${process.getegid?.()}`
    assert.equal(report.isUsable, false)
    assert.equal(report.problem, `${inside} is not writable for user ${owner}`)
    assert.equal(report.advice, `chown ${owner} /data/thinger/users/alice/storages`)
  })

  it('says when a file stands in the way', async () => {
    const path = join(root, 'file')
    await writeFile(path, '')
    for (const wanted of [path, join(path, 'below')]) {
      const report = await prepareDirectory({ purpose: 'state', path: wanted, mode: 0o700 })
      assert.equal(report.problem, `${path} is not a directory`)
    }
  })

  it('lists what can be a storage and whether it is writable', async () => {
    const storages = join(root, 'storages')
    for (const name of ['open', 'closed', 'with space', '.hidden', 'x'.repeat(33)]) {
      await mkdir(join(storages, name), { recursive: true })
    }
    await chmod(join(storages, 'open'), 0o777)
    await chmod(join(storages, 'closed'), 0o555)
    await writeFile(join(storages, 'file'), '')
    await symlink('open', join(storages, 'link'))
    const found = await asOrdinaryUser(() => listStorageDirectories(storages))
    assert.deepEqual(
      found.toSorted((a, b) => a.id.localeCompare(b.id)),
      [
        { id: 'closed', isWritable: false },
        { id: 'open', isWritable: true },
      ],
    )
    assert.deepEqual(await readdir(join(storages, 'open')), [])
  })
})
