import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LineEndConverter, ToLocalLines, ToNetworkLines } from './ascii.ts'

function convert(converter: LineEndConverter, text: string, chunkBytes: number): string {
  const parts: Buffer[] = []
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes)
    parts.push(Buffer.from(converter.convert(bytes.subarray(at, at + chunkBytes))))
  parts.push(converter.end())
  return Buffer.concat(parts).toString()
}

const text = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', 'bc')).map((parts) => parts.join(''))

test('lines sent to the client end with CRLF, however the file is cut', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 5 }), (local, chunkBytes) => {
      assert.equal(convert(new ToNetworkLines(), local, chunkBytes), local.replace(/\r?\n/g, '\r\n'))
    }),
  )
})

test('CRLF from the client becomes LF and nothing else is changed, however the bytes are cut', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 5 }), (wire, chunkBytes) => {
      assert.equal(convert(new ToLocalLines(), wire, chunkBytes), wire.replaceAll('\r\n', '\n'))
    }),
  )
})
