import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { StorageProvider } from '../../src/core/files/storage.ts'
import { AdaptiveDisk } from '../../src/storage/local/adaptive-disk.ts'
import * as pooled from '../../src/storage/local/disk-calls.ts'
import { FileSystems } from '../../src/storage/local/file-systems.ts'
import { LocalStorage, LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { entriesIn, fails, get, namesIn, opened, put, storageContract } from '../contract/storage.contract.ts'

async function openWorld(provider: StorageProvider = new LocalStorageProvider()) {
  const base = await fs.mkdtemp(join(tmpdir(), 'storage-'))
  const root = join(base, 'root')
  const outside = join(base, 'outside')
  const storage = provider.open(root)
  const other = provider.open(join(base, 'other'))
  await storage.ensureRoot()
  await other.ensureRoot()
  await fs.mkdir(outside)
  await fs.writeFile(join(outside, 'secret'), 'secret')
  return {
    base,
    root,
    outside,
    provider,
    storage,
    other,
    [Symbol.asyncDispose]: () => fs.rm(base, { recursive: true, force: true }),
  }
}

const stagedName = () => `.sftpgo-${randomBytes(8).toString('hex')}.part`

/** Makes its calls directly by now, as a storage does that has been used a little. */
async function openWarmWorld(provider?: StorageProvider) {
  const world = await openWorld(provider)
  for (let round = 0; round < 20; round++) {
    await put(world.storage, ['warm'], 'x')
    await get(world.storage, ['warm'])
    await world.storage.removeFile(['warm'])
  }
  return world
}

storageContract('LocalStorage', openWorld)
storageContract('LocalStorage on a warm disk', () => openWarmWorld())
storageContract('LocalStorage on a warm disk with no calls but Node’s', () => {
  const fileSystems = new FileSystems()
  return openWarmWorld({
    open: (root) => new LocalStorage(root, new AdaptiveDisk(fileSystems, root, undefined)),
  })
})
storageContract('LocalStorage in the thread pool', () =>
  openWorld({ open: (root) => new LocalStorage(root, pooled) }),
)

describe('LocalStorage on a real disk', () => {
  it('follows absolute links inside the root and no link out of it', async () => {
    await using world = await openWorld()
    const { storage, root, outside } = world
    await storage.makeDirectory(['d'])
    await put(storage, ['d', 'file'], 'x')
    await fs.symlink(join(root, 'd'), join(root, 'absolute'))
    assert.equal(await get(storage, ['absolute', 'file']), 'x')
    assert.deepEqual(await storage.readlink(['absolute']), { key: ['d'], relative: 'd' })
    await fs.symlink(outside, join(root, 'out'))
    await fs.symlink(join(outside, 'secret'), join(root, 'leak'))
    await fs.symlink(join(outside, 'missing'), join(root, 'probe'))
    await fs.symlink(`${root}/../outside`, join(root, 'up'))
    for (const key of [
      ['leak'],
      ['probe'],
      ['out'],
      ['up'],
      ['out', 'secret'],
      ['out', 'missing'],
      ['up', 'secret'],
    ]) {
      await fails('permission-denied', storage.stat(key))
      await fails('permission-denied', storage.openRead(key))
      await fails('permission-denied', storage.openWrite(key, 'replace'))
      await fails('permission-denied', storage.openWrite(key, 'modify'))
      await fails('permission-denied', storage.setAttributes(key, { mode: 0o777 }))
      await fails('permission-denied', namesIn(storage, key))
      await fails('permission-denied', storage.makeDirectory([...key, 'made']))
      await fails('permission-denied', storage.rename(['d', 'file'], [...key, 'moved'], { replace: true }))
      await fails('permission-denied', storage.removeFile([...key, 'secret']))
    }
    assert.deepEqual(await fs.readdir(outside), ['secret'])
  })

  it('takes a name that begins like the root for what it is: outside', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    await fs.mkdir(`${root}-twin`)
    await fs.symlink(`${root}-twin`, join(root, 'link'))
    await fails('permission-denied', storage.stat(['link']))
  })

  it('works below a root that is reached through a link, also when the link is turned', async () => {
    await using world = await openWorld()
    const { provider, base, root, storage, other } = world
    const path = join(base, 'alias')
    await fs.symlink(root, path)
    await put(storage, ['file'], 'first')
    await put(other, ['file'], 'second')
    const aliased = provider.open(path)
    await storage.makeDirectory(['d'])
    await other.makeDirectory(['d'])
    await put(aliased, ['d', 'file'], 'x')
    assert.equal(await get(aliased, ['file']), 'first')
    await fs.symlink(join(path, 'd', 'file'), join(root, 'through-alias'))
    assert.equal(await get(aliased, ['through-alias']), 'x')
    await fs.rm(path)
    await fs.symlink(join(base, 'other'), path)
    await fails('not-found', aliased.stat(['d', 'file']))
    assert.equal(await get(aliased, ['file']), 'second')
  })

  it('works again, without a new start, when the root was away', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    await put(storage, ['file'], 'x')
    await fs.rename(root, `${root}-away`)
    await fails('not-found', storage.stat(['file']))
    await fails('not-found', storage.stat([]))
    await fails('not-found', storage.space())
    await fs.rename(`${root}-away`, root)
    assert.equal(await get(storage, ['file']), 'x')
    await fs.rm(root, { recursive: true })
    await storage.ensureRoot()
    await put(storage, ['file'], 'y')
  })

  it('tells when the root is no directory', async () => {
    await using world = await openWorld()
    const file = world.provider.open(join(world.outside, 'secret'))
    await fails('not-a-directory', file.ensureRoot())
    await fails('not-a-directory', world.provider.open(join(world.outside, 'secret', 'below')).ensureRoot())
    await fails('not-a-directory', namesIn(file, []))
  })

  it('opens no pipe, socket or device, and never waits for one', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    execFileSync('mkfifo', [join(root, 'pipe')])
    await using socket = createServer()
    await new Promise<void>((resolve) => socket.listen(join(root, 'socket'), resolve))
    for (const name of ['pipe', 'socket']) {
      assert.equal((await storage.stat([name])).type, 'other')
      await fails('unsupported', storage.openRead([name]))
      await fails('unsupported', storage.openWrite([name], 'modify'))
      await fails('unsupported', storage.openWrite([name], 'replace'))
      await fails('already-exists', storage.openWrite([name], 'create'))
      await fails('unsupported', storage.setAttributes([name], { size: 0 }))
    }
    await storage.removeFile(['pipe'])
  })

  it('hides staged uploads from every method', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    const name = stagedName()
    await fs.writeFile(join(root, name), 'left behind')
    await fs.symlink(name, join(root, 'link'))
    await put(storage, ['file'], 'x')
    assert.deepEqual(await namesIn(storage, []), ['file', 'link'])
    for (const key of [[name], [name, 'below'], ['link']]) {
      await fails('not-found', storage.stat(key))
      await fails('not-found', storage.openRead(key))
      await fails('not-found', storage.openWrite(key, 'modify'))
      await fails('not-found', storage.setAttributes(key, { mode: 0o777 }))
      await fails('not-found', namesIn(storage, key))
    }
    await fails('not-found', storage.lstat([name]))
    await fails('not-found', storage.readlink([name]))
    await fails('not-found', storage.removeFile([name]))
    await fails('not-found', storage.removeDirectory([name]))
    await fails('not-found', storage.rename([name], ['shown'], { replace: true }))
    await fails('not-found', storage.symlink([name], ['shown']))
    await fails('invalid-path', storage.openWrite([name], 'create'))
    await fails('invalid-path', storage.openWrite([name], 'replace'))
    await fails('invalid-path', storage.makeDirectory([name]))
    await fails('invalid-path', storage.symlink(['file'], [name]))
    await fails('invalid-path', storage.rename(['file'], [name], { replace: true }))
    await put(storage, ['.sftpgo-like.part'], 'seen')
    assert.deepEqual(await namesIn(storage, []), ['.sftpgo-like.part', 'file', 'link'])
  })

  it('removes what a crash has left, at any depth and never through a link', async () => {
    await using world = await openWorld()
    const { storage, root, outside } = world
    const deep = Array.from({ length: 150 }, (_, index) => `${index}`)
    await fs.mkdir(join(root, ...deep), { recursive: true })
    const abandoned = [[], ['0'], deep.slice(0, 70), deep].map((key) => join(root, ...key, stagedName()))
    for (const path of abandoned) await fs.writeFile(path, 'left')
    const kept = join(outside, stagedName())
    await fs.writeFile(kept, 'not ours')
    await fs.symlink(outside, join(root, 'out'))
    await using upload = await opened(storage, ['0', 'upload'], 'create')
    assert.equal(await storage.removeStagedUploads(), abandoned.length)
    assert.equal(await storage.removeStagedUploads(), 0)
    await upload.commit()
    await fs.access(kept)
    for (const path of abandoned) await assert.rejects(fs.access(path))
  })

  it('removes a directory that holds nothing but what a crash has left', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    await storage.makeDirectory(['d'])
    await fs.writeFile(join(root, 'd', stagedName()), 'left')
    await put(storage, ['d', 'file'], 'x')
    await fails('directory-not-empty', storage.removeDirectory(['d']))
    await storage.removeFile(['d', 'file'])
    await storage.removeDirectory(['d'])
    assert.deepEqual(await fs.readdir(root), [])
  })

  it('gives new entries their modes whatever the umask is', async () => {
    await using world = await openWorld()
    const { provider, base } = world
    const before = process.umask(0o077)
    try {
      const storage = provider.open(join(base, 'made', 'root'))
      await storage.ensureRoot()
      await storage.makeDirectory(['d'])
      await put(storage, ['d', 'file'], 'x')
      assert.equal((await storage.stat([])).mode, 0o755)
      assert.equal((await fs.stat(join(base, 'made'))).mode & 0o777, 0o755)
      assert.equal((await storage.stat(['d'])).mode, 0o755)
      assert.equal((await storage.stat(['d', 'file'])).mode, 0o644)
    } finally {
      process.umask(before)
    }
  })

  it('renames one of two hard links over the other', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    await put(storage, ['a'], 'x')
    await fs.link(join(root, 'a'), join(root, 'b'))
    assert.equal((await storage.stat(['a'])).links, 2)
    await storage.rename(['a'], ['b'], { replace: true })
    assert.deepEqual(await namesIn(storage, []), ['b'])
    assert.equal(await get(storage, ['b']), 'x')
  })

  it('keeps paths that are longer than one system call takes', async () => {
    await using world = await openWorld()
    const { storage } = world
    const key: string[] = []
    for (let depth = 0; depth < 20; depth++) {
      key.push('n'.repeat(250))
      await storage.makeDirectory(key)
    }
    await put(storage, [...key, 'file'], 'far down')
    assert.equal(await get(storage, [...key, 'file']), 'far down')
    assert.deepEqual(await namesIn(storage, key), ['file'])
    await storage.rename([...key, 'file'], ['file'], { replace: false })
    while (key.length > 0) {
      await storage.removeDirectory(key)
      key.pop()
    }
    assert.deepEqual(await namesIn(storage, []), ['file'])
  })

  it('finishes an upload into a directory that is renamed meanwhile', async () => {
    await using world = await openWorld()
    const { storage } = world
    await storage.makeDirectory(['d'])
    await using file = await opened(storage, ['d', 'file'], 'create')
    await storage.rename(['d'], ['e'], { replace: false })
    await file.commit()
    assert.deepEqual(await namesIn(storage, ['e']), ['file'])
  })

  it('leaves out of a listing what vanishes while it is read', async () => {
    await using world = await openWorld()
    const { storage, root } = world
    for (let index = 0; index < 300; index++) await fs.writeFile(join(root, `${index}`), '')
    let removed = false
    let seen = 0
    for await (const batch of storage.list([])) {
      seen += batch.length
      if (!removed) await Promise.all((await fs.readdir(root)).map((name) => fs.rm(join(root, name))))
      removed = true
    }
    assert.equal(seen, 256)
  })

  it('gives every descriptor back, also after failures', async () => {
    await using world = await openWorld()
    const { storage, root, outside } = world
    await fs.symlink(outside, join(root, 'out'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const before = await descriptors()
    for (let round = 0; round < 5; round++) {
      await storage.makeDirectory(['d'])
      await put(storage, ['d', 'file'], 'x')
      await storage.symlink(['d'], ['link'])
      await Promise.allSettled([
        get(storage, ['link', 'file']),
        get(storage, ['out', 'secret']),
        storage.openRead(['pipe']),
        storage.openRead(['d']),
        storage.openWrite(['d'], 'replace'),
        storage.openWrite(['d', 'file'], 'create'),
        storage.openWrite(['d', 'file'], 'replace').then((file) => file.discard()),
        storage.openWrite(['d', 'late'], 'create').then((file) => file.commit()),
        storage.openWrite(['out', 'x'], 'create'),
        storage.setAttributes(['link'], { mode: 0o700 }),
        storage.rename(['d'], ['d', 'below'], { replace: false }),
        storage.removeDirectory(['d']),
        entriesIn(storage, ['link']),
        entriesIn(storage, ['out']),
        storage.stat(['a', 'b', 'c']),
        storage.removeStagedUploads(),
      ])
      for await (const batch of storage.list([])) if (batch.length > 0) break
      await storage.removeFile(['d', 'file'])
      await storage.removeFile(['d', 'late'])
      await storage.removeFile(['link'])
      await storage.removeDirectory(['d'])
    }
    while ((await descriptors()) > before) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual((await fs.readdir(root)).sort(), ['out', 'pipe'])
  })
})

async function descriptors(): Promise<number> {
  return (await fs.readdir('/proc/self/fd')).length
}
