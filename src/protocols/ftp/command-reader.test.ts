import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CommandReader, tooLong } from './command-reader.ts'

function readAll(bytes: Buffer, chunkBytes: number, maxLineBytes = 64) {
  const reader = new CommandReader(maxLineBytes)
  const lines = []
  for (let at = 0; at < bytes.length; at += chunkBytes)
    lines.push(...reader.push(bytes.subarray(at, at + chunkBytes)))
  return { lines, reader }
}

test('lines are the same however the bytes are cut', () => {
  const bytes = Buffer.from('USER ann\r\npass ümläut\nNOOP\r\n\r\nRETR a\r')
  for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++) {
    const { lines, reader } = readAll(bytes, chunkBytes)
    assert.deepEqual(lines, ['USER ann', 'pass ümläut', 'NOOP', ''])
    assert.equal(reader.hasPartialLine, true)
  }
})

test('Telnet controls before ABOR are taken out, with the data mark and without', () => {
  const interrupt = [0xff, 0xf4]
  for (const bytes of [
    [...interrupt, 0xff, 0xf2],
    [...interrupt, 0xff],
    [0xff, 0xfb, 0x01],
    [0xff, 0xfd, 0x22, ...interrupt],
  ]) {
    for (const chunkBytes of [1, 2, 100]) {
      const { lines } = readAll(Buffer.from([...bytes, ...Buffer.from('ABOR\r\n')]), chunkBytes)
      assert.deepEqual(lines, ['ABOR'])
    }
  }
})

test('a doubled 0xFF is one in a name', () => {
  const bytes = Buffer.from('MKD a\xff\xffb\r\n', 'latin1')
  for (const chunkBytes of [1, 2, 7, 100]) assert.deepEqual(readAll(bytes, chunkBytes).lines, ['MKD aÿb'])
})

test('CR NUL is a CR in a name, also at its end, and CR alone stays', () => {
  for (const [sent, read] of [
    ['MKD a\r\0b\r\n', 'MKD a\rb'],
    ['MKD \r\0\r\0b\r\0\r\n', 'MKD \r\rb\r'],
    ['MKD a\rb\r\n', 'MKD a\rb'],
    ['MKD a\0b\r\n', 'MKD a\0b'],
    ['NOOP\r\r\n', 'NOOP'],
    ['NOOP\0\r\n', 'NOOP'],
    ['NOOP\r\0\n', 'NOOP'],
  ] as const)
    for (const chunkBytes of [1, 2, 7, 100])
      assert.deepEqual(readAll(Buffer.from(sent), chunkBytes).lines, [read])
})

test('a line that is too long is one error and the next one is read', () => {
  for (const chunkBytes of [1, 7, 1000]) {
    const { lines, reader } = readAll(Buffer.from(`${'x'.repeat(65)}\r\nNOOP\r\n`), chunkBytes)
    assert.deepEqual(lines, [tooLong, 'NOOP'])
    assert.equal(reader.hasPartialLine, false)
  }
})

test('bytes that are not UTF-8 are read as Latin-1', () => {
  const { lines } = readAll(Buffer.from('RETR a\xf1o.csv\r\n', 'latin1'), 3)
  assert.deepEqual(lines, ['RETR año.csv'])
})

test('anything at all is read without an error and in bounded memory', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
      const reader = new CommandReader(50)
      for (const chunk of chunks)
        for (const line of reader.push(Buffer.from(chunk))) assert.ok(line === tooLong || line.length <= 50)
    }),
    { numRuns: 2000 },
  )
})
