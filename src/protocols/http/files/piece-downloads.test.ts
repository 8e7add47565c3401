import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileServerError } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
import { PieceDownloads } from './piece-downloads.ts'

const size = 100
const minuteMs = 60_000
const entry = { name: 'a', type: 'file', size, modifiedAt: 0 } as const

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
    fail: async ({ code }: FileServerError) => void ends.push(code),
  }
  return { ends, open: async () => download as unknown as Download }
}

test('what nobody goes on with has failed five minutes after its last piece', async ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const downloads = new PieceDownloads()
  const { ends, open } = newFile()
  for (let i = 0; i < 4; i++) {
    const piece = await downloads.piece('link', open)
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
  await (await downloads.piece('link', bad.open)).fail(new FileServerError('storage-failure', 'bad disk'))
  assert.deepEqual(bad.ends, ['storage-failure'])
  await (await downloads.piece('link', good.open)).close({ start: 0, end: size })
  assert.deepEqual(good.ends, ['whole'])
})

test('what cannot be opened is asked for anew each time', async () => {
  const downloads = new PieceDownloads({ maxWaiting: 1 })
  const refuse = () => Promise.reject(new FileServerError('permission-denied', 'no'))
  for (const link of ['a', 'a', 'b']) await assert.rejects(downloads.piece(link, refuse), /no/)
  const { ends, open } = newFile()
  await (await downloads.piece('a', open)).close({ start: 0, end: size })
  assert.deepEqual(ends, ['whole'])
})

test('of too many that wait the one that was used longest ago has failed', async () => {
  const downloads = new PieceDownloads({ maxWaiting: 2 })
  const files = [newFile(), newFile(), newFile(), newFile()]
  const begin = (i: number) => downloads.piece(String(i), files[i]?.open ?? newFile().open)
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
