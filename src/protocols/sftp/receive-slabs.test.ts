import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { borrow, copyOf, giveBack, ReceiveSlabs } from './receive-slabs.ts'
import { packetSlabs } from './packet-slabs.ts'

/** Puts `bytes` where the next ones belong. */
function receive(slabs: ReceiveSlabs, bytes: Buffer): void {
  bytes.copy(slabs.target)
  slabs.fill(bytes.length)
}

/** Takes everything, borrowed. */
function borrowAll(slabs: ReceiveSlabs): Buffer {
  const bytes = borrow(slabs.bytes)
  slabs.take(bytes.length)
  return bytes
}

const packet = (letter: string, length = 40_000) => Buffer.alloc(length, letter)

describe('memory that a connection receives into', () => {
  test('is used again from its beginning once everything was taken', () => {
    const slabs = new ReceiveSlabs()
    const first = slabs.target
    for (let i = 0; i < 100; i++) {
      receive(slabs, packet('a'))
      slabs.take(40_000)
    }
    assert.deepEqual([slabs.target.buffer, slabs.target.byteOffset], [first.buffer, first.byteOffset])
    assert.ok(slabs.isEmpty)
  })

  test('keeps borrowed bytes as they are, whatever comes after them', () => {
    const slabs = new ReceiveSlabs()
    const kept = ['a', 'b', 'c'].flatMap((letter) =>
      Array.from({ length: 12 }, () => {
        receive(slabs, packet(letter))
        return { letter, bytes: borrowAll(slabs) }
      }),
    )
    for (const { letter, bytes } of kept) assert.ok(bytes.equals(packet(letter)), letter)
  })

  test('is free for others when all that was borrowed came back, in any order and in parts', () => {
    const slabs = new ReceiveSlabs()
    receive(slabs, packet('a', packetSlabs.bytes - 50_000))
    const bytes = borrowAll(slabs)
    receive(slabs, packet('b'))
    assert.notEqual(slabs.bytes.buffer, bytes.buffer)
    giveBack(bytes.subarray(100_000))
    giveBack(bytes, 99_999)
    const others = new ReceiveSlabs()
    assert.notEqual(others.target.buffer, bytes.buffer)
    giveBack(bytes, 1)
    assert.equal(new ReceiveSlabs().target.buffer, bytes.buffer)
  })

  test('holds the beginning of a packet together with its end', () => {
    const slabs = new ReceiveSlabs()
    receive(slabs, packet('a', packetSlabs.bytes - 60_000))
    const kept = borrow(slabs.bytes.subarray(0, 200_000))
    slabs.take(200_000)
    const beginning = Buffer.from(slabs.bytes)
    receive(slabs, packet('b'))
    assert.ok(slabs.bytes.equals(Buffer.concat([beginning, packet('b')])))
    assert.ok(kept.equals(packet('a', 200_000)))
  })

  test('is not kept by a few bytes, nor without end', () => {
    const slabs = new ReceiveSlabs()
    receive(slabs, packet('a', 100))
    assert.notEqual(borrowAll(slabs).buffer, slabs.target.buffer)
    const kept = Array.from({ length: 1000 }, (_, i) => {
      receive(slabs, packet(String(i % 10)))
      return borrowAll(slabs)
    })
    assert.ok(kept.every((bytes, i) => bytes.equals(packet(String(i % 10)))))
    const borrowed = new Set(
      kept.filter((bytes) => bytes.buffer.byteLength === packetSlabs.bytes).map((bytes) => bytes.buffer),
    )
    assert.ok(borrowed.size <= 65, `${borrowed.size} slabs`)
  })

  test('survives the connection while it is borrowed', () => {
    const slabs = new ReceiveSlabs()
    receive(slabs, packet('a'))
    const bytes = borrowAll(slabs)
    slabs.end()
    assert.notEqual(new ReceiveSlabs().target.buffer, bytes.buffer)
    giveBack(bytes)
    assert.equal(new ReceiveSlabs().target.buffer, bytes.buffer)
  })

  test('is copied for those who keep bytes without giving them back', () => {
    const slabs = new ReceiveSlabs()
    receive(slabs, packet('a'))
    const bytes = copyOf(slabs.bytes)
    slabs.take(bytes.length)
    receive(slabs, packet('b'))
    assert.ok(bytes.equals(packet('a')))
    giveBack(bytes)
  })
})
