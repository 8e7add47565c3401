import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channelPair } from '../../test/workers/channel-pair.ts'
import { FileServerError, hasCode } from '../core/errors.ts'
import { silentLog } from '../core/log.ts'
import { Channel } from './channel.ts'

interface Words {
  calls: { double: { ask: number; answer: number }; wait: { ask: null; answer: void } }
  notes: { said: string }
}
interface NoWords {
  calls: object
  notes: object
}

function openPair() {
  const [asker, answerer] = channelPair<Words, NoWords>()
  const said: string[] = []
  answerer.answer('double', (number) => number * 2)
  answerer.on('said', (text) => void said.push(text))
  return { asker, answerer, said }
}

test('each call gets its own answer, in whatever order they are ready', async () => {
  const { asker, answerer } = openPair()
  const gate = Promise.withResolvers<void>()
  answerer.answer('wait', () => gate.promise)
  const order: string[] = []
  const slow = asker.call('wait', null).then(() => order.push('slow'))
  const quick = asker.call('double', 21).then((answer) => order.push(`quick ${answer}`))
  await quick
  gate.resolve()
  await slow
  assert.deepEqual(order, ['quick 42', 'slow'])
})

test('notes and calls are heard in the order in which they were said', async () => {
  const { asker, said, answerer } = openPair()
  answerer.answer('double', (number) => {
    said.push(`call ${number}`)
    return number
  })
  asker.post('said', 'one')
  const call = asker.call('double', 2)
  asker.post('said', 'three')
  await call
  assert.deepEqual(said, ['one', 'call 2', 'three'])
})

test('what is said in one turn is one message', async () => {
  const sent: object[] = []
  const channel = new Channel<Words, NoWords>(
    { send: (message) => void sent.push(message), receive() {} },
    silentLog,
  )
  for (const text of ['a', 'b', 'c']) channel.post('said', text)
  await new Promise(setImmediate)
  assert.deepEqual(sent, [
    [
      ['note', 'said', 'a'],
      ['note', 'said', 'b'],
      ['note', 'said', 'c'],
    ],
  ])
})

test('connections that are on their way when the other process ends are closed, each once', () => {
  const left: (() => void)[] = []
  const channel = new Channel<Words, NoWords>(
    { send: (_message, _handle, onSent) => void left.push(() => onSent(null)), receive() {} },
    silentLog,
  )
  const closed: string[] = []
  for (const name of ['a', 'b', 'c']) channel.hand('said', name, { close: () => void closed.push(name) })
  left[0]?.()
  assert.deepEqual(closed, ['a'])
  channel.end()
  left[1]?.()
  channel.hand('said', 'd', { close: () => void closed.push('d') })
  assert.deepEqual(closed, ['a', 'b', 'c', 'd'])
})

test('a failure keeps its code, its text and its field; one that nobody foresaw tells nothing', async () => {
  const { asker, answerer } = openPair()
  answerer.answer('double', () => {
    throw new FileServerError('invalid-argument', 'not this', { field: 'number' })
  })
  await assert.rejects(asker.call('double', 1), {
    code: 'invalid-argument',
    message: 'not this',
    field: 'number',
  })
  answerer.answer('double', () => {
    throw new Error('a secret')
  })
  await assert.rejects(asker.call('double', 1), {
    code: 'storage-failure',
    message: 'The request failed on the server',
  })
})

test('the end of the other process ends every call, and what comes later', async () => {
  const { asker, answerer } = openPair()
  answerer.answer('wait', () => new Promise(() => {}))
  const waiting = asker.call('wait', null)
  asker.end()
  await assert.rejects(waiting, (error) => hasCode(error, 'unavailable'))
  await assert.rejects(asker.call('double', 1), (error) => hasCode(error, 'unavailable'))
  let closed = 0
  asker.hand('said', 'late', { close: () => closed++ })
  assert.equal(closed, 1)
})
