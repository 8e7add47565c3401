import assert from 'node:assert/strict'
import fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { FileServerError } from '../../src/core/errors.ts'
import type { Storage, StorageKey } from '../../src/core/files/storage.ts'
import { LocalStorageProvider } from '../../src/storage/local/local-storage.ts'
import { entriesIn, get, namesIn } from '../contract/storage.contract.ts'
import { swapLinks } from '../support/link-swapper.ts'

const raceMs = 2500

it('nothing outside the root is read, made, changed or removed while directories and files turn into links', async () => {
  await using world = await openWorld()
  const { storage, root, outside } = world
  const before = await snapshot(outside)
  const race = new AbortController()
  const swapping = swapLinks(root, outside, raceMs).finally(() => race.abort())
  const outcomes = { done: 0, refused: 0 }
  await Promise.all(operations(storage).map((operation) => repeat(operation, race.signal, outcomes)))
  const swaps = await swapping
  assert.ok(swaps > 100, `only ${swaps} swaps`)
  assert.ok(outcomes.done > 100 && outcomes.refused > 100, JSON.stringify(outcomes))
  assert.deepEqual(await snapshot(outside), before)
})

/** Every kind of operation, on every kind of path that is being swapped. */
function operations(storage: Storage): (() => Promise<unknown>)[] {
  const directories: StorageKey[] = [
    ['top'],
    ['a', 'middle'],
    ['a', 'middle', 'inner'],
    ['to-middle'],
    ['turned'],
  ]
  return directories.flatMap((directory) => {
    const file = [...directory, 'file']
    return [
      async () => assert.equal(await get(storage, file), 'inside'),
      async () => assert.ok(!(await namesIn(storage, directory)).includes('outsider')),
      async () => assert.notEqual((await storage.stat(file)).size, secret.length),
      async () => {
        for (const entry of await entriesIn(storage, directory)) assert.notEqual(entry.size, secret.length)
      },
      async () => {
        const writer = await storage.openWrite(file, 'replace')
        await writer.write(0, [Buffer.from('inside')])
        await writer.commit()
      },
      async () => {
        const writer = await storage.openWrite([...directory, `new-${Math.random()}`], 'create')
        await writer.commit()
      },
      async () => {
        const writer = await storage.openWrite(file, 'modify')
        await writer.write(0, [Buffer.from('inside')]).finally(() => writer.discard())
      },
      () => storage.setAttributes(file, { mode: 0o600, size: 6, modifiedAt: 1000 }),
      () => storage.setAttributes(directory, { mode: 0o755, modifiedAt: 1000 }),
      async () => {
        await storage.makeDirectory([...directory, 'made'])
        await storage.removeDirectory([...directory, 'made'])
      },
      () => storage.rename([...directory, 'inner'], ['aside-inner'], { replace: false }),
      () => storage.rename(['aside-inner'], [...directory, 'inner'], { replace: false }),
      () => storage.removeFile([...directory, 'outsider']),
      () => storage.removeDirectory([...directory, 'inner', 'empty']),
      () =>
        storage
          .symlink([], [...directory, 'symlink'])
          .then(() => storage.removeFile([...directory, 'symlink'])),
      () => storage.removeStagedUploads(),
    ]
  })
}

async function repeat(
  operation: () => Promise<unknown>,
  signal: AbortSignal,
  outcomes: { done: number; refused: number },
): Promise<void> {
  while (!signal.aborted)
    try {
      await operation()
      outcomes.done++
    } catch (error) {
      if (!(error instanceof FileServerError)) throw error
      outcomes.refused++
    }
}

const secret = 'the secret outside, longer than anything inside'

async function openWorld() {
  const base = await fs.mkdtemp(join(tmpdir(), 'link-race-'))
  const root = join(base, 'root')
  const outside = join(base, 'outside')
  for (const directory of ['top/inner', 'a/middle/inner', 'turned', 'aside-inner'])
    await fs.mkdir(join(root, directory), { recursive: true })
  await fs.symlink(join('a', 'middle'), join(root, 'to-middle'))
  await fs.mkdir(join(outside, 'inner', 'empty'), { recursive: true })
  for (const name of ['file', 'outsider', 'inner/file', '.sftpgo-0123456789abcdef.part'])
    await fs.writeFile(join(outside, name), secret)
  return {
    root,
    outside,
    storage: new LocalStorageProvider().open(root),
    [Symbol.asyncDispose]: () => fs.rm(base, { recursive: true, force: true }),
  }
}

/** All that an operation could change, as text. */
async function snapshot(directory: string): Promise<string[]> {
  const names = ['.', ...(await fs.readdir(directory, { recursive: true })).sort()]
  return Promise.all(
    names.map(async (name) => {
      const { mode, size, mtimeNs, ctimeNs, nlink } = await fs.lstat(join(directory, name), { bigint: true })
      return [name, mode, size, mtimeNs, ctimeNs, nlink].join(' ')
    }),
  )
}
