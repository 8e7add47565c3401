import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WorkerWatch } from './worker-watch.ts'

/** What is seen by a look each second, from `from` to `to` in seconds. */
function statesOf(watch: WorkerWatch, from: number, to: number): string[] {
  const states: string[] = []
  for (let second = from; second <= to; second++) states.push(watch.look(second * 1000))
  return states
}

test('a worker is silent after five seconds, hung after twenty, and neither once it speaks', () => {
  const watch = new WorkerWatch(0)
  watch.heard(0)
  const states = statesOf(watch, 1, 20)
  assert.deepEqual(states, [...Array<string>(4).fill('answers'), ...Array<string>(15).fill('silent'), 'hung'])
  watch.heard(20_500)
  assert.equal(watch.look(21_000), 'answers')
})

test('a worker that starts has a minute for its first word', () => {
  const watch = new WorkerWatch(0)
  assert.deepEqual(new Set(statesOf(watch, 1, 59)), new Set(['answers']))
  assert.equal(watch.look(60_000), 'hung')
})

test('a primary process that was held up itself takes no worker for a hung one', () => {
  const watch = new WorkerWatch(0)
  watch.heard(0)
  statesOf(watch, 1, 3)
  assert.equal(watch.look(100_000), 'answers')
  assert.equal(statesOf(watch, 101, 117).at(-1), 'hung')
})
