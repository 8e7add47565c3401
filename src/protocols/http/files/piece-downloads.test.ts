import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileServerError } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
import { PieceDownloads } from './piece-downloads.ts'

const size = 100
const minuteMs = 60_000
const entry = { name: 'a', type: 'file', size, modifiedAt: 0, accessedAt: 0, mode: 0, links: 1 } as const

const look = async () => entry

/** Opens a file, and tells how its download ended. */
function newFile() {
  const ends: string[] = []
  const download = {
    ...{ entry, bytes: size },
    stat: async () => {
      if (ends.length > 0) throw new FileServerError('aborted', 'The file is closed')
      return entry
    },
    close: async () => void ends.push('whole'),
    dismiss: async () => void ends.push('unwanted'),
    fail: async ({ code }: FileServerError) => void ends.push(code),
  }
  return { ends, open: async () => download as unknown as Download }
}

test('what nobody goes on with has failed five minutes after its last piece', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const downloads = new PieceDownloads()
  const { ends, open } = newFile()
  for (let i = 0; i < 4; i++) {
    const piece = await downloads.piece('link', open, look)
    mock.timers.tick(minuteMs * 60)
    await (i === 2
      ? piece.fail(new FileServerError('aborted', 'gone'))
      : piece.close({ start: 10 * i, end: 10 * i + 10 }))
    mock.timers.tick(minuteMs * 5 - 1)
  }
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(ends, [])
  mock.timers.tick(1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(ends, ['aborted'])
})

test('what cannot be read has failed at once, and is opened anew', async () => {
  const downloads = new PieceDownloads()
  const [bad, good] = [newFile(), newFile()]
  await (
    await downloads.piece('link', bad.open, look)
  ).fail(new FileServerError('storage-failure', 'bad disk'))
  assert.deepEqual(bad.ends, ['storage-failure'])
  await (await downloads.piece('link', good.open, look)).close({ start: 0, end: size })
  assert.deepEqual(good.ends, ['whole'])
})

test('what cannot be opened is asked for anew each time', async () => {
  const downloads = new PieceDownloads({ maxWaiting: 1 })
  const refuse = () => Promise.reject(new FileServerError('permission-denied', 'no'))
  for (const link of ['a', 'a', 'b']) await assert.rejects(downloads.piece(link, refuse, look), /no/)
  const { ends, open } = newFile()
  await (await downloads.piece('a', open, look)).close({ start: 0, end: size })
  assert.deepEqual(ends, ['whole'])
})

test('of too many that wait the one that was used longest ago has failed', async () => {
  const downloads = new PieceDownloads({ maxWaiting: 2 })
  const files = [newFile(), newFile(), newFile(), newFile()]
  const begin = (i: number) => downloads.piece(String(i), files[i]?.open ?? newFile().open, look)
  const wait = async (i: number) => (await begin(i)).close({ start: 0, end: 1 })
  const underWay = await begin(0)
  await wait(1)
  await wait(2)
  await wait(3)
  assert.deepEqual(
    files.map(({ ends }) => ends),
    [[], ['aborted'], ['aborted'], []],
  )
  await underWay.close({ start: 0, end: size })
  assert.deepEqual(files[0]?.ends, ['whole'])
})

test('files that a client has whole push out none that waits', async () => {
  const downloads = new PieceDownloads({ maxWaiting: 2 })
  const waiting = newFile()
  await (await downloads.piece('waiting', waiting.open, look)).close({ start: 0, end: 1 })
  for (const link of ['a', 'b', 'c'])
    await (await downloads.piece(link, newFile().open, look)).close({ start: 0, end: size })
  assert.deepEqual(waiting.ends, [])
})

test('pieces with a hole between them are no whole file, whatever order they end in', async () => {
  const downloads = new PieceDownloads()
  const { ends, open } = newFile()
  const begin = () => downloads.piece('link', open, look)
  const [first, second, third] = [await begin(), await begin(), await begin()]
  await third.close({ start: 66, end: size })
  await second.fail(new FileServerError('aborted', 'gone'))
  await first.close({ start: 0, end: 33 })
  assert.deepEqual(ends, [])
  await (await begin()).close({ start: 33, end: 66 })
  assert.deepEqual(ends, ['whole'])
})

test('a path that leads elsewhere, or nowhere, by now ends it', async () => {
  const downloads = new PieceDownloads()
  const [old, other] = [newFile(), newFile()]
  await (await downloads.piece('link', old.open, look)).close({ start: 0, end: 1 })
  const piece = await downloads.piece('link', other.open, async () => ({ ...entry, modifiedAt: 1 }))
  assert.deepEqual(old.ends, ['busy'])
  await piece.close({ start: 1, end: size })
  assert.deepEqual(other.ends, ['whole'])
})
