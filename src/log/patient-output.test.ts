import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openUnblocked, PatientOutput } from './patient-output.ts'

/** A pipe whose reader reads when it is told to. */
class Pipe implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'log-pipe-'))
  readonly #reading: number
  /** Waits for its reader, as a descriptor does that a process is started with. */
  readonly writing: number

  constructor() {
    const path = join(this.#directory, 'pipe')
    execFileSync('mkfifo', [path])
    this.#reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    this.writing = openSync(path, constants.O_WRONLY)
  }

  /** All that is in it. */
  read(): string {
    const bytes = Buffer.alloc(1024 * 1024)
    let length = 0
    try {
      for (;;) {
        const got = readSync(this.#reading, bytes, length, bytes.length - length, null)
        if (got === 0) break
        length += got
      }
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
    }
    return bytes.toString('latin1', 0, length)
  }

  [Symbol.dispose](): void {
    closeSync(this.#reading)
    closeSync(this.writing)
    rmSync(this.#directory, { recursive: true })
  }
}

const lineLength = 1_000
/** More than a pipe holds, which is 64 KiB. */
const lines = Array.from({ length: 200 }, (_, i) => `${i} `.padEnd(lineLength - 1, 'x') + '\n')

test('what is written is in the pipe at once', () => {
  using pipe = new Pipe()
  const output = new PatientOutput(openUnblocked(pipe.writing), { onLost: () => assert.fail() })
  output.write('one\n')
  output.write('two\nthree\n')
  assert.equal(pipe.read(), 'one\ntwo\nthree\n')
})

test('a reader that does not read holds nobody up, and finds every line in its order later', async () => {
  using pipe = new Pipe()
  const output = new PatientOutput(openUnblocked(pipe.writing), { onLost: () => assert.fail() })
  for (const line of lines) output.write(line)
  let read = ''
  for (let look = 0; look < 100 && read.length < lines.length * lineLength; look++) {
    read += pipe.read()
    await delay(20)
  }
  assert.equal(read, lines.join(''))
})

test('lines beyond what may wait are lost whole, and counted when there is room', async () => {
  using pipe = new Pipe()
  const lost: number[] = []
  const output = new PatientOutput(openUnblocked(pipe.writing), {
    maxWaiting: 20 * lineLength,
    onLost: (count) => {
      lost.push(count)
      output.write(`lost ${count}\n`)
    },
  })
  for (const line of lines) output.write(line)
  assert.deepEqual(lost, [])
  let read = ''
  for (let look = 0; look < 100 && !read.includes('lost'); look++) {
    read += pipe.read()
    await delay(20)
  }
  output.write('later\n')
  read += pipe.read()
  const kept = read.split('\n').length - 3
  assert.deepEqual(lost, [lines.length - kept])
  assert.equal(read, `${lines.slice(0, kept).join('')}lost ${lost[0]}\nlater\n`)
})

test('the end waits half a second for a reader and no longer', async () => {
  using pipe = new Pipe()
  const output = new PatientOutput(openUnblocked(pipe.writing), { onLost: () => assert.fail() })
  for (const line of lines) output.write(line)
  const startedAt = performance.now()
  output.flush()
  const took = performance.now() - startedAt
  assert.ok(took >= 490, `${took} ms`)
  let read = pipe.read()
  output.flush()
  read += pipe.read()
  for (let look = 0; look < 100 && read.length < lines.length * lineLength; look++) {
    output.flush()
    read += pipe.read()
  }
  assert.equal(read, lines.join(''))
  // The mode is of our own descriptor: who shares the other one waits as before.
  writeSync(pipe.writing, 'as before\n')
  assert.equal(pipe.read(), 'as before\n')
})

test('a descriptor of a file stays the same, as another one would begin at its start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-file-'))
  const file = openSync(join(directory, 'log'), 'w')
  try {
    assert.equal(openUnblocked(file), file)
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
})
