import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Download } from './download.ts'
import { type ByteSink, pumpDownload } from './pump-download.ts'

const period = 251
const pattern = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => index % period))

function numbered(from: number, count: number): Buffer {
  return pattern.subarray(from % period, (from % period) + count)
}

function fileOf(size: number): Pick<Download, 'read'> {
  return {
    async read(position, target) {
      const count = Math.max(0, Math.min(target.length, size - position))
      numbered(position, count).copy(target)
      return count
    },
  }
}

/** Checks the bytes when they are let go, as a network that sends from the buffer would see them. */
class CheckingSink implements ByteSink {
  readonly isFlushed: boolean
  position: number
  mostUnsent = 0
  #unsent = 0

  constructor(start: number, isFlushed: boolean) {
    this.position = start
    this.isFlushed = isFlushed
  }

  async write(piece: Buffer): Promise<void> {
    this.mostUnsent = Math.max(this.mostUnsent, ++this.#unsent)
    if (!this.isFlushed) await new Promise((resolve) => setImmediate(resolve))
    this.#unsent--
    assert.ok(piece.equals(numbered(this.position, piece.length)))
    this.position += piece.length
  }
}

for (const isFlushed of [false, true])
  for (const [size, start, end] of [
    [0, 0, Infinity],
    [5000, 0, Infinity],
    [262_144, 0, Infinity],
    [3_000_000, 100, Infinity],
    [3_000_000, 262_144, 2_000_000],
    [1000, 500, 5000],
    [1000, 700, 700],
  ] as const)
    test(`bytes ${start} to ${end} of ${size} arrive, ${isFlushed ? 'at once' : 'when they can'}`, async () => {
      const sink = new CheckingSink(start, isFlushed)
      const reached = await pumpDownload(fileOf(size) as Download, { start, end }, sink)
      assert.equal(reached, Math.min(size, end))
      assert.equal(sink.position, reached)
      assert.ok(sink.mostUnsent <= 2)
    })

test('a sink that takes no more ends it', async () => {
  const sink = { write: () => Promise.reject(new Error('gone')), isFlushed: false }
  await assert.rejects(pumpDownload(fileOf(9_000_000) as Download, { start: 0, end: Infinity }, sink), /gone/)
})

test('a file that never makes it wait leaves others their turn', async () => {
  let turns = 0
  const counter = setInterval(() => turns++, 0)
  const sink = { write: () => Promise.resolve(), isFlushed: true }
  const endless = { read: async (_: number, target: Buffer) => target.length } as unknown as Download
  await pumpDownload(endless, { start: 0, end: 2 ** 30 }, sink)
  clearInterval(counter)
  assert.ok(turns > 10, `${turns} turns`)
})

/** A socket that takes `takes` bytes straight, then none until it has been written to; 'flushed' a turn later. */
class SocketSink implements ByteSink {
  isFlushed = true
  position = 0
  straight = 0
  largestWritten = 0
  #room = 0
  readonly #takes: number

  constructor(takes: number) {
    this.#takes = this.#room = takes
  }

  get descriptor(): number | undefined {
    return this.isFlushed ? 7 : undefined
  }

  /** What the file sends to it, past write(). */
  send(bytes: number): number {
    assert.equal(this.descriptor, 7, 'bytes overtake what was written')
    const taken = Math.min(this.#room, bytes)
    this.#room -= taken
    this.position += taken
    this.straight += taken
    return taken
  }

  async write(piece: Buffer): Promise<void> {
    assert.ok(piece.equals(numbered(this.position, piece.length)))
    this.position += piece.length
    this.largestWritten = Math.max(this.largestWritten, piece.length)
    this.isFlushed = false
    await new Promise((resolve) => setImmediate(resolve))
    this.isFlushed = true
    this.#room = this.#takes
  }
}

function sendableFileOf(size: number, sink: SocketSink): Download {
  const sendTo: Download['sendTo'] = async (socket, position, length) => {
    assert.equal(position, sink.position)
    return socket() === undefined ? 0 : sink.send(Math.max(0, Math.min(length, size - position)))
  }
  return { ...fileOf(size), sendTo } as Download
}

for (const takes of [0, 1000, 300_000, 9_000_000])
  for (const end of [3_000_000, 2_000_000])
    test(`a socket that takes ${takes} bytes straight gets ${end} of 3000000 in order`, async () => {
      const sink = new SocketSink(takes)
      const reached = await pumpDownload(sendableFileOf(3_000_000, sink), { start: 0, end }, sink)
      assert.equal(reached, end)
      assert.equal(sink.position, end)
      if (takes >= end) assert.equal(sink.straight, end)
      else if (takes > 0) assert.ok(sink.straight > 0 && sink.largestWritten <= 64 * 1024)
    })
