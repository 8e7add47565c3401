import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { FileServerError } from '../../src/core/errors.ts'
import { at, CoreWorld, exclusive, get, modifying, overwriting, put, rejects } from './core-fixture.ts'

const bytes = (length: number, fill = 'x') => Buffer.alloc(length, fill)
const broken = new FileServerError('storage-failure', 'the disk is broken')

test('an upload is invisible to others until it is finished, and then whole', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await Promise.all([upload.write(5, [bytes(5, 'b')]), upload.write(0, [bytes(2, 'a'), bytes(3, 'a')])])
  assert.deepEqual(await readdir(world.homeOf('bob')).then((names) => names.filter((n) => n === 'f')), [])
  assert.equal((await files.stat(at('/f'))).size, 10, 'its own client can look')
  const other = (await world.openSession('bob')).files
  await rejects('not-found', other.stat(at('/f')))
  await upload.finish()
  assert.equal(await get(other, '/f'), 'aaaaabbbbb')
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
  const [event, ...more] = world.eventsOf('file-uploaded')
  assert.equal(more.length, 0)
  assert.deepEqual(event?.actor, world.connections.list()[0] && event?.actor)
  assert.equal(event?.path, '/f')
  assert.equal(event?.bytes, 10)
  assert.equal(event?.fileSize, 10)
})

test('quota follows an overwrite down and up to the byte', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100, quotaFiles: 2 })
  await put(files, '/a', bytes(60))
  await put(files, '/b', bytes(40))
  await rejects('quota-exceeded', put(files, '/b', bytes(41)))
  await rejects('quota-exceeded', put(files, '/c', ''))
  assert.equal((await get(files, '/b')).length, 40, 'the original stands')
  await put(files, '/a', bytes(10))
  await put(files, '/b', bytes(90))
  await world.assertHomeQuota('bob', { size: 100, files: 2 })
  assert.deepEqual(
    world.eventsOf('upload-failed').map(({ code, path }) => [code, path]),
    [['quota-exceeded', '/b']],
  )
  assert.deepEqual(
    world.eventsOf('operation-refused').map(({ code, path, operation }) => [code, path, operation]),
    [['quota-exceeded', '/c', 'upload']],
  )
})

test('sixteen parallel uploads never take more than the quota', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 1000 })
  const results = await Promise.allSettled(
    Array.from({ length: 16 }, async (_, i) => {
      const upload = await files.openUpload(at(`/f${i}`), overwriting)
      try {
        for (let position = 0; position < 150; position += 50) await upload.write(position, [bytes(50)])
        await upload.finish()
      } catch (error) {
        await upload.abort()
        throw error
      }
    }),
  )
  const done = results.filter((result) => result.status === 'fulfilled').length
  assert.ok(done <= 6)
  await world.assertHomeQuota('bob', { size: done * 150, files: done })
})

test('parallel replacements of one file are counted once', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', bytes(100))
  const lengths = [10, 300, 70, 1]
  await Promise.all(lengths.map((length) => put(files, '/f', bytes(length))))
  const { size } = await stat(join(world.homeOf('bob'), 'f'))
  assert.ok(lengths.includes(size))
  await world.assertHomeQuota('bob', { size, files: 1 })
})

test('of parallel new files of one name the last wins with the right to overwrite, the first without', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const [a, b] = [
    await files.openUpload(at('/f'), overwriting),
    await files.openUpload(at('/f'), overwriting),
  ]
  await a.write(0, [bytes(10)])
  await b.write(0, [bytes(20)])
  await b.finish()
  await a.finish()
  await world.assertHomeQuota('bob', { size: 10, files: 1 })

  const eve = await world.filesOf('eve', { permissions: { '/': ['upload', 'list'] } })
  const [c, d] = [await eve.openUpload(at('/f'), overwriting), await eve.openUpload(at('/f'), overwriting)]
  await c.write(0, [bytes(10)])
  await d.write(0, [bytes(20)])
  await d.finish()
  await rejects('already-exists', c.finish())
  await world.assertHomeQuota('eve', { size: 20, files: 1 })
  await rejects('permission-denied', put(eve, '/f', 'again'))
})

test('an exclusive upload takes a free name alone', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), exclusive)
  await put(files, '/f', bytes(7))
  await upload.write(0, [bytes(3)])
  await rejects('already-exists', upload.finish())
  await rejects('already-exists', files.openUpload(at('/f'), exclusive))
  await world.assertHomeQuota('bob', { size: 7, files: 1 })
})

test('what an overwrite counted on is gone: the quota still holds', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 1000, quotaFiles: 1 })
  await put(files, '/f', bytes(1000))
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(1000)])
  await files.removeFile(at('/f'))
  await put(files, '/g', bytes(1000))
  await rejects('quota-exceeded', upload.finish())
  await world.assertHomeQuota('bob', { size: 1000, files: 1 })
})

test('a connection that is lost leaves the gapless beginning of a new file, to be resumed', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { quotaSize: 100 })
  const session = await world.openSession('bob')
  const upload = await session.files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(10, 'a')])
  await upload.write(30, [bytes(10, 'c')])
  await session[Symbol.asyncDispose]()
  assert.equal(await readFile(join(world.homeOf('bob'), 'f'), 'utf8'), 'a'.repeat(10))
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
  const [event] = world.eventsOf('upload-failed')
  assert.deepEqual([event?.code, event?.bytes, event?.path], ['aborted', 20, '/f'])
  assert.equal(world.eventsOf('file-uploaded').length, 0)

  const { files } = await world.openSession('bob')
  const rest = await files.openUpload(at('/f'), modifying)
  await rest.write(10, [bytes(20, 'b')])
  await rest.finish()
  await world.assertHomeQuota('bob', { size: 30, files: 1 })
})

test('a connection that is lost leaves nothing of a new file in atomic mode, of an empty one, of an overwrite', async () => {
  await using world = await CoreWorld.open({ uploadMode: 'atomic' })
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(10)])
  await upload.abort()
  assert.deepEqual(await readdir(world.homeOf('bob')), [])
  await world.assertHomeQuota('bob', { size: 0, files: 0 })

  await using other = await CoreWorld.open()
  const resumable = await other.filesOf('bob')
  await put(resumable, '/f', 'original')
  const empty = await resumable.openUpload(at('/e'), overwriting)
  const gap = await resumable.openUpload(at('/g'), overwriting)
  await gap.write(5, [bytes(10)])
  const overwrite = await resumable.openUpload(at('/f'), overwriting)
  await overwrite.write(0, [bytes(100)])
  await Promise.all([empty.abort(), gap.abort(), overwrite.abort()])
  assert.deepEqual(await readdir(other.homeOf('bob')), ['f'])
  assert.equal(await get(resumable, '/f'), 'original')
  await other.assertHomeQuota('bob', { size: 8, files: 1 })
})

test('what is kept of a broken upload never replaces what came meanwhile', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(10)])
  await put(files, '/f', 'other')
  await upload.abort()
  assert.equal(await get(files, '/f'), 'other')
  await world.assertHomeQuota('bob', { size: 5, files: 1 })
})

test('an upload ends once', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(10)])
  await Promise.all([upload.finish(), upload.finish(), upload.abort()])
  await upload.abort()
  await rejects('aborted', upload.write(10, [bytes(10)]))
  await rejects('aborted', upload.read(0, bytes(1)))
  await rejects('aborted', upload.setAttributes({ size: 1000 }))
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
  assert.equal(world.eventsOf('file-uploaded').length, 1)
  assert.equal(world.eventsOf('upload-failed').length, 0)
})

test('a finish that comes after the abort does not say that the file is there', async () => {
  await using world = await CoreWorld.open({ uploadMode: 'atomic' })
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(10)])
  const aborted = upload.abort()
  await rejects('aborted', upload.finish())
  await aborted
  await rejects('aborted', upload.finish())
})

test('finish waits for the writes under way', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  const gate = world.faults.hold('file.write')
  const write = upload.write(0, [bytes(10)])
  await gate.reached
  const finished = upload.finish()
  await rejects('aborted', upload.write(10, [bytes(10)]))
  gate.release()
  await Promise.all([write, finished])
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
})

test('a session that ends in the middle of writes and of a finish that fails still ends everything', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob')
  await put(session.files, '/old', 'old')
  const failing = await session.files.openUpload(at('/failing'), overwriting)
  const running = await session.files.openUpload(at('/running'), overwriting)
  const download = await session.files.openDownload(at('/old'))
  await failing.write(0, [bytes(3)])
  const gate = world.faults.hold('file.write')
  const write = running.write(0, [bytes(10)])
  await gate.reached
  world.faults.fail('file.commit', broken)
  const finished = failing.finish()
  const closed = session.close('gone')
  gate.release()
  await rejects('storage-failure', finished)
  await Promise.all([write, closed])
  await rejects('aborted', download.read(0, bytes(1)))
  assert.deepEqual(await world.openDescriptors(), [])
  assert.deepEqual(await readdir(world.homeOf('bob')), ['old'])
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
  assert.equal(world.eventsOf('session-closed').length, 1)
})

test('a transfer that is opened while the session ends is ended with it', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob')
  const session = await world.openSession('bob')
  await put(session.files, '/old', 'old')
  const gates = [world.faults.hold('storage.openWrite'), world.faults.hold('storage.openRead')]
  const opening = [
    session.files.openUpload(at('/f'), overwriting),
    session.files.openDownload(at('/old')),
  ].map((promise) => rejects('aborted', promise))
  await Promise.all(gates.map((gate) => gate.reached))
  const closed = session.close('gone')
  for (const gate of gates) gate.release()
  await Promise.all([...opening, closed])
  assert.deepEqual(await world.openDescriptors(), [])
  await rejects('aborted', session.files.openUpload(at('/g'), overwriting))
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
})

test('a failure in any step leaves no trace of a new file and the original of an old one', async () => {
  for (const step of ['openWrite', 'write', 'truncate', 'setAttributes', 'commit'] as const) {
    await using world = await CoreWorld.open()
    const files = await world.filesOf('bob')
    await put(files, '/old', 'original')
    const call = step === 'openWrite' ? 'storage.openWrite' : `file.${step}`
    for (const path of ['/old', '/new']) {
      world.faults.fail(call, broken)
      await rejects(
        'storage-failure',
        (async () => {
          const upload = await files.openUpload(at(path), overwriting)
          await upload.write(0, [bytes(10)]).catch(() => undefined)
          if (step === 'truncate') await upload.setAttributes({ size: 5 }).catch(() => undefined)
          if (step === 'setAttributes') {
            world.faults.clear()
            await upload.setAttributes({ modifiedAt: 1000 })
            world.faults.fail(call, broken)
          }
          await upload.finish()
        })(),
      )
      world.faults.clear()
    }
    assert.deepEqual(await readdir(world.homeOf('bob')), ['old'], step)
    assert.equal(await get(files, '/old'), 'original')
    await world.assertHomeQuota('bob', { size: 8, files: 1 })
    assert.deepEqual(await world.openDescriptors(), [])
  }
})

test('a disk that refuses to keep a broken upload keeps nothing', async () => {
  for (const call of ['file.truncate', 'file.commit']) {
    await using world = await CoreWorld.open()
    const files = await world.filesOf('bob')
    const upload = await files.openUpload(at('/f'), overwriting)
    await upload.write(0, [bytes(10)])
    await upload.write(20, [bytes(10)])
    world.faults.fail(call, broken)
    await upload.abort()
    assert.deepEqual(await readdir(world.homeOf('bob')), [])
    await world.assertHomeQuota('bob', { size: 0, files: 0 })
    assert.equal(world.eventsOf('upload-failed').length, 1)
  }
})

test('a database that is away refuses uploads and loses no count', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const away = new FileServerError('unavailable', 'away')
  world.faults.fail('quota.usage', away)
  await rejects('unavailable', put(files, '/f', 'x'))
  world.faults.clear()
  world.faults.fail('quota.add', away)
  await put(files, '/f', 'xyz')
  await world.ledger.flush()
  world.faults.clear()
  await world.assertHomeQuota('bob', { size: 3, files: 1 })
})

test('truncating an upload gives room back, and growing it takes room', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100 })
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [bytes(100)])
  await files.setUploadAttributes(upload, { size: 10 })
  await put(files, '/g', bytes(50))
  await rejects('quota-exceeded', files.setUploadAttributes(upload, { size: 60 }))
  await files.setUploadAttributes(upload, { size: 50 })
  await upload.finish()
  await world.assertHomeQuota('bob', { size: 100, files: 2 })
})

test('a truncation that overtakes a write does not hide its bytes from the quota', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100 })
  const upload = await files.openUpload(at('/f'), overwriting)
  const gate = world.faults.hold('file.write')
  const write = upload.write(0, [bytes(100)])
  await gate.reached
  const truncated = files.setUploadAttributes(upload, { size: 0 })
  const later = upload.write(0, [bytes(7)])
  gate.release()
  world.faults.clear()
  await Promise.all([write, truncated, later])
  await upload.finish()
  await world.assertHomeQuota('bob', { size: 7, files: 1 })
})

test('a file is not larger than the user may upload, whichever way it grows', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { maxUploadFileSize: 10 })
  await rejects('quota-exceeded', put(files, '/f', bytes(11)))
  await put(files, '/f', bytes(10))
  await rejects('quota-exceeded', files.setAttributes(at('/f'), { size: 11 }))
  const upload = await files.openUpload(at('/f'), modifying)
  await rejects('quota-exceeded', files.setUploadAttributes(upload, { size: 11 }))
  await rejects('quota-exceeded', upload.write(10, [bytes(1)]))
  await rejects('quota-exceeded', upload.finish())
  await world.assertHomeQuota('bob', { size: 10, files: 1 })
})

test('positions that no file can have are refused', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  for (const position of [Number.MAX_SAFE_INTEGER, -1, 0.5, Number.NaN]) {
    const upload = await files.openUpload(at('/f'), overwriting)
    await rejects('invalid-argument', upload.write(position, [bytes(10)]))
    await upload.abort()
  }
  await put(files, '/f', 'x')
  for (const size of [-1, 0.5, 2 ** 60])
    await rejects('invalid-argument', files.setAttributes(at('/f'), { size }))
  await world.assertHomeQuota('bob', { size: 1, files: 1 })
})

test('changes in place are counted as they are, also when the upload breaks or fails', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100 })
  await put(files, '/f', bytes(10))
  const append = async (length: number) => {
    const upload = await files.openUpload(at('/f'), modifying)
    await upload.write(upload.size, [bytes(length)])
    return upload
  }
  await (await append(20)).finish()
  await world.assertHomeQuota('bob', { size: 30, files: 1 })
  await (await append(20)).abort()
  await world.assertHomeQuota('bob', { size: 50, files: 1 })
  const full = await append(50)
  await rejects('quota-exceeded', full.write(full.size, [bytes(1)]))
  await rejects('quota-exceeded', full.finish())
  await world.assertHomeQuota('bob', { size: 100, files: 1 })
  const shrinking = await files.openUpload(at('/f'), modifying)
  await files.setUploadAttributes(shrinking, { size: 5 })
  await shrinking.finish()
  await world.assertHomeQuota('bob', { size: 5, files: 1 })
  for (const call of ['file.commit', 'file.stat']) {
    const unlucky = await append(7)
    world.faults.fail(call, broken)
    if (call === 'file.commit') await rejects('storage-failure', unlucky.finish())
    else await unlucky.finish()
    world.faults.clear()
  }
  await world.assertHomeQuota('bob', { size: 19, files: 1 })
})

test('two who change one file in place are counted together', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await put(files, '/f', bytes(10))
  const [a, b] = [await files.openUpload(at('/f'), modifying), await files.openUpload(at('/f'), modifying)]
  await a.write(10, [bytes(10)])
  await b.write(20, [bytes(10)])
  await Promise.all([a.finish(), b.finish()])
  await world.assertHomeQuota('bob', { size: 30, files: 1 })
})

test('all who append to one file keep their bytes, are charged for them once and pass no limit together', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', { quotaSize: 100, maxUploadFileSize: 90 })
  await put(files, '/f', bytes(10))
  const open = () => files.openUpload(at('/f'), { existing: 'append', missing: 'create' })
  const [one, other, third] = [await open(), await open(), await open()]
  // Asked for at once, and in the order of each that asks.
  await Promise.all(
    ['a', 'b'].flatMap((fill) => [one.write(0, [bytes(15, fill)]), other.write(10, [bytes(20, fill)])]),
  )
  await rejects('quota-exceeded', third.write(80, [bytes(11)]))
  await rejects('quota-exceeded', third.finish())
  await one.finish()
  await other.finish()
  const content = await get(files, '/f')
  const counted = [...'xab'].map((letter) => content.split(letter).length - 1)
  assert.deepEqual([content.length, ...counted], [80, 10, 35, 35])
  await world.assertHomeQuota('bob', { size: 80, files: 1 })
  const { fileSize, bytes: received } = world.eventsOf('file-uploaded').at(-1) ?? {}
  assert.deepEqual([fileSize, received], [80, 40])

  await put(files, '/g', bytes(10))
  const full = await files.openUpload(at('/g'), { existing: 'append', missing: 'create' })
  await full.write(0, [bytes(10)])
  await rejects('quota-exceeded', full.write(0, [bytes(1)]))
  await full.abort()
  await world.assertHomeQuota('bob', { size: 100, files: 2 })
})

test('a file that came while another was begun under its name is neither replaced nor lost, but where that was asked for', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const [first, second] = [
    await files.openUpload(at('/f'), modifying),
    await files.openUpload(at('/f'), modifying),
  ]
  await first.write(0, [Buffer.from('first')])
  await second.write(0, [Buffer.from('the second')])
  await first.finish()
  await rejects('already-exists', second.finish())
  assert.equal(await get(files, '/f'), 'first')
  await world.assertHomeQuota('bob', { size: 5, files: 1 })

  await symlink('target', join(world.homeOf('bob'), 'link'))
  await put(files, '/link', 'through the link', modifying)
  assert.equal(await get(files, '/target'), 'through the link')

  const replacing = await files.openUpload(at('/new'), overwriting)
  await put(files, '/new', 'first')
  await replacing.write(0, [Buffer.from('the last')])
  await replacing.finish()
  assert.equal(await get(files, '/new'), 'the last')
})

test('a file that is cut, replaced or removed while it is changed in place is counted right', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const grow = async () => {
    await put(files, '/f', bytes(10))
    const upload = await files.openUpload(at('/f'), modifying)
    await upload.write(10, [bytes(10)])
    return upload
  }
  const cut = await grow()
  await (await world.openSession('bob')).files.setAttributes(at('/f'), { size: 3 })
  await cut.finish()
  await world.assertHomeQuota('bob', { size: 3, files: 1 })

  const replaced = await grow()
  await put(files, '/f', bytes(50))
  await replaced.finish()
  await world.assertHomeQuota('bob', { size: 50, files: 1 })

  const renamedOver = await grow()
  await put(files, '/g', bytes(4))
  await files.rename(at('/g'), at('/f'), { replace: true })
  await renamedOver.finish()
  await world.assertHomeQuota('bob', { size: 4, files: 1 })

  const removed = await grow()
  await files.removeFile(at('/f'))
  await removed.finish()
  await world.assertHomeQuota('bob', { size: 0, files: 0 })
})

test('a directory or a mount is no place for an upload', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  await mkdir(join(world.homeOf('bob'), 'd'))
  await rejects('is-a-directory', put(files, '/d', 'x'))
  await rejects('is-a-directory', put(files, '/', 'x'))
  await rejects('not-found', put(files, '/missing/f', 'x'))
  await rejects('not-found', files.openUpload(at('/f'), { existing: 'modify', missing: 'fail' }))
  const upload = await files.openUpload(at('/taken'), overwriting)
  await upload.write(0, [bytes(3)])
  await mkdir(join(world.homeOf('bob'), 'taken'))
  await rejects('is-a-directory', upload.finish())
  await world.assertHomeQuota('bob', { size: 0, files: 0 })
})

test('an upload can be read back with the right to download alone', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob', {
    permissions: { '/': ['upload', 'overwrite', 'download'], '/in': ['upload'] },
  })
  await mkdir(join(world.homeOf('bob'), 'in'))
  const upload = await files.openUpload(at('/f'), overwriting)
  await upload.write(0, [Buffer.from('abc')])
  const target = Buffer.alloc(3)
  assert.equal(await upload.read(0, target), 3)
  assert.equal(target.toString(), 'abc')
  await upload.finish()
  const blind = await files.openUpload(at('/in/f'), overwriting)
  await blind.write(0, [Buffer.from('abc')])
  await rejects('permission-denied', blind.read(0, target))
  await blind.finish()
})

test('times that the client sets survive the end of the upload', async () => {
  await using world = await CoreWorld.open()
  const files = await world.filesOf('bob')
  const upload = await files.openUpload(at('/f'), overwriting)
  await files.setUploadAttributes(upload, { modifiedAt: 1_600_000_000_000, mode: 0o600 })
  await upload.write(0, [bytes(3)])
  await upload.finish()
  const { mtimeMs, mode } = await stat(join(world.homeOf('bob'), 'f'))
  assert.deepEqual([mtimeMs, mode & 0o777], [1_600_000_000_000, 0o600])
})

test('an almost full disk takes no new upload and stops a running one', async () => {
  await using world = await CoreWorld.open({ minFreeBytes: 2 ** 60 })
  const files = await world.filesOf('bob')
  await rejects('no-space', put(files, '/f', 'x'))
  await rejects('no-space', files.makeDirectory(at('/d')))
  await world.assertHomeQuota('bob', { size: 0, files: 0 })
})

test('an upload held to a rate ends at once when its connection is lost', async () => {
  await using world = await CoreWorld.open()
  await world.addUser('bob', { uploadBandwidth: 1, downloadBandwidth: 1 })
  await writeFile(join(world.homeOf('bob'), 'old'), bytes(1_000_000))
  const session = await world.openSession('bob')
  const upload = await session.files.openUpload(at('/f'), overwriting)
  const download = await session.files.openDownload(at('/old'))
  const write = upload.write(0, [bytes(1_000_000)])
  const read = download.read(0, bytes(1_000_000))
  const before = performance.now()
  await session.close('gone')
  await Promise.all([write, read])
  assert.ok(performance.now() - before < 2_000)
})
