import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { type ErrorCode, FileServerError } from '../../src/core/errors.ts'
import type {
  Entry,
  ReadableFile,
  Storage,
  StorageKey,
  WritableFile,
  WriteMode,
} from '../../src/core/files/storage.ts'
import { descriptorOf, openSocketPair } from '../support/socket-pair.ts'

/** Two empty storages of one kind that can rename into each other. */
export interface StorageWorld extends AsyncDisposable {
  readonly storage: Storage
  readonly other: Storage
}

type Fact = (world: StorageWorld) => Promise<void>

/** What every storage promises, whatever keeps the bytes. */
export function storageContract(name: string, openWorld: () => Promise<StorageWorld>): void {
  describe(`${name} keeps the storage contract`, () => {
    const groups = [
      lookUpFacts,
      uploadFacts,
      writeFacts,
      modifyFacts,
      readFacts,
      directoryFacts,
      renameFacts,
      linkFacts,
    ]
    for (const [title, fact] of groups.flatMap((group) => Object.entries(group)))
      it(title, async () => {
        await using world = await openWorld()
        await fact(world)
      })
  })
}

const lookUpFacts: Record<string, Fact> = {
  'the root can be looked up and listed and is never removed or renamed': async ({ storage }) => {
    assert.equal((await storage.stat([])).type, 'directory')
    assert.equal((await storage.lstat([])).type, 'directory')
    assert.deepEqual(await namesIn(storage, []), [])
    await fails('permission-denied', storage.removeDirectory([]))
    await fails('is-a-directory', storage.removeFile([]))
    await fails('permission-denied', storage.rename([], ['a'], { replace: true }))
    await storage.makeDirectory(['a'])
    await fails('permission-denied', storage.rename(['a'], [], { replace: true }))
    await fails('already-exists', storage.makeDirectory([]))
    await fails('already-exists', storage.openWrite([], 'create'))
    await fails('is-a-directory', storage.openWrite([], 'replace'))
    await fails('is-a-directory', storage.openWrite([], 'modify'))
    await fails('is-a-directory', storage.openRead([]))
  },
  'what does not exist is not found': async ({ storage }) => {
    const missing = ['missing', 'deep']
    for (const key of [['missing'], missing]) {
      await fails('not-found', storage.stat(key))
      await fails('not-found', storage.lstat(key))
      await fails('not-found', namesIn(storage, key))
      await fails('not-found', storage.openRead(key))
      await fails('not-found', storage.openWrite(key, 'modify'))
      await fails('not-found', storage.removeFile(key))
      await fails('not-found', storage.removeDirectory(key))
      await fails('not-found', storage.rename(key, ['new'], { replace: false }))
      await fails('not-found', storage.rename(key, ['new'], { replace: true }))
      await fails('not-found', storage.setAttributes(key, { mode: 0o600 }))
      await fails('not-found', storage.readlink(key))
    }
    await fails('not-found', storage.openWrite(missing, 'create'))
    await fails('not-found', storage.openWrite(missing, 'replace'))
    await fails('not-found', storage.makeDirectory(missing))
    await fails('not-found', storage.symlink([], missing))
  },
  'a file in the middle of a key is not a directory': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await fails('not-a-directory', storage.stat(['file', 'below']))
    await fails('not-a-directory', storage.makeDirectory(['file', 'below']))
    await fails('not-a-directory', storage.openWrite(['file', 'below'], 'create'))
    await fails('not-a-directory', namesIn(storage, ['file']))
  },
  'names that are no names are refused': async ({ storage }) => {
    for (const name of ['', '.', '..', 'a/b', 'a\0b', 'x'.repeat(256)])
      await fails('invalid-path', storage.openWrite([name], 'create'))
    await fails('invalid-path', storage.stat(['..', 'etc']))
  },
  'names keep every character that UTF-8 can carry': async ({ storage }) => {
    const names = [
      'sp ace',
      'nl\n',
      'ümläut',
      '日本語',
      '🦀',
      '\\',
      'q\'"',
      '*?[',
      '-rf',
      'tab\t',
      'a (deleted)',
      '\x01\x7f',
    ]
    for (const name of names) {
      await storage.makeDirectory([name])
      await put(storage, [name, name], name)
      assert.equal(await get(storage, [name, name]), name)
    }
    assert.deepEqual(await namesIn(storage, []), [...names].sort())
  },
  'a listing tells what a look-up tells': async ({ storage }) => {
    await put(storage, ['file'], 'four')
    await storage.makeDirectory(['directory'])
    await storage.symlink(['file'], ['link'])
    const listed = (await entriesIn(storage, [])).sort((a, b) => (a.name < b.name ? -1 : 1))
    assert.deepEqual(listed, [
      await storage.lstat(['directory']),
      await storage.lstat(['file']),
      await storage.lstat(['link']),
    ])
    assert.deepEqual(
      listed.map((entry) => entry.type),
      ['directory', 'file', 'symlink'],
    )
    assert.equal(listed[1]?.size, 4)
  },
  'a long listing comes in batches and can be left early': async ({ storage }) => {
    const expected = Array.from({ length: 600 }, (_, index) => `d${index}`)
    for (const name of expected) await storage.makeDirectory([name])
    let batches = 0
    const names: string[] = []
    for await (const batch of storage.list([])) {
      batches++
      assert.ok(batch.length <= 256)
      names.push(...batch.map((entry) => entry.name))
    }
    assert.ok(batches >= 3)
    assert.deepEqual(names.sort(), expected.sort())
    for await (const batch of storage.list([])) {
      assert.ok(batch.length > 0)
      break
    }
  },
  'the space is told in bytes': async ({ storage }) => {
    const space = await storage.space()
    assert.ok(space.blockSize > 0)
    assert.ok(space.totalBytes >= space.freeBytes && space.freeBytes >= space.availableBytes)
    assert.ok(space.totalBytes > 0)
  },
}

const uploadFacts: Record<string, Fact> = {
  'an upload is invisible before it is committed': async ({ storage }) => {
    await using file = await opened(storage, ['new'], 'create')
    await file.write(0, [bytes('hidden')])
    await file.sync()
    assert.deepEqual(await namesIn(storage, []), [])
    await fails('not-found', storage.stat(['new']))
    await file.commit()
    assert.deepEqual(await namesIn(storage, []), ['new'])
    assert.equal(await get(storage, ['new']), 'hidden')
  },
  'a discarded upload leaves nothing': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    for (const mode of ['create', 'replace'] as const) {
      const file = await storage.openWrite(['d', 'new'], mode)
      await file.write(0, [bytes('gone')])
      await file.discard()
      await file.discard()
      await fails('aborted', file.write(0, [bytes('late')]))
      await fails('aborted', file.commit())
    }
    assert.equal(await storage.removeStagedUploads(), 0)
    await storage.removeDirectory(['d'])
  },
  'a replaced file stays as it was until the commit': async ({ storage }) => {
    await put(storage, ['file'], 'the original')
    await using file = await opened(storage, ['file'], 'replace')
    assert.equal(file.initialSize, 12)
    await file.write(0, [bytes('new')])
    assert.equal(await get(storage, ['file']), 'the original')
    await file.commit()
    assert.equal(await get(storage, ['file']), 'new')
  },
  'an upload can be moved to another name before its commit, which replaces what is there': async ({
    storage,
  }) => {
    for (const directory of ['d', 'e']) await storage.makeDirectory([directory])
    await put(storage, ['e', 'file'], 'the original')
    await using file = await opened(storage, ['d', 'new'], 'create')
    await file.write(0, [bytes('mo')])
    await fails('not-found', file.moveTo(['none', 'file']))
    await file.moveTo(['e', 'file'])
    assert.equal((await file.replaced())?.size, 12)
    await storage.removeDirectory(['d'])
    await file.write(2, [bytes('ved')])
    assert.equal(await get(storage, ['e', 'file']), 'the original')
    await file.commit()
    assert.equal(await get(storage, ['e', 'file']), 'moved')
    await fails('aborted', file.moveTo(['file']))
  },
  'an upload without a name is written and read, and holds no directory': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await using file = await opened(storage, ['d', 'new'], 'create')
    await file.forsakeName()
    await storage.removeDirectory(['d'])
    await file.write(0, [bytes('mine')])
    const target = new Uint8Array(4)
    assert.equal(await file.read(0, target), 4)
    assert.equal(text(target), 'mine')
    await fails('aborted', file.forsakeName())
  },
  'what was written so far is read beside the upload, and what comes after it': async ({ storage }) => {
    await put(storage, ['file'], 'the original')
    await using file = await opened(storage, ['file'], 'replace')
    await file.write(0, [bytes('one')])
    const reader = await file.openReader()
    assert.deepEqual([reader.entry.name, reader.entry.size], ['file', 3])
    assert.equal(await all(reader), 'one')
    await file.write(3, [bytes('two')])
    assert.equal(await all(reader), 'onetwo')
    assert.equal((await reader.stat()).size, 6)
    await file.commit()
    assert.equal(await all(reader), 'onetwo')
    assert.deepEqual((await reader.stat()).identity, (await storage.stat(['file'])).identity)
    await reader.close()
    await fails('aborted', reader.read(0, new Uint8Array(1)))
    await fails('aborted', file.openReader())
    assert.equal(await get(storage, ['file']), 'onetwo')
  },
  'who reads beside an upload reads on when it is moved, loses its name or is discarded': async ({
    storage,
  }) => {
    await storage.makeDirectory(['d'])
    for (const end of [
      (file: WritableFile) => file.moveTo(['d', 'file']),
      (file: WritableFile) => file.forsakeName(),
      () => undefined,
    ]) {
      await using file = await opened(storage, ['file'], 'create')
      await file.write(0, [bytes('mine')])
      const readers = [await file.openReader()]
      await end(file)
      readers.push(await file.openReader())
      await file.discard()
      for (const reader of readers) {
        assert.equal(await all(reader), 'mine')
        await reader.close()
      }
    }
    assert.deepEqual(await namesIn(storage, []), ['d'])
    await storage.removeDirectory(['d'])
  },
  'a discarded replacement leaves the original': async ({ storage }) => {
    await put(storage, ['file'], 'the original')
    const file = await storage.openWrite(['file'], 'replace')
    await file.write(0, [bytes('new')])
    await file.discard()
    assert.equal(await get(storage, ['file']), 'the original')
    assert.deepEqual(await namesIn(storage, []), ['file'])
  },
  'a commit that is refused right before it takes its name leaves the original': async ({ storage }) => {
    await put(storage, ['file'], 'the original')
    const file = await storage.openWrite(['file'], 'replace')
    await file.write(0, [bytes('new')])
    const beforeName = () => Promise.reject(new FileServerError('aborted', 'not wanted any more'))
    await fails('aborted', file.commit({ beforeName }))
    assert.equal(await get(storage, ['file']), 'the original')
    assert.equal(await storage.removeStagedUploads(), 0)
  },
  'a new file is taken by one of many': async ({ storage }) => {
    const files = await Promise.all(Array.from({ length: 8 }, () => storage.openWrite(['one'], 'create')))
    await Promise.all(files.map((file, index) => file.write(0, [bytes(`${index}`)])))
    const results = await Promise.allSettled(files.map((file) => file.commit()))
    const losers = results.filter((result) => result.status === 'rejected')
    assert.equal(losers.length, 7)
    for (const loser of losers) assert.equal((loser.reason as FileServerError).code, 'already-exists')
    assert.equal(
      await get(storage, ['one']),
      `${results.findIndex((result) => result.status === 'fulfilled')}`,
    )
    assert.deepEqual(await namesIn(storage, []), ['one'])
    assert.equal(await storage.removeStagedUploads(), 0)
  },
  'a replacement asked to take a free name alone leaves whoever was faster': async ({ storage }) => {
    const late = await storage.openWrite(['file'], 'replace')
    await late.write(0, [bytes('late')])
    await put(storage, ['file'], 'first')
    await fails('already-exists', late.commit({ onlyIfFree: true }))
    assert.equal(await get(storage, ['file']), 'first')
    const free = await storage.openWrite(['free'], 'replace')
    await free.write(0, [bytes('x')])
    await free.commit({ onlyIfFree: true })
    assert.equal(await get(storage, ['free']), 'x')
    assert.equal(await storage.removeStagedUploads(), 0)
  },
  'creating refuses a name that is taken': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await storage.makeDirectory(['directory'])
    await storage.symlink(['nowhere'], ['link'])
    for (const name of ['file', 'directory', 'link'])
      await fails('already-exists', storage.openWrite([name], 'create'))
  },
  'who opens is told what is there, once, and chooses the mode': async ({ storage }) => {
    await put(storage, ['file'], 'four')
    await storage.makeDirectory(['directory'])
    await storage.symlink(['file'], ['link'])
    await storage.symlink(['nowhere'], ['dangling'])
    const told: (number | undefined)[] = []
    const open = (name: string, mode: WriteMode | undefined) =>
      storage.openWrite([name], (existing) => {
        told.push(existing?.size)
        return Promise.resolve(mode)
      })
    for (const name of ['file', 'link', 'new', 'dangling'])
      for (const mode of ['replace', undefined] as const) await (await open(name, mode))?.discard()
    const inPlace = await open('link', 'modify')
    assert.deepEqual([inPlace?.mode, inPlace?.initialSize], ['modify', 4])
    await inPlace?.discard()
    assert.deepEqual(told, [4, 4, 4, 4, undefined, undefined, undefined, undefined, 4])
    for (const name of ['file', 'link', 'dangling']) await fails('already-exists', open(name, 'create'))
    const asked = told.length
    await fails('is-a-directory', open('directory', 'replace'))
    assert.equal(told.length, asked)
    const refusal = new FileServerError('quota-exceeded', 'refused')
    await fails(
      'quota-exceeded',
      storage.openWrite(['file'], () => Promise.reject(refusal)),
    )
    assert.deepEqual(await namesIn(storage, []), ['dangling', 'directory', 'file', 'link'])
    assert.equal(await storage.removeStagedUploads(), 0)
  },
  'an upload tells what it is about to replace, as it is then': async ({ storage }) => {
    await using file = await opened(storage, ['name'], 'replace')
    assert.equal(await file.replaced(), undefined)
    await put(storage, ['name'], 'meanwhile')
    assert.equal((await file.replaced())?.size, 9)
    await storage.removeFile(['name'])
    await storage.symlink(['nowhere'], ['name'])
    assert.equal(await file.replaced(), undefined)
    await storage.removeFile(['name'])
    await storage.makeDirectory(['name'])
    await fails('is-a-directory', file.replaced())
  },
  'a directory is not replaced by a file': async ({ storage }) => {
    await storage.makeDirectory(['directory'])
    await fails('is-a-directory', storage.openWrite(['directory'], 'replace'))
    await using late = await opened(storage, ['late'], 'replace')
    await storage.makeDirectory(['late'])
    await fails('is-a-directory', late.commit())
    assert.deepEqual(await namesIn(storage, []), ['directory', 'late'])
    assert.equal(await storage.removeStagedUploads(), 0)
  },
  'new files are 0644 and a replacement keeps the mode': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    assert.equal((await storage.stat(['file'])).mode, 0o644)
    await storage.setAttributes(['file'], { mode: 0o600 })
    await put(storage, ['file'], 'y', 'replace')
    assert.equal((await storage.stat(['file'])).mode, 0o600)
    await using file = await opened(storage, ['file'], 'replace')
    await file.setAttributes({ mode: 0o640 })
    await file.commit()
    assert.equal((await storage.stat(['file'])).mode, 0o640)
  },
  'what uploads that never ended have left is removed, uploads under way are not': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await using file = await opened(storage, ['d', 'file'], 'create')
    await fails('directory-not-empty', storage.removeDirectory(['d']))
    assert.equal(await storage.removeStagedUploads(), 0)
    await file.write(0, [bytes('kept')])
    await file.commit()
    assert.equal(await get(storage, ['d', 'file']), 'kept')
  },
}

const writeFacts: Record<string, Fact> = {
  'chunks are written one after the other from the position': async ({ storage }) => {
    await using file = await opened(storage, ['file'], 'create')
    assert.equal(file.initialSize, 0)
    await file.write(3, [bytes('lo'), bytes(''), bytes(' world')])
    await file.write(0, [bytes('hel')])
    await file.write(11, [])
    assert.equal((await file.stat()).size, 11)
    assert.equal((await file.stat()).name, 'file')
    const read = new Uint8Array(20)
    assert.equal(await file.read(6, read), 5)
    assert.equal(text(read.subarray(0, 5)), 'world')
    await file.commit()
    assert.equal(await get(storage, ['file']), 'hello world')
  },
  'writes in flight at once all arrive before the commit': async ({ storage }) => {
    const chunk = 4096
    await using file = await opened(storage, ['file'], 'create')
    const writes = Array.from({ length: 64 }, (_, index) =>
      file.write(index * chunk, [new Uint8Array(chunk).fill(index)]),
    )
    await file.commit()
    await Promise.all(writes)
    const reader = await storage.openRead(['file'])
    const all = new Uint8Array(64 * chunk)
    assert.equal(await reader.read(0, all), all.length)
    await reader.close()
    assert.ok(all.every((value, index) => value === Math.floor(index / chunk)))
  },
  'more chunks than one system call takes arrive in order': async ({ storage }) => {
    const chunks = Array.from({ length: 3000 }, (_, index) => bytes(`${index},`))
    await using file = await opened(storage, ['file'], 'create')
    await file.write(0, chunks)
    await file.commit()
    assert.equal(await get(storage, ['file']), chunks.map(text).join(''))
  },
  'a file has holes and bytes beyond 4 GiB': async ({ storage }) => {
    const far = 2 ** 32 + 5
    await using file = await opened(storage, ['sparse'], 'create')
    await file.write(far, [bytes('end')])
    await file.commit()
    assert.equal((await storage.stat(['sparse'])).size, far + 3)
    const reader = await storage.openRead(['sparse'])
    const tail = new Uint8Array(8)
    assert.equal(await reader.read(far - 2, tail), 5)
    assert.deepEqual([...tail.subarray(0, 5)], [0, 0, ...bytes('end')])
    await reader.close()
    await using again = await opened(storage, ['sparse'], 'modify')
    assert.equal(again.initialSize, far + 3)
    await again.truncate(2 ** 31 + 1)
    await again.commit()
    assert.equal((await storage.stat(['sparse'])).size, 2 ** 31 + 1)
  },
  'times, mode and size are set on an open file': async ({ storage }) => {
    await using file = await opened(storage, ['file'], 'create')
    await file.write(0, [bytes('hello')])
    await file.setAttributes({
      size: 2,
      mode: 0o600,
      modifiedAt: 1_234_567_890_123,
      accessedAt: 1_000_000_000_000,
    })
    await file.setAttributes({ modifiedAt: 1_234_567_890_999 })
    await file.commit()
    const { size, mode, modifiedAt, accessedAt } = await storage.stat(['file'])
    assert.deepEqual([size, mode, modifiedAt, accessedAt], [2, 0o600, 1_234_567_890_999, 1_000_000_000_000])
  },
}

const modifyFacts: Record<string, Fact> = {
  'modifying writes in place and shows at once': async ({ storage }) => {
    await put(storage, ['file'], 'hello world')
    await using file = await opened(storage, ['file'], 'modify')
    assert.equal(file.initialSize, 11)
    await file.write(6, [bytes('there')])
    assert.equal(await get(storage, ['file']), 'hello there')
    await file.truncate(5)
    assert.equal(await get(storage, ['file']), 'hello')
    await file.discard()
    assert.equal(await get(storage, ['file']), 'hello')
  },
  'what is appended goes behind the end that the file has then, wherever it says': async ({ storage }) => {
    await put(storage, ['file'], 'begin')
    await using one = await opened(storage, ['file'], 'append')
    await using other = await opened(storage, ['file'], 'append')
    assert.deepEqual([one.mode, one.initialSize], ['append', 5])
    await one.write(5, [bytes(' one')])
    await other.write(5, [bytes(' two'), bytes(' three')])
    await one.write(0, [bytes(' four')])
    assert.equal(await get(storage, ['file']), 'begin one two three four')
    const target = new Uint8Array(5)
    assert.equal(await one.read(0, target), 5)
    assert.equal(text(target), 'begin')
    await other.truncate(0)
    await one.write(99, [bytes('anew')])
    await one.commit()
    await other.commit()
    assert.equal(await get(storage, ['file']), 'anew')
    await fails('not-found', storage.openWrite(['missing'], 'append'))
  },
  'what is modified is read beside it': async ({ storage }) => {
    await put(storage, ['file'], 'begin')
    for (const [mode, content] of [
      ['modify', 'BEgin'],
      ['append', 'BEginBE'],
    ] as const) {
      await using file = await opened(storage, ['file'], mode)
      const reader = await file.openReader()
      await file.write(0, [bytes('BE')])
      assert.equal(await all(reader), content)
      await reader.close()
    }
  },
  'a directory is not modified': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await fails('is-a-directory', storage.openWrite(['d'], 'modify'))
  },
}

const readFacts: Record<string, Fact> = {
  'a read fills its target but for the end of the file': async ({ storage }) => {
    await put(storage, ['file'], '0123456789')
    const file = await storage.openRead(['file'])
    assert.deepEqual(file.entry, await storage.stat(['file']))
    const target = new Uint8Array(4)
    assert.equal(await file.read(0, target), 4)
    assert.equal(text(target), '0123')
    assert.equal(await file.read(8, target), 2)
    assert.equal(text(target.subarray(0, 2)), '89')
    assert.equal(await file.read(10, target), 0)
    assert.equal(await file.read(99, target), 0)
    await file.close()
    await file.close()
    await fails('aborted', file.read(0, target))
  },
  'what goes straight to a socket are the bytes of the file, as many as are told': async ({ storage }) => {
    const content = 'no two lines are alike: '.repeat(50_000).replaceAll(/:/g, (_, at) => `${at}`)
    await put(storage, ['file'], content)
    const file = await storage.openRead(['file'])
    await using pair = await openSocketPair()
    const got: Buffer[] = []
    pair.receiver.on('data', (bytes: Buffer) => got.push(bytes))
    const socket = () => (pair.sender.writableLength === 0 ? descriptorOf(pair.sender) : undefined)
    const piece = new Uint8Array(10_000)
    let position = 3
    for (let isAtEnd = false; !isAtEnd;) {
      const sent = await file.sendTo(socket, position, 100_000)
      assert.ok(sent <= 100_000)
      position += sent
      if (sent > 0) continue
      const read = await file.read(position, piece)
      position += read
      isAtEnd = read === 0
      if (!isAtEnd) await new Promise((resolve) => pair.sender.write(piece.slice(0, read), resolve))
    }
    assert.equal(position, content.length)
    for (const [where, wanted] of [
      [position, 1],
      [position + 99, 1],
      [0, 0],
    ] as const)
      assert.equal(await file.sendTo(socket, where, wanted), 0)
    assert.equal(await file.sendTo(() => undefined, 0, 1), 0)
    await file.close()
    await fails('aborted', file.sendTo(socket, 0, 1))
    pair.sender.end()
    await once(pair.receiver, 'end')
    assert.ok(Buffer.concat(got).toString() === content.slice(3))
  },
  'an open file is read on when its name is gone or taken': async ({ storage }) => {
    await put(storage, ['file'], 'old')
    const file = await storage.openRead(['file'])
    await put(storage, ['file'], 'new!', 'replace')
    await storage.removeFile(['file'])
    const target = new Uint8Array(8)
    assert.equal(await file.read(0, target), 3)
    assert.equal(text(target.subarray(0, 3)), 'old')
    await file.close()
  },
  'a file that grows is read to its new end': async ({ storage }) => {
    await put(storage, ['file'], 'one')
    const file = await storage.openRead(['file'])
    await using writer = await opened(storage, ['file'], 'modify')
    await writer.write(3, [bytes('two')])
    await writer.commit()
    const target = new Uint8Array(8)
    assert.equal(await file.read(0, target), 6)
    assert.equal((await file.stat()).size, 6)
    assert.equal(file.entry.size, 3)
    await file.close()
  },
  'a directory is not read': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await fails('is-a-directory', storage.openRead(['d']))
  },
}

const directoryFacts: Record<string, Fact> = {
  'directories are made 0755, once': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    assert.equal((await storage.stat(['d'])).mode, 0o755)
    await fails('already-exists', storage.makeDirectory(['d']))
    await put(storage, ['file'], 'x')
    await fails('already-exists', storage.makeDirectory(['file']))
    await storage.makeDirectory(['d', 'e'])
    assert.deepEqual(await namesIn(storage, ['d']), ['e'])
  },
  'a directory is removed when it is empty': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await put(storage, ['d', 'file'], 'x')
    await fails('directory-not-empty', storage.removeDirectory(['d']))
    await fails('is-a-directory', storage.removeFile(['d']))
    await fails('not-a-directory', storage.removeDirectory(['d', 'file']))
    await storage.removeFile(['d', 'file'])
    await storage.removeDirectory(['d'])
    assert.deepEqual(await namesIn(storage, []), [])
  },
  'times before 1970 are kept to the millisecond, by name, in an open file and of a link': async ({
    storage,
  }) => {
    await put(storage, ['file'], 'hello')
    await storage.symlink(['file'], ['link'])
    for (const time of [-1_000, -1, -1_500, -1_001, -147_000_000_001, -2_000_000_000_000]) {
      const times = { modifiedAt: time, accessedAt: time }
      await storage.setAttributes(['file'], times)
      const link = { modifiedAt: time - 1, accessedAt: time - 1 }
      await storage.setAttributes(['link'], link, { followLink: false })
      await using open = await opened(storage, ['file'], 'modify')
      for (const [found, expected] of [
        [await storage.stat(['file']), times],
        [await storage.lstat(['link']), link],
      ] as const)
        assert.deepEqual({ modifiedAt: found.modifiedAt, accessedAt: found.accessedAt }, expected)
      await open.setAttributes({ modifiedAt: time - 2 })
      assert.equal((await open.stat()).modifiedAt, time - 2)
      assert.equal((await open.stat()).accessedAt, time)
    }
  },
  'attributes are set by name': async ({ storage }) => {
    await put(storage, ['file'], 'hello')
    await storage.makeDirectory(['d'])
    await storage.setAttributes(['file'], { size: 8, mode: 0o4640, modifiedAt: 1_500_000_000_001 })
    const { size, mode, modifiedAt } = await storage.stat(['file'])
    assert.deepEqual([size, mode, modifiedAt], [8, 0o4640, 1_500_000_000_001])
    await storage.setAttributes(['file'], { accessedAt: 1_400_000_000_000 })
    assert.equal((await storage.stat(['file'])).modifiedAt, 1_500_000_000_001)
    assert.equal((await storage.stat(['file'])).accessedAt, 1_400_000_000_000)
    await storage.setAttributes(['d'], { mode: 0o700, modifiedAt: 1_500_000_000_000 })
    assert.equal((await storage.stat(['d'])).mode, 0o700)
    await fails('is-a-directory', storage.setAttributes(['d'], { size: 0 }))
    await storage.setAttributes(['d'], {})
    await storage.setAttributes([], { mode: 0o750 })
    assert.equal((await storage.stat([])).mode, 0o750)
  },
  'the root is made where it is missing': async ({ storage }) => {
    await storage.ensureRoot()
    await storage.ensureRoot()
    assert.equal((await storage.stat([])).type, 'directory')
  },
}

const renameFacts: Record<string, Fact> = {
  'files and directories are renamed to free names': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await put(storage, ['file'], 'x')
    await storage.rename(['file'], ['d', 'moved'], { replace: false })
    await storage.rename(['d'], ['e'], { replace: false })
    assert.equal(await get(storage, ['e', 'moved']), 'x')
    assert.deepEqual(await namesIn(storage, []), ['e'])
    await storage.rename(['e', 'moved'], ['e', 'again'], { replace: true })
    assert.deepEqual(await namesIn(storage, ['e']), ['again'])
  },
  'a taken name is kept unless it may be replaced': async ({ storage }) => {
    await put(storage, ['a'], 'a')
    await put(storage, ['b'], 'b')
    await storage.makeDirectory(['d'])
    await storage.makeDirectory(['e'])
    for (const [from, to] of [
      ['a', 'b'],
      ['a', 'd'],
      ['d', 'a'],
      ['d', 'e'],
    ] as const)
      await fails('already-exists', storage.rename([from], [to], { replace: false }))
    await storage.rename(['a'], ['b'], { replace: true })
    assert.equal(await get(storage, ['b']), 'a')
    await storage.rename(['d'], ['e'], { replace: true })
    assert.deepEqual(await namesIn(storage, []), ['b', 'e'])
  },
  'only like replaces like, and only an empty directory': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await storage.makeDirectory(['d'])
    await storage.makeDirectory(['e'])
    await put(storage, ['e', 'kept'], 'y')
    await fails('is-a-directory', storage.rename(['file'], ['d'], { replace: true }))
    await fails('not-a-directory', storage.rename(['d'], ['file'], { replace: true }))
    await fails('directory-not-empty', storage.rename(['d'], ['e'], { replace: true }))
    assert.deepEqual(await namesIn(storage, []), ['d', 'e', 'file'])
    assert.equal(await get(storage, ['e', 'kept']), 'y')
  },
  'renaming something onto itself changes nothing': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await storage.makeDirectory(['d'])
    await storage.symlink(['d'], ['link'])
    await put(storage, ['d', 'file'], 'y')
    for (const replace of [true, false]) {
      await storage.rename(['file'], ['file'], { replace })
      await storage.rename(['d'], ['d'], { replace })
      await storage.rename(['d', 'file'], ['link', 'file'], { replace })
      await fails('not-found', storage.rename(['no'], ['no'], { replace }))
    }
    assert.equal(await get(storage, ['file']), 'x')
    assert.equal(await get(storage, ['d', 'file']), 'y')
  },
  'a directory is not moved into itself': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    for (const replace of [true, false])
      await fails('invalid-argument', storage.rename(['d'], ['d', 'below'], { replace }))
    assert.deepEqual(await namesIn(storage, ['d']), [])
  },
  'a free name is taken by one of many renames': async ({ storage }) => {
    const names = Array.from({ length: 8 }, (_, index) => `from${index}`)
    await Promise.all(names.map((name) => put(storage, [name], name)))
    const results = await Promise.allSettled(
      names.map((name) => storage.rename([name], ['to'], { replace: false })),
    )
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
    const winner = await get(storage, ['to'])
    assert.deepEqual(await namesIn(storage, []), [...names.filter((name) => name !== winner), 'to'].sort())
  },
  'a file renamed to two names at once gets one of them': async ({ storage }) => {
    for (let round = 0; round < 10; round++) {
      await put(storage, ['from'], 'x')
      const results = await Promise.allSettled(
        ['a', 'b', 'c'].map((name) => storage.rename(['from'], [name], { replace: false })),
      )
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
      const [name, ...more] = await namesIn(storage, [])
      assert.deepEqual(more, [])
      await storage.removeFile([name ?? ''])
    }
  },
  'entries move into another storage of the same kind': async ({ storage, other }) => {
    await put(storage, ['file'], 'x')
    await storage.makeDirectory(['d'])
    await storage.rename(['file'], ['there'], { replace: false, into: other })
    await storage.rename(['d'], ['d'], { replace: true, into: other })
    assert.deepEqual(await namesIn(storage, []), [])
    assert.deepEqual(await namesIn(other, []), ['d', 'there'])
    await fails('unsupported', other.rename(['d'], ['d'], { replace: true, into: {} as Storage }))
  },
}

const linkFacts: Record<string, Fact> = {
  'a link is followed by everything but what acts on the link': async ({ storage }) => {
    await storage.makeDirectory(['d'])
    await put(storage, ['d', 'file'], 'hello')
    await storage.makeDirectory(['e'])
    await storage.symlink(['d', 'file'], ['e', 'link'])
    await storage.symlink(['d'], ['dirlink'])
    assert.deepEqual(await storage.readlink(['e', 'link']), { key: ['d', 'file'], relative: '../d/file' })
    assert.deepEqual(await storage.readlink(['dirlink']), { key: ['d'], relative: 'd' })
    assert.equal((await storage.lstat(['e', 'link'])).type, 'symlink')
    assert.equal((await storage.stat(['e', 'link'])).size, 5)
    assert.equal((await storage.stat(['e', 'link'])).name, 'link')
    assert.equal(await get(storage, ['dirlink', 'file']), 'hello')
    assert.deepEqual(await namesIn(storage, ['dirlink']), ['file'])
    await put(storage, ['e', 'link'], 'written', 'replace')
    assert.equal(await get(storage, ['d', 'file']), 'written')
    assert.equal((await storage.lstat(['e', 'link'])).type, 'symlink')
    await using file = await opened(storage, ['e', 'link'], 'modify')
    await file.write(0, [bytes('WRI')])
    await file.commit()
    assert.equal(await get(storage, ['d', 'file']), 'WRItten')
    await storage.removeFile(['e', 'link'])
    await storage.removeFile(['dirlink'])
    assert.deepEqual(await namesIn(storage, ['d']), ['file'])
  },
  'links lead up, to the root and through other links': async ({ storage }) => {
    await storage.makeDirectory(['a'])
    await storage.makeDirectory(['a', 'b'])
    await storage.makeDirectory(['c'])
    await put(storage, ['c', 'file'], 'x')
    await storage.symlink([], ['a', 'b', 'root'])
    await storage.symlink(['c'], ['a', 'b', 'c'])
    await storage.symlink(['a', 'b', 'c'], ['a', 'through'])
    await storage.symlink(['a', 'through', 'file'], ['file'])
    assert.equal(await get(storage, ['file']), 'x')
    assert.equal(await get(storage, ['a', 'b', 'root', 'a', 'through', 'file']), 'x')
    assert.deepEqual(await storage.readlink(['a', 'b', 'root']), { key: [], relative: '../..' })
    assert.equal((await storage.stat(['a', 'b', 'root'])).type, 'directory')
    await storage.makeDirectory(['a', 'through', 'made'])
    await storage.symlink(['a'], ['a', 'through', 'up'])
    assert.deepEqual(await storage.readlink(['c', 'up']), { key: ['a'], relative: '../a' })
    assert.deepEqual(
      await storage.readlink(['a', 'through', 'up']),
      { key: ['a'], relative: '../a' },
      'from where the link is, not from where it was reached',
    )
    assert.deepEqual(await namesIn(storage, ['a', 'through', 'up']), ['b', 'through'])
    assert.deepEqual(await namesIn(storage, ['c']), ['file', 'made', 'up'])
  },
  'links in a circle and links to nothing are errors, not loops': async ({ storage }) => {
    await storage.symlink(['b'], ['a'])
    await storage.symlink(['a'], ['b'])
    await fails('invalid-path', storage.stat(['a']))
    await fails('invalid-path', storage.stat(['a', 'below']))
    await fails('invalid-path', namesIn(storage, ['a']))
    await storage.symlink(['nothing'], ['dangling'])
    await fails('not-found', storage.stat(['dangling']))
    await fails('not-found', storage.openRead(['dangling']))
    assert.equal((await storage.lstat(['dangling'])).type, 'symlink')
    await put(storage, ['dangling'], 'made', 'replace')
    assert.equal(await get(storage, ['nothing']), 'made')
  },
  'attributes go to the target or to the link, as asked': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await storage.symlink(['file'], ['link'])
    await storage.setAttributes(['link'], { mode: 0o600, modifiedAt: 1_500_000_000_000 })
    assert.equal((await storage.stat(['file'])).mode, 0o600)
    await storage.setAttributes(['link'], { modifiedAt: 1_600_000_000_000 }, { followLink: false })
    assert.equal((await storage.lstat(['link'])).modifiedAt, 1_600_000_000_000)
    assert.equal((await storage.stat(['file'])).modifiedAt, 1_500_000_000_000)
    await fails('unsupported', storage.setAttributes(['link'], { mode: 0o600 }, { followLink: false }))
    await storage.setAttributes(['file'], { mode: 0o640 }, { followLink: false })
    assert.equal((await storage.stat(['file'])).mode, 0o640)
  },
  'a link takes a free name only, and only links are read as links': async ({ storage }) => {
    await put(storage, ['file'], 'x')
    await fails('already-exists', storage.symlink([], ['file']))
    await fails('already-exists', storage.symlink([], []))
    await fails('invalid-argument', storage.readlink(['file']))
    await fails('invalid-argument', storage.readlink([]))
  },
  'a link that is moved up until it leads out of the root leads nowhere': async ({ storage }) => {
    await storage.makeDirectory(['a'])
    await storage.makeDirectory(['a', 'b'])
    await storage.symlink(['x'], ['a', 'b', 'link'])
    await storage.rename(['a', 'b', 'link'], ['link'], { replace: false })
    await fails('permission-denied', storage.stat(['link']))
    await fails('permission-denied', storage.readlink(['link']))
    await fails('permission-denied', storage.stat(['link', 'below']))
    await fails('permission-denied', storage.openRead(['link']))
    await fails('permission-denied', storage.openWrite(['link'], 'replace'))
    await fails('permission-denied', storage.openWrite(['link'], 'modify'))
    await fails('permission-denied', storage.makeDirectory(['link', 'below']))
    await fails('permission-denied', namesIn(storage, ['link']))
    assert.equal((await storage.lstat(['link'])).type, 'symlink')
    await storage.removeFile(['link'])
  },
}

/** Rejects with exactly this code. */
export async function fails(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof FileServerError, `wanted '${code}', got ${String(error)}`)
  assert.equal(error.code, code)
}

export async function put(
  storage: Storage,
  key: StorageKey,
  content: string,
  mode: WriteMode = 'create',
): Promise<void> {
  await using file = await opened(storage, key, mode)
  await file.write(0, [bytes(content)])
  await file.commit()
}

export async function get(storage: Storage, key: StorageKey): Promise<string> {
  const file = await storage.openRead(key)
  try {
    const content = new Uint8Array(file.entry.size)
    return text(content.subarray(0, await file.read(0, content)))
  } finally {
    await file.close()
  }
}

/** What an open file holds now, of a hundred bytes at most. */
async function all(file: ReadableFile): Promise<string> {
  const content = new Uint8Array(100)
  return text(content.subarray(0, await file.read(0, content)))
}

export async function entriesIn(storage: Storage, key: StorageKey): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const batch of storage.list(key)) entries.push(...batch)
  return entries
}

export async function namesIn(storage: Storage, key: StorageKey): Promise<string[]> {
  return (await entriesIn(storage, key)).map((entry) => entry.name).sort()
}

/** A writable file that is discarded at the end of the scope, unless it was committed. */
export async function opened(storage: Storage, key: StorageKey, mode: WriteMode) {
  const file = await storage.openWrite(key, mode)
  return Object.assign(file, { [Symbol.asyncDispose]: () => file.discard() })
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content)
}
