import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { oneLineEach } from './one-line-each.ts'

test('what clients choose stays one line of plain characters, and means the same', () => {
  const lines: string[] = []
  const log = pino({ base: null }, oneLineEach({ write: (line) => lines.push(line) }))
  const name = 'a\n\r\u001b[2J\u007f\u009b31m\u0085\u2028\u2029\u202egnp.exe\u2066"\\ümläut 日本 👍'
  log.info({ path: name }, 'file uploaded')
  assert.equal(lines.length, 1)
  const [line = ''] = lines
  assert.match(line, /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n$/)
  assert.equal((JSON.parse(line) as { path: string }).path, name)
  assert.ok(line.includes('ümläut 日本 👍'))
})
