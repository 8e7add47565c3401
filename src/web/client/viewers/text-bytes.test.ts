import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blocksOf, decodeText, isEditable, lineEndOf, looksBinary, withLineEnds } from './text-bytes.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

describe('text of bytes', () => {
  it('is UTF-8, with the mark that stands before it', () => {
    assert.deepEqual(decodeText(utf8('añ日')), { text: 'añ日', isExact: true })
    assert.deepEqual(decodeText(utf8('\uFEFFa')), { text: '\uFEFFa', isExact: true })
  })

  it('is UTF-16 where it says so', () => {
    assert.deepEqual(decodeText(Uint8Array.of(0xff, 0xfe, 0x41, 0)), { text: 'A', isExact: false })
    assert.equal(decodeText(Uint8Array.of(0xfe, 0xff, 0, 0x41)).text, 'A')
  })

  it('tells when bytes of it are no letters', () => {
    assert.deepEqual(decodeText(Uint8Array.of(0x61, 0xff, 0x62)), { text: 'a\uFFFDb', isExact: false })
  })

  it('leaves out the half of a letter that is cut off', () => {
    assert.deepEqual(decodeText(utf8('a日').subarray(0, 3), { isPart: true }), { text: 'a', isExact: true })
  })

  it('is none where there are zeros', () => {
    assert.ok(looksBinary(Uint8Array.of(1, 0, 2)))
    assert.ok(!looksBinary(utf8('text')))
    assert.ok(!looksBinary(Uint8Array.of(0xff, 0xfe, 0x41, 0)))
  })

  it('keeps its line ends through a text field', () => {
    assert.equal(lineEndOf('a\r\nb'), '\r\n')
    assert.equal(withLineEnds('a\nb', '\r\n'), 'a\r\nb')
    assert.equal(withLineEnds('a\r\nb', '\n'), 'a\nb')
  })

  it('is edited where a text field gives back what was not changed', () => {
    const canEdit = (bytes: Uint8Array<ArrayBuffer>) => isEditable(decodeText(bytes))
    for (const text of ['', 'a', 'a\nb\n', 'a\r\nb\r\n', '\uFEFFañ\n', 'a\u2028b'])
      assert.ok(canEdit(utf8(text)), JSON.stringify(text))
    for (const text of ['a\nb\r\nc\n', 'a\rb\rc\n', 'a\rb', 'a\r\r\nb', 'a\r'])
      assert.ok(!canEdit(utf8(text)), JSON.stringify(text))
    assert.ok(!canEdit(Uint8Array.of(0x63, 0xe9)))
  })

  it('is cut into blocks at lines', () => {
    assert.deepEqual(blocksOf('aaa\nbb\nc', 2), ['aaa\n', 'bb\n', 'c'])
    assert.equal(blocksOf('x'.repeat(100), 10).length, 1)
    assert.deepEqual(blocksOf(''), [])
  })
})
