import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { readProxyHeader } from './proxy-header.ts'

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

function binary(command: number, family: number, ...variable: Buffer[]): Buffer {
  const rest = Buffer.concat(variable)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(rest.length)
  return Buffer.concat([signature, Buffer.from([command, family]), length, rest])
}

const ipv4 = Buffer.from([192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0, 21])
const ipv6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.alloc(16),
  Buffer.alloc(4),
])
const tlv = Buffer.from([0x05, 0, 3, 1, 2, 3])

const right: [string, Buffer, string | undefined][] = [
  ['text, IPv4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 12345 21\r\n'), '192.0.2.1'],
  ['text, IPv6', Buffer.from('PROXY TCP6 2001:db8::1 ::1 65535 0\r\n'), '2001:db8::1'],
  ['text, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['text, unknown with more', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), undefined],
  ['binary, IPv4', binary(0x21, 0x11, ipv4), '192.0.2.1'],
  ['binary, IPv6', binary(0x21, 0x21, ipv6), '2001:db8::1'],
  ['binary with records', binary(0x21, 0x11, ipv4, tlv, tlv), '192.0.2.1'],
  ['binary, LOCAL', binary(0x20, 0x00), undefined],
  ['binary, LOCAL with an address', binary(0x20, 0x11, ipv4), undefined],
  ['binary, not specified', binary(0x21, 0x00, tlv), undefined],
  ['binary, UNIX', binary(0x21, 0x31, Buffer.alloc(216)), undefined],
]

for (const [what, bytes, address] of right)
  test(`a header is read however it is cut, and what follows is left alone: ${what}`, () => {
    for (let length = 0; length < bytes.length; length++)
      assert.equal(readProxyHeader(bytes.subarray(0, length)), 'incomplete', String(length))
    for (const after of [Buffer.alloc(0), Buffer.from('SSH-2.0-x\r\n'), bytes])
      assert.deepEqual(readProxyHeader(Buffer.concat([bytes, after])), { length: bytes.length, address })
  })

test('what is no header, too long, or says nonsense is malformed as soon as that is sure', () => {
  for (const bytes of [
    'SSH-2.0-x\r\n',
    'USER ann\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n',
    'PROXY TCP4 2001:db8::1 ::1 1 2\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n',
    'PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n',
    'PROXY TCP5 1 2 3 4\r\n',
    'proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(120)}\r\n`,
    `PROXY ${'x'.repeat(101)}`,
  ])
    assert.equal(readProxyHeader(Buffer.from(bytes)), 'malformed', bytes)
  for (const bytes of [
    binary(0x11, 0x11, ipv4),
    binary(0x22, 0x11, ipv4),
    binary(0x21, 0x11, ipv4.subarray(1)),
    binary(0x21, 0x21, ipv4),
    binary(0x21, 0x11, Buffer.alloc(4097)),
    Buffer.concat([signature.subarray(0, 11), Buffer.from('X')]),
  ])
    assert.equal(readProxyHeader(bytes), 'malformed', bytes.toString('hex').slice(0, 60))
})

test('random bytes, and headers with a byte changed, never throw and never claim more than there is', () => {
  const valid = right.map(([, bytes]) => bytes)
  const check = (bytes: Buffer) => {
    const header = readProxyHeader(bytes)
    if (typeof header === 'string') return
    assert.ok(header.length <= bytes.length)
    assert.ok(header.address === undefined || /^[\d.]+$|^[\da-f:]+$/i.test(header.address))
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(valid.length - 1),
      fc.nat(200),
      (bytes, index, at) => {
        check(Buffer.from(bytes))
        check(Buffer.concat([signature, bytes]))
        const changed = Buffer.from(valid[index] ?? '')
        changed[at % changed.length] = bytes[0] ?? 0
        check(changed)
        check(Buffer.concat([changed, randomBytes(20)]))
      },
    ),
    { numRuns: 3000 },
  )
})
