import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { pino } from 'pino'
import { BurstOutput } from './burst-output.ts'

function logToMemory() {
  const writes: string[] = []
  const output = new BurstOutput({ write: (lines) => writes.push(lines) })
  return { writes, output, log: pino({ base: null, timestamp: false }, output) }
}

test('a line alone is written at once, those that follow it together', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const { writes, log } = logToMemory()
    for (const message of ['one', 'two', 'three']) log.info({}, message)
    assert.deepEqual(writes, ['{"level":30,"msg":"one"}\n'])
    mock.timers.tick(50)
    assert.deepEqual(writes.slice(1), ['{"level":30,"msg":"two"}\n{"level":30,"msg":"three"}\n'])
    mock.timers.tick(50)
    log.info({}, 'four')
    assert.equal(writes.length, 3)
  } finally {
    mock.timers.reset()
  }
})

test('a warning is written at once, after what came before it', () => {
  const { writes, log } = logToMemory()
  log.info({}, 'one')
  log.info({}, 'two')
  log.warn({}, 'three')
  assert.deepEqual(writes.slice(1), ['{"level":30,"msg":"two"}\n{"level":40,"msg":"three"}\n'])
})

test('a flush writes what was gathered', () => {
  const { writes, output, log } = logToMemory()
  log.info({}, 'one')
  log.info({}, 'two')
  output.flush()
  output.flush()
  assert.deepEqual(writes.slice(1), ['{"level":30,"msg":"two"}\n'])
})

test('a long burst is not kept back', () => {
  const { writes, log } = logToMemory()
  for (let i = 0; i < 100; i++) log.info({ text: 'x'.repeat(1000) }, 'long')
  assert.ok(writes.length >= 2)
})
