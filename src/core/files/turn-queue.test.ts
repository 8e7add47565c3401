import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TurnQueue } from './turn-queue.ts'

test('tasks that share run together, a task alone runs alone, each in its turn', async () => {
  const queue = new TurnQueue()
  const running = new Set<string>()
  const log: string[] = []
  const task = (name: string) => async () => {
    running.add(name)
    log.push([...running].sort().join('+'))
    await new Promise((resolve) => setImmediate(resolve))
    running.delete(name)
    return name
  }
  const answers = await Promise.all([
    queue.share(task('a')),
    queue.share(task('b')),
    queue.alone(task('C')),
    queue.share(task('d')),
    queue.alone(task('E')),
    queue.alone(task('F')),
    queue.share(task('g')),
    queue.share(task('h')),
  ])
  assert.deepEqual(answers, ['a', 'b', 'C', 'd', 'E', 'F', 'g', 'h'])
  assert.deepEqual(log, ['a', 'a+b', 'C', 'd', 'E', 'F', 'g', 'g+h'])
})

test('a task that fails lets the next ones run', async () => {
  const queue = new TurnQueue()
  const fail = () => Promise.reject(new Error('failed'))
  const results = await Promise.allSettled([
    queue.share(fail),
    queue.alone(fail),
    queue.alone(() => Promise.resolve(1)),
    queue.share(() => Promise.resolve(2)),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled', 'fulfilled'],
  )
})
