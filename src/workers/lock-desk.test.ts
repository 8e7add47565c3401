import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelPair } from '../../test/workers/channel-pair.ts'
import { InPlaceFiles } from '../core/files/in-place-files.ts'
import { KeyedLock } from '../core/files/keyed-lock.ts'
import { LockDesk } from './lock-desk.ts'
import type { PrimaryWords, WorkerWords } from './messages.ts'
import { RemoteInPlaceFiles, RemoteLocks } from './remote-locks.ts'

function openDesk() {
  const locks = new KeyedLock()
  const inPlace = new InPlaceFiles()
  const workers = Array.from({ length: 2 }, () => {
    const [own, other] = channelPair<WorkerWords, PrimaryWords<unknown>>()
    const desk = new LockDesk(other, locks, inPlace)
    const files = new RemoteInPlaceFiles(own)
    return { desk, files, locks: new RemoteLocks(own, files), channel: own }
  })
  const [one, two] = workers
  assert.ok(one && two)
  return { locks, inPlace, one, two }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 10))

test('a name is one task’s at a time, in whatever process', async () => {
  const { locks, one, two } = openDesk()
  const running = new Set<string>()
  const task =
    (...names: string[]) =>
    async () => {
      for (const name of names) {
        assert.ok(!running.has(name), name)
        running.add(name)
      }
      await turn()
      for (const name of names) running.delete(name)
    }
  await Promise.all([
    one.locks.run('a', task('a')),
    two.locks.runBoth('a', 'b', task('a', 'b')),
    locks.run('a', task('a')),
    one.locks.runBoth('b', 'a', task('a', 'b')),
    locks.run('b', task('b')),
    two.locks.runBoth('b', 'b', task('b')),
  ])
})

test('a task that fails frees its name', async () => {
  const { one, two } = openDesk()
  await assert.rejects(one.locks.run('a', () => Promise.reject(new Error('no'))))
  assert.equal(await two.locks.run('a', () => Promise.resolve(7)), 7)
})

test('what a process that is gone held or waited for is free', async () => {
  const { locks, one, two } = openDesk()
  const holding = one.locks.run('a', () => new Promise(() => {}))
  holding.catch(() => {})
  await turn()
  const waiting = one.locks.run('a', () => Promise.resolve())
  waiting.catch(() => {})
  await turn()
  const next = two.locks.run('a', () => Promise.resolve('free'))
  one.channel.end()
  one.desk[Symbol.dispose]()
  assert.equal(await next, 'free')
  assert.equal(await locks.run('a', () => Promise.resolve('too')), 'too')
})

test('several processes that change one file in place count it together and once', async () => {
  const { one, two, inPlace } = openDesk()
  const open = ({ locks, files }: typeof one) => locks.run('f', async () => files.open('f', 100))
  const [mine, theirs] = [await open(one), await open(two)]
  assert.deepEqual([await mine.recount(150), await theirs.recount(170), await mine.recount(170)], [50, 20, 0])
  await one.locks.run('f', async () => {
    assert.equal(await one.files.countedSize('f', 999), 170)
    one.files.forget('f')
  })
  assert.equal(await theirs.recount(500), 0)
  one.files.release(mine)
  two.files.release(theirs)
  await turn()
  assert.equal(inPlace.has('f'), false)
})

test('a file that another process changes in place is known to a count by what it is on the disk', async () => {
  const { one, inPlace } = openDesk()
  const identity = { device: 1, file: 2 }
  const file = await one.locks.run('f', async () => one.files.open('f', 100, identity))
  const found = {
    name: 'g',
    type: 'file',
    size: 300,
    mode: 0,
    modifiedAt: 0,
    accessedAt: 0,
    links: 1,
  } as const
  assert.equal(inPlace.countedSizeOf({ ...found, identity }), 100)
  assert.equal(inPlace.countedSizeOf({ ...found, identity: { device: 1, file: 3 } }), 300)
  assert.equal(inPlace.countedSizeOf({ ...found, identity: { device: 2, file: 2 } }), 300)
  assert.equal(inPlace.countedSizeOf(found), 300)
  one.files.release(file)
  await turn()
  assert.equal(inPlace.countedSizeOf({ ...found, identity }), 300)
})

test('a replacement that another process saw break off is known until the name holds another file', async () => {
  const { one, two } = openDesk()
  const isUnfinished = (user: string) =>
    two.locks.runBoth('f', 'g', async () => [
      await two.files.isUnfinished('f', user),
      await two.files.isUnfinished('g', user),
    ])
  await one.locks.run('f', async () => one.files.markUnfinished('f', 'ann'))
  assert.deepEqual(await isUnfinished('ann'), [true, false])
  assert.deepEqual(await isUnfinished('bob'), [false, false])
  await two.locks.run('f', async () => two.files.forget('f'))
  assert.deepEqual(await isUnfinished('ann'), [false, false])
})

test('a name that nobody changes in place is told without another question', async () => {
  const { one } = openDesk()
  await one.locks.run('f', () => {
    assert.equal(one.files.countedSize('f', 30), 30)
    assert.equal(one.files.recount('f', 30, 50), 20)
    assert.equal(one.files.isUnfinished('f', 'ann'), false)
    return Promise.resolve()
  })
})

test('files that a process which is gone was changing are forgotten with it', async () => {
  const { one, inPlace } = openDesk()
  await one.locks.run('f', async () => one.files.open('f', 1))
  assert.equal(inPlace.has('f'), true)
  one.desk[Symbol.dispose]()
  assert.equal(inPlace.has('f'), false)
})
