import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { PacketRun } from './packet-run.ts'
import { packetHeaderLength, type PacketShape } from './ssh-packet.ts'

const shapes: PacketShape[] = [
  { blockLength: 16, unpadded: 4, tagLength: 16 },
  { blockLength: 8, unpadded: 4, tagLength: 16 },
  { blockLength: 16, unpadded: 0, tagLength: 64 },
]

test('lays bytes out in packets that keep to RFC 4253 §6 and hold them in order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...shapes),
      fc.integer({ min: 32, max: 400 }),
      fc.integer({ min: 1, max: 3_000 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (shape, payload, length, part) => {
        const run = new PacketRun({ shape, cipher: {}, channel: 5, payload, length })
        const bytes = randomBytes(length)
        run.set(bytes.subarray(0, 13), 0)
        let at = 13
        for (const place of run.places(Math.min(13, length), length)) {
          place.set(bytes.subarray(at, at + place.length))
          at += place.length
        }
        const kept = Math.max(1, Math.floor(length * part))
        run.shorten(kept)
        const contents: Buffer[] = []
        for (let taken = run.take(payload * 2); taken; taken = run.take(payload * 2)) {
          assert.deepEqual(Buffer.concat(taken.packets), taken.whole)
          for (const packet of taken.packets) contents.push(dataIn(packet, shape))
        }
        assert.deepEqual(Buffer.concat(contents), bytes.subarray(0, kept))
        run.release()
      },
    ),
    { interruptAfterTimeLimit: 1_000 },
  )
})

test('takes nothing that the window does not hold, and tells what is left', () => {
  const [shape] = shapes
  const run = new PacketRun({ shape, cipher: {}, channel: 0, payload: 100, length: 250 })
  run.set(Buffer.alloc(250, 'x'), 0)
  assert.equal(run.take(99), undefined)
  assert.equal(run.take(150)?.length, 100)
  assert.equal(run.rest().toString(), 'x'.repeat(150))
  assert.equal(run.take(1000)?.length, 150)
  assert.equal(run.left, 0)
})

function dataIn(packet: Buffer, shape: PacketShape): Buffer {
  const length = packet.readUInt32BE(0)
  const padding = packet[4] ?? 0
  assert.ok(padding >= 4)
  assert.equal((4 + length - shape.unpadded) % shape.blockLength, 0)
  assert.equal(packet.length, 4 + length + shape.tagLength)
  assert.deepEqual([packet[5], packet.readUInt32BE(6) === 5 || packet.readUInt32BE(6) === 0], [94, true])
  const dataLength = packet.readUInt32BE(10)
  assert.equal(packetHeaderLength + dataLength + padding, 4 + length)
  return packet.subarray(packetHeaderLength, packetHeaderLength + dataLength)
}
