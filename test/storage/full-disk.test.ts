import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { fails, get, namesIn, opened, put } from '../contract/storage.contract.ts'

const mebibyte = 2 ** 20

it('a full disk refuses the upload, keeps the original and holds no leftovers', needsMount(), async () => {
  await using world = await openWorld()
  const { storage } = world
  await put(storage, ['file'], 'the original')
  const free = (await storage.space()).availableBytes
  await using file = await opened(storage, ['file'], 'replace')
  await file.write(0, [new Uint8Array(mebibyte)])
  await fails('no-space', file.write(mebibyte, [new Uint8Array(mebibyte), new Uint8Array(mebibyte)]))
  await file.discard()
  assert.equal(await get(storage, ['file']), 'the original')
  assert.deepEqual(await namesIn(storage, []), ['file'])
  assert.deepEqual(await fs.readdir(world.root), ['file'])
  assert.equal((await storage.space()).availableBytes, free)
  await put(storage, ['next'], 'there is room again')
})

it('nothing is renamed from one file system to another', needsMount(), async () => {
  await using world = await openWorld()
  const elsewhere = new LocalStorageProvider().open(world.base)
  await put(world.storage, ['file'], 'x')
  await world.storage.makeDirectory(['d'])
  for (const replace of [true, false])
    for (const name of ['file', 'd'])
      await fails('unsupported', world.storage.rename([name], [name], { replace, into: elsewhere }))
  assert.deepEqual(await namesIn(world.storage, []), ['d', 'file'])
  assert.deepEqual(await namesIn(elsewhere, []), ['mounted'])
})

it('a mount that goes and comes back is used without a new start', needsMount(), async () => {
  await using world = await openWorld()
  await put(world.storage, ['file'], 'x')
  execFileSync('umount', [world.root])
  await fails('not-found', world.storage.stat(['file']))
  mount(world.root)
  await put(world.storage, ['file'], 'y')
  assert.equal(await get(world.storage, ['file']), 'y')
})

/** Only the superuser can mount the small disk that these facts need. */
function needsMount() {
  return process.getuid?.() === 0 ? {} : { skip: 'needs the right to mount' }
}

async function openWorld() {
  const base = await fs.mkdtemp(join(tmpdir(), 'full-disk-'))
  const root = join(base, 'mounted')
  await fs.mkdir(root)
  mount(root)
  return {
    base,
    root,
    storage: new LocalStorageProvider().open(root),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['--lazy', root])
      await fs.rm(base, { recursive: true })
    },
  }
}

function mount(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
}
