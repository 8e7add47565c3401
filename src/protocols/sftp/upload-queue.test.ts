import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Upload } from '../../core/files/upload.ts'
import { UploadQueue } from './upload-queue.ts'

/** Stands for an upload: remembers what was asked of it and lets the test say when a write is done. */
class FakeUpload {
  readonly calls: { position: number; text: string }[] = []
  readonly #pending: { resolve: () => void; reject: (error: Error) => void }[] = []
  size = 0

  write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(chunks)
    this.calls.push({ position, text: bytes.length > 20 ? `${bytes.length} bytes` : bytes.toString() })
    this.size = Math.max(this.size, position + bytes.length)
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }))
  }

  async endFirst(error?: Error): Promise<void> {
    const first = this.#pending.shift()
    if (error) first?.reject(error)
    else first?.resolve()
    await new Promise(setImmediate)
  }
}

function queueOver(upload: FakeUpload, appends = false) {
  const done: string[] = []
  const queue = new UploadQueue(upload as unknown as Upload, { appends })
  const write = (position: number, bytes: string | Buffer) => {
    const chunk = Buffer.from(bytes)
    const onDone = (error?: unknown) =>
      done.push(`${position} ${error instanceof Error ? error.message : 'ok'}`)
    queue.write({ position, chunks: [chunk], length: chunk.length, onDone })
  }
  return { queue, write, done }
}

test('makes one write of neighbours that waited for the disk', async () => {
  const upload = new FakeUpload()
  const { write, done } = queueOver(upload)
  write(0, 'aa')
  for (const [position, text] of [
    [2, 'bb'],
    [4, 'cc'],
    [9, 'zz'],
  ] as const)
    write(position, text)
  await upload.endFirst()
  await upload.endFirst()
  await upload.endFirst()
  assert.deepEqual(upload.calls, [
    { position: 0, text: 'aa' },
    { position: 2, text: 'bbcc' },
    { position: 9, text: 'zz' },
  ])
  assert.deepEqual(done, ['0 ok', '2 ok', '4 ok', '9 ok'])
})

test('starts a large second write beside the first unless the two overlap', async () => {
  const large = Buffer.alloc(300_000)
  const apart = new FakeUpload()
  const first = queueOver(apart)
  first.write(0, large)
  first.write(300_000, large)
  assert.equal(apart.calls.length, 2)
  const overlapping = new FakeUpload()
  const second = queueOver(overlapping)
  second.write(0, large)
  second.write(299_999, large)
  assert.equal(overlapping.calls.length, 1)
  await overlapping.endFirst()
  assert.equal(overlapping.calls.length, 2)
})

test('runs anything else alone: after the writes before it, before those after it', async () => {
  const upload = new FakeUpload()
  const { queue, write } = queueOver(upload)
  const seen: number[] = []
  write(0, 'aa')
  const stat = queue.alone(async () => void seen.push(upload.calls.length))
  write(2, 'bb')
  await new Promise(setImmediate)
  assert.deepEqual([seen, upload.calls.length], [[], 1])
  await upload.endFirst()
  await stat
  assert.deepEqual([seen, upload.calls.length], [[1], 2])
})

test('puts the bytes of an appending client at the end, wherever it says', async () => {
  const upload = new FakeUpload()
  upload.size = 100
  const { write } = queueOver(upload, true)
  write(0, 'aa')
  write(50, 'bb')
  await upload.endFirst()
  assert.deepEqual(upload.calls, [
    { position: 100, text: 'aa' },
    { position: 102, text: 'bb' },
  ])
})

test('tells every write of a failed batch, and a failed task its caller', async () => {
  const upload = new FakeUpload()
  const { queue, write, done } = queueOver(upload)
  write(0, 'aa')
  write(2, 'bb')
  write(4, 'cc')
  await upload.endFirst()
  await upload.endFirst(new Error('full'))
  assert.deepEqual(done, ['0 ok', '2 full', '4 full'])
  await assert.rejects(
    queue.alone(() => Promise.reject(new Error('closed'))),
    /closed/,
  )
})
