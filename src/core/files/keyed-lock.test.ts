import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyedLock } from './keyed-lock.ts'

test('tasks of one key run one after the other, those of others beside them', async () => {
  const lock = new KeyedLock()
  const order: string[] = []
  const gate = Promise.withResolvers<undefined>()
  const first = lock.run('a', async () => {
    await gate.promise
    order.push('a1')
  })
  const second = lock.run('a', async () => void order.push('a2'))
  await lock.run('b', async () => void order.push('b'))
  gate.resolve(undefined)
  await Promise.all([first, second])
  assert.deepEqual(order, ['b', 'a1', 'a2'])
})

test('a failure is told to its own caller alone', async () => {
  const lock = new KeyedLock()
  const failing = lock.run('a', () => Promise.reject(new Error('no')))
  const next = lock.run('a', () => Promise.resolve('yes'))
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'yes')
})

test('two who want both keys never wait for each other', async () => {
  const lock = new KeyedLock()
  let running = 0
  const task = async () => {
    assert.equal(++running, 1)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  }
  await Promise.all([
    lock.runBoth('a', 'b', task),
    lock.runBoth('b', 'a', task),
    lock.run('b', task),
    lock.runBoth('b', 'b', task),
  ])
})
