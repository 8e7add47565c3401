import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FieldReader, FieldWriter, packetType } from './sftp-codec.ts'
import { FramingError, SftpPacketReader, type WriteRequest } from './sftp-packet-reader.ts'

interface Seen {
  readonly packets: { type: number; fields: Buffer }[]
  readonly writes: WriteRequest[]
  readonly broken: number[]
}

function readAll(bytes: Buffer, cuts: readonly number[]): Seen & { heldBytes: number } {
  const seen: Seen = { packets: [], writes: [], broken: [] }
  const reader = new SftpPacketReader({
    onPacket: (type, fields) => seen.packets.push({ type, fields: Buffer.from(fields) }),
    onWrite: (request) => seen.writes.push(request),
    onBrokenWrite: (id) => seen.broken.push(id),
  })
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    let chunk = bytes.subarray(at, at + (cuts[i % cuts.length] ?? 1))
    at += chunk.length
    while (chunk.length > 0) chunk = reader.feed(chunk)
  }
  return { ...seen, heldBytes: reader.pendingBytes + reader.writeBytes }
}

function writePacket(id: number, position: number, data: Buffer): Buffer {
  const fields = new FieldWriter(packetType.write).uint32(id).uint32(4).uint32(7)
  return fields.uint64(position).uint32(data.length).raw(data).packet()
}

const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })

test('cuts the same packets out of a stream however it is split', () => {
  const request = fc.record({
    isWrite: fc.boolean(),
    id: fc.nat(0xffff_ffff),
    position: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    data: fc.uint8Array({ maxLength: 300 }),
  })
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), sizes, (requests, cuts) => {
      const stream = Buffer.concat(
        requests.map(({ isWrite, id, position, data }) =>
          isWrite
            ? writePacket(id, position, Buffer.from(data))
            : new FieldWriter(packetType.stat).uint32(id).uint32(data.length).raw(data).packet(),
        ),
      )
      const seen = readAll(stream, cuts)
      assert.equal(seen.heldBytes, 0)
      const [writes, others] = [requests.filter((r) => r.isWrite), requests.filter((r) => !r.isWrite)]
      assert.deepEqual(
        seen.writes.map(({ id, position: [high, low], chunks, length }) => {
          assert.equal(length, Buffer.concat(chunks).length)
          return { id, position: high * 2 ** 32 + low, data: Buffer.concat(chunks) }
        }),
        writes.map(({ id, position, data }) => ({ id, position, data: Buffer.from(data) })),
      )
      assert.deepEqual(
        seen.packets.map(({ fields }) => {
          const reader = new FieldReader(fields)
          return { id: reader.uint32(), data: Buffer.from(reader.bytes()) }
        }),
        others.map(({ id, data }) => ({ id, data: Buffer.from(data) })),
      )
    }),
    { interruptAfterTimeLimit: 1_000 },
  )
})

test('ends with a framing error or goes on, whatever bytes come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), sizes, (bytes, cuts) => {
      // Small lengths first, or nearly everything would be refused at once.
      const stream = Buffer.concat([Buffer.from([0, 0, 0]), Buffer.from(bytes)])
      try {
        const { heldBytes } = readAll(stream, cuts)
        assert.ok(heldBytes >= 0 && heldBytes <= stream.length)
      } catch (error) {
        assert.ok(error instanceof FramingError, String(error))
      }
    }),
    { interruptAfterTimeLimit: 1_000 },
  )
})

for (const [what, head] of [
  ['a length of 0', [0, 0, 0, 0, 5]],
  ['a length over 256 KiB', [0, 4, 0, 1, packetType.write]],
  ['a length of 4 GiB', [0xff, 0xff, 0xff, 0xff, packetType.read]],
  ['a request over 34,000 bytes', [0, 0, 0x84, 0xd1, packetType.stat]],
] as const)
  test(`cannot go on after ${what}`, () => {
    assert.throws(() => readAll(Buffer.from(head), [100]), FramingError)
  })

test('leaves a WRITE out whose lengths do not add up, and reads the next packet', () => {
  const wrongLength = writePacket(1, 0, Buffer.alloc(50))
  wrongLength.writeUInt32BE(51, 25)
  const longHandle = writePacket(2, 0, Buffer.alloc(50))
  longHandle.writeUInt32BE(0xffff_fff0, 9)
  const stream = Buffer.concat([wrongLength, longHandle, writePacket(3, 9, Buffer.from('right'))])
  for (const cut of [1, 7, 1000]) {
    const seen = readAll(stream, [cut])
    assert.deepEqual(seen.broken, [1, 2])
    assert.deepEqual(
      seen.writes.map(({ id }) => id),
      [3],
    )
  }
})
