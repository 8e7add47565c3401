import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileJob } from '../../../contract/file-job.ts'

// What the API's address is made of.
Object.assign(globalThis, { location: { href: 'http://files.example/web/client/files' } })
const { FileJobs } = await import('./file-jobs.ts')

const job: FileJob = {
  ...{ id: 'one', action: 'copy', state: 'running', started_at: 1, ended_at: 0 },
  ...{ done_files: 3, done_bytes: 4, current: '/a', failed: [], failed_count: 0 },
}

/** Answers GET with `answers`, one after the other, then with the last again, and POST with `job`. */
function answerWith(answers: readonly (readonly FileJob[])[]): string[] {
  const asked: string[] = []
  let turn = 0
  globalThis.fetch = (_url, init) => {
    asked.push(init?.method ?? 'GET')
    return Promise.resolve(
      Response.json(init?.method === 'POST' ? job : answers[Math.min(turn++, answers.length - 1)]),
    )
  }
  return asked
}

test('a job that ran and that the server does not know any more is told as such, until it is taken away', async () => {
  const ended: [string, boolean | undefined][] = []
  const jobs = new FileJobs({
    onChange: () => undefined,
    onEnd: ({ state, isLost }) => void ended.push([state, isLost]),
  })
  const asked = answerWith([[job], [], [{ ...job, id: 'two', state: 'done' }]])
  await jobs.load()
  await jobs.load()
  assert.deepEqual(ended, [['failed', true]])
  await jobs.load()
  assert.deepEqual(
    jobs.jobs.map(({ id, isLost, done_files: files }) => [id, isLost, files]),
    [
      ['one', true, 3],
      ['two', undefined, 3],
    ],
  )
  const [lost] = jobs.jobs
  assert.ok(lost)
  await jobs.remove(lost)
  assert.deepEqual([jobs.jobs.map(({ id }) => id), asked.includes('DELETE')], [['two'], false])
})

test('a job that begins while the server is asked is not taken for lost', async () => {
  const jobs = new FileJobs({ onChange: () => undefined, onEnd: () => undefined })
  answerWith([[], [{ ...job, state: 'done' }]])
  const asking = jobs.load()
  await jobs.start({ action: 'copy', paths: ['/a'], target: '/b' })
  await asking
  assert.ok(jobs.jobs.every(({ isLost }) => isLost === undefined))
})
