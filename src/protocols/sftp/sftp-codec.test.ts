import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasCode } from '../../core/errors.ts'
import type { Entry, EntryType } from '../../core/files/storage.ts'
import { decodeAttributes, encodeAttributes, longNameOf } from './sftp-attributes.ts'
import { decodeHandle, FieldReader, FieldWriter, packetType } from './sftp-codec.ts'

const entry: Entry = {
  name: 'name',
  type: 'file',
  size: 1234,
  mode: 0o640,
  modifiedAt: Date.UTC(2001, 1, 3),
  accessedAt: 0,
  links: 2,
}

function fieldsOf(packet: Buffer): FieldReader {
  assert.equal(packet.readUInt32BE(0), packet.length - 4)
  return new FieldReader(packet.subarray(5))
}

test('reads back what was written', () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff_ffff),
      fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      fc.string({ unit: 'grapheme' }),
      (number, large, text) => {
        const packet = new FieldWriter(packetType.status, 8).uint32(number).uint64(large).text(text).packet()
        const fields = fieldsOf(packet)
        assert.deepEqual([fields.uint32(), fields.uint64(), fields.text()], [number, large, text])
        assert.equal(fields.left, 0)
      },
    ),
  )
})

test('refuses fields that end before they should, as invalid, and never reads past the end', () => {
  const readings = [
    (fields: FieldReader) => fields.uint32(),
    (fields: FieldReader) => fields.uint64(),
    (fields: FieldReader) => fields.bytes(),
    (fields: FieldReader) => fields.text(),
    (fields: FieldReader) => decodeAttributes(fields),
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...readings), (bytes, read) => {
      const fields = new FieldReader(Buffer.from(bytes))
      try {
        read(fields)
      } catch (error) {
        assert.ok(hasCode(error, 'invalid-argument') || hasCode(error, 'invalid-path'), String(error))
      }
      assert.ok(fields.left >= 0)
    }),
    { interruptAfterTimeLimit: 1_000 },
  )
})

test('refuses positions that a number cannot hold and names that are not UTF-8', () => {
  const huge = new FieldReader(Buffer.alloc(8, 0xff))
  assert.throws(
    () => huge.uint64(),
    (error) => hasCode(error, 'invalid-argument'),
  )
  const latin1 = new FieldReader(Buffer.from([0, 0, 0, 2, 0xe4, 0x20]))
  assert.throws(
    () => latin1.text(),
    (error) => hasCode(error, 'invalid-path'),
  )
})

test('knows only handles of four bytes', () => {
  assert.equal(decodeHandle(Buffer.from([0, 0, 1, 0])), 256)
  assert.ok(Number.isNaN(decodeHandle(Buffer.from([1, 0, 0]))))
  assert.ok(Number.isNaN(decodeHandle(Buffer.alloc(400))))
})

test('tells type, permissions, size and times of an entry', () => {
  const types: [EntryType, number][] = [
    ['file', 0o100640],
    ['directory', 0o040640],
    ['symlink', 0o120640],
    ['other', 0o010640],
  ]
  for (const [type, mode] of types) {
    const written = encodeAttributes(new FieldWriter(packetType.attrs), { ...entry, type, accessedAt: -5 })
    const fields = fieldsOf(written.packet())
    assert.equal(fields.uint32(), 0xf)
    assert.equal(fields.uint64(), 1234)
    assert.deepEqual([fields.uint32(), fields.uint32()], [process.getuid?.(), process.getgid?.()])
    assert.equal(fields.uint32(), mode)
    assert.deepEqual([fields.uint32(), fields.uint32()], [0, Date.UTC(2001, 1, 3) / 1000])
  }
})

test('reads every attribute a client can send, and tells a foreign owner', () => {
  const sent = new FieldWriter(packetType.setstat).uint32(0x8000000f).uint64(2 ** 33)
  sent.uint32(12_345).uint32(0).uint32(0o100755).uint32(10).uint32(20).uint32(1).text('a').text('b')
  const { asksForOtherOwner, ...attributes } = decodeAttributes(fieldsOf(sent.packet()))
  assert.deepEqual(attributes, { size: 2 ** 33, mode: 0o755, accessedAt: 10_000, modifiedAt: 20_000 })
  assert.equal(asksForOtherOwner, true)
  assert.deepEqual(decodeAttributes(new FieldReader(Buffer.alloc(4))), { asksForOtherOwner: false })
})

test('shows an entry as ls -l would', () => {
  const owner = `${String(process.getuid?.()).padEnd(8)} ${String(process.getgid?.()).padEnd(8)}`
  const now = Date.UTC(2002, 1, 3)
  assert.equal(longNameOf(entry, now), `-rw-r-----    2 ${owner}     1234 Feb  3  2001 name`)
  const recent = longNameOf({ ...entry, type: 'directory', mode: 0o1777, modifiedAt: now }, now)
  assert.match(recent, /^drwxrwxrwt .* Feb  [234] \d\d:\d\d name$/)
  assert.match(longNameOf({ ...entry, mode: 0o4600 }, now), /^-rwS------/)
})
