import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runProgram } from '../../test/support/run-program.ts'
import { silentLog } from '../core/log.ts'
import { lockDirectory } from './directory-lock.ts'

const made: string[] = []
after(() => Promise.all(made.map((directory) => rm(directory, { recursive: true }))))

async function directoryOfOwn(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'directory-lock-'))
  made.push(directory)
  return directory
}

const atOnce = { waitMs: 0, log: silentLog }

/** Locks it in another process, and ends that one with `end`, a statement. */
const lockElsewhere = (directory: string, end: string) =>
  runProgram(process.execPath, [
    ...['--input-type=module', '-e'],
    `import { lockDirectory } from ${JSON.stringify(import.meta.resolve('./directory-lock.ts'))}
    globalThis.lock = await lockDirectory(${JSON.stringify(directory)}, { waitMs: 0, log: console })
    process.stdout.write('locked')
    ${end}`,
  ])

test('a directory has one holder at a time, in this process and in others, and the refused are told which it is', async () => {
  const directory = await directoryOfOwn()
  {
    using _lock = await lockDirectory(directory, atOnce)
    await assert.rejects(lockDirectory(directory, atOnce), (error: Error) =>
      error.message.includes(directory),
    )
    const other = await lockElsewhere(directory, '')
    assert.equal(other.stdout, '')
    assert.ok(other.stderr.includes(`${directory} is in use`), other.stderr)
    using _another = await lockDirectory(await directoryOfOwn(), atOnce)
    // The refused ones have not opened and closed the lock away.
    await assert.rejects(lockDirectory(directory, atOnce), /in use/)
  }
  assert.equal((await lockElsewhere(directory, '')).stdout, 'locked')
})

test('a holder that is killed leaves no lock behind', async () => {
  const directory = await directoryOfOwn()
  const other = await lockElsewhere(directory, `process.kill(process.pid, 'SIGKILL')`)
  assert.deepEqual([other.stdout, other.exitCode], ['locked', null])
  using _lock = await lockDirectory(directory, atOnce)
})

test('a release is waited for, once told of', async () => {
  const directory = await directoryOfOwn()
  const told: string[] = []
  const log = { ...silentLog, warn: (_fields: object, text: string) => void told.push(text) }
  const first = await lockDirectory(directory, atOnce)
  setTimeout(() => first[Symbol.dispose](), 300)
  using _second = await lockDirectory(directory, { waitMs: 10_000, log })
  assert.equal(told.length, 1)
})

test('who waits gives up when told to', async () => {
  const directory = await directoryOfOwn()
  using _lock = await lockDirectory(directory, atOnce)
  const stop = new AbortController()
  const waiting = lockDirectory(directory, { waitMs: 60_000, log: silentLog, signal: stop.signal })
  setTimeout(() => stop.abort(), 50)
  await assert.rejects(waiting, (error) => error === stop.signal.reason)
})

test('its file is empty and for its owner alone; another one in its place is named', async () => {
  const directory = await directoryOfOwn()
  const path = join(directory, 'in-use.lock')
  {
    using _lock = await lockDirectory(directory, atOnce)
    const { size, mode } = await stat(path)
    assert.deepEqual([size, mode & 0o777], [0, 0o600])
  }
  await writeFile(path, 'something else '.repeat(100))
  await assert.rejects(lockDirectory(directory, atOnce), (error: Error) => error.message.includes(path))
})
