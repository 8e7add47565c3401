import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { FileServerError } from '../../src/core/errors.ts'
import type { OpenForWriting } from '../../src/core/files/transfer-opener.ts'
import type { UserFilesystem } from '../../src/core/files/user-filesystem.ts'
import { at, CoreWorld, eventually, get, modifying, overwriting, put, rejects } from './core-fixture.ts'

const goingOn: OpenForWriting = { existing: 'modify', missing: 'fail', isResume: true }
const appending: OpenForWriting = { existing: 'append', missing: 'create' }

describe('a replacement that broke off', () => {
  let world: CoreWorld
  let files: UserFilesystem
  let username: string
  let userCount = 0
  before(async () => {
    world = await CoreWorld.open()
  })
  after(() => world[Symbol.asyncDispose]())
  beforeEach(async () => {
    username = `user${++userCount}`
    files = await world.filesOf(username)
    await put(files, '/f', 'original')
  })

  async function breakOff(how: OpenForWriting = overwriting, bytes = 'new'): Promise<void> {
    const upload = await files.openUpload(at('/f'), how)
    if (bytes !== '') await upload.write(0, [Buffer.from(bytes)])
    await upload.abort()
  }

  const goOn = () => put(files, '/f', '', goingOn)

  test('is not gone on with at a position, and nothing is appended', async () => {
    await breakOff()
    await rejects('not-resumable', goOn())
    await rejects('not-resumable', put(files, '/f', 'tail', appending))
    assert.equal(await get(files, '/f'), 'original')
    const refused = world.eventsOf('operation-refused').filter(({ actor }) => actor.username === username)
    assert.deepEqual(
      refused.map(({ operation, code }) => [operation, code]),
      Array(2).fill(['upload', 'not-resumable']),
    )
  })

  test('may be edited within, and does not grow', async () => {
    await breakOff()
    const upload = await files.openUpload(at('/f'), modifying)
    await upload.write(2, [Buffer.from('--')])
    await rejects('not-resumable', upload.write(8, [Buffer.from('tail')]))
    await rejects('not-resumable', upload.finish())
    assert.equal(await get(files, '/f'), 'or--inal')
    await world.assertHomeQuota(username, { size: 8, files: 1 })
  })

  test('grows by one who sends all of it in place', async () => {
    await breakOff()
    const upload = await files.openUpload(at('/f'), modifying)
    for (let position = 0; position < 15; position += 5) await upload.write(position, [Buffer.from('abcde')])
    await upload.finish()
    assert.equal(await get(files, '/f'), 'abcdeabcdeabcde')
  })

  test('is gone on with by another user, who has not sent it', async () => {
    await breakOff()
    await world.addUser('eve', { homeDir: world.homeOf(username) })
    await put((await world.openSession('eve')).files, '/f', ' of eve', appending)
    assert.equal(await get(files, '/f'), 'original of eve')
    await rejects('not-resumable', goOn())
  })

  const ends: [string, () => Promise<void>][] = [
    ['it is sent whole', () => put(files, '/f', 'whole')],
    ['a copy takes its name', () => put(files, '/g', 'copy').then(copyOver)],
    ['another file is renamed onto it', () => put(files, '/g', 'other').then(renameOver)],
    ['it is removed and a new one begins', () => files.removeFile(at('/f')).then(() => breakOff())],
    ['it was renamed away and a new one begins', () => renameAway().then(() => breakOff())],
    ['a day has passed', () => Promise.resolve(world.turnClock(24 * 60 * 60 * 1000))],
  ]
  const copyOver = async () => void (await files.copyFile(at('/g'), at('/f'), { replace: true }))
  const renameOver = () => files.rename(at('/g'), at('/f'), { replace: true })
  const renameAway = () => files.rename(at('/f'), at('/g'), { replace: false })
  for (const [when, end] of ends)
    test(`can be gone on with when ${when}`, async () => {
      await breakOff()
      await end()
      await goOn()
      await put(files, '/f', 'tail', appending)
      assert.match(await get(files, '/f'), /tail$/)
    })

  const harmless: [string, () => Promise<void>][] = [
    ['before any byte', () => breakOff(overwriting, '')],
    ['in a browser, which goes on by itself', () => breakOff({ ...overwriting, isAtomic: true })],
    ['of an empty file', () => put(files, '/f', '').then(() => breakOff())],
    ['of a new file', () => files.removeFile(at('/f')).then(() => breakOff())],
  ]
  for (const [what, end] of harmless)
    test(`stands in nobody’s way ${what}`, async () => {
      await end()
      await goOn()
    })

  test('is known also where its last step was refused', async () => {
    const upload = await files.openUpload(at('/f'), overwriting)
    await upload.write(0, [Buffer.from('new')])
    const lost = new FileServerError('aborted', 'The connection was lost')
    await rejects(
      'aborted',
      upload.finish(() => Promise.reject(lost)),
    )
    await rejects('not-resumable', goOn())
  })

  test('is known before its dead line is, and no more when it was sent whole over another one', async () => {
    const dead = await files.openUpload(at('/f'), overwriting)
    await dead.write(0, [Buffer.from('new')])
    await eventually(() =>
      goOn().then(
        () => false,
        () => true,
      ),
    )
    await put(files, '/f', 'whole')
    await dead.abort()
    await goOn()
    const shorter = await files.openUpload(at('/f'), overwriting)
    await shorter.write(0, [Buffer.from('new')])
    await put(files, '/f', 'whole again')
    await shorter.abort()
    await goOn()
    assert.equal(await get(files, '/f'), 'whole again')
  })

  test('of one file says nothing of another', async () => {
    await mkdir(join(world.homeOf(username), 'd'))
    await put(files, '/d/f', 'other')
    await breakOff()
    await put(files, '/d/f', ' end', appending)
    assert.equal(await readFile(join(world.homeOf(username), 'd', 'f'), 'utf8'), 'other end')
  })
})
