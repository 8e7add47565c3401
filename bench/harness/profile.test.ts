import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { runProgram } from '../../test/support/run-program.ts'
import { profilingInto, selfTimesOf, topOf } from './profile.ts'

function frame(id: number, functionName: string, url = '', lineNumber = 0) {
  return { id, callFrame: { functionName, url, lineNumber } }
}

suite('profile of a server', () => {
  test('a function has the time from where it was found to the next sample, in all processes', () => {
    const first = {
      startTime: 1_000_000,
      nodes: [frame(1, '(idle)'), frame(2, 'write', 'file:///a/socket.js', 6), frame(3, '')],
      samples: [1, 2, 2, 3, 1],
      timeDeltas: [5000, 70_000, 1000, 2000, 500],
    }
    const second = {
      startTime: 1_000_000,
      nodes: [frame(9, 'write', '/b/socket.js', 6)],
      samples: [9, 9],
      timeDeltas: [0, 1500],
    }
    assert.deepEqual(selfTimesOf([first, second]), [
      { name: 'write socket.js:7', milliseconds: 4.5, share: 0.9 },
      { name: '(anonymous)', milliseconds: 0.5, share: 0.1 },
    ])
    // 1_000_000 + 5,000 + 70,000 + 1,000: the first `write` has ended by then.
    assert.equal(selfTimesOf([first], 1_076_000)[0]?.milliseconds, 2)
  })

  test('Node writes one for a process that it is told to watch', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'profile-'))
    try {
      const script = 'function burn() { const end = Date.now() + 200; while (Date.now() < end); } burn()'
      const { isOk } = await runProgram(process.execPath, ['-e', script], {
        env: { ...process.env, ...(await profilingInto(directory)) },
      })
      assert.ok(isOk)
      const top = await topOf(directory)
      assert.ok(
        top.slice(0, 3).some(({ name }) => name.startsWith('burn ')),
        JSON.stringify(top),
      )
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('where none was written, that is an error', async () => {
    await assert.rejects(topOf(import.meta.dirname), /no profile/)
  })
})
