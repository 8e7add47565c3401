import assert from 'node:assert/strict'
import { test } from 'node:test'
import { der, derBitString, derContext, derInteger, derObjectIdentifier, derTag, derTime } from './der.ts'

const hex = (value: Buffer) => value.toString('hex')

test('writes lengths in their shortest form', () => {
  const header = (length: number) => hex(der(derTag.octetString, Buffer.alloc(length)).subarray(0, -length))
  assert.equal(header(127), '047f')
  assert.equal(header(128), '048180')
  assert.equal(header(255), '0481ff')
  assert.equal(header(256), '04820100')
  assert.equal(header(65_536), '0483010000')
})

test('writes integers that are never negative and never padded', () => {
  assert.equal(hex(derInteger(Buffer.of())), '020100')
  assert.equal(hex(derInteger(Buffer.of(0))), '020100')
  assert.equal(hex(derInteger(Buffer.of(0, 0, 2))), '020102')
  assert.equal(hex(derInteger(Buffer.of(0x7f))), '02017f')
  assert.equal(hex(derInteger(Buffer.of(0x80))), '02020080')
})

test('writes object identifiers with long arcs', () => {
  assert.equal(hex(derObjectIdentifier('1.2.840.10045.4.3.2')), '06082a8648ce3d040302')
  assert.equal(hex(derObjectIdentifier('2.5.29.19')), '0603551d13')
})

test('writes times of this half century short and later ones long', () => {
  assert.equal(
    hex(derTime(Date.UTC(2049, 11, 31, 23, 59, 59, 999))),
    `170d${Buffer.from('491231235959Z').toString('hex')}`,
  )
  assert.equal(hex(derTime(Date.UTC(2050, 0, 1))), `180f${Buffer.from('20500101000000Z').toString('hex')}`)
})

test('writes bit strings and context tags', () => {
  assert.equal(hex(derBitString(Buffer.of(0x80), 7)), '03020780')
  assert.equal(hex(derContext(2, 'primitive', Buffer.from('a'))), '820161')
  assert.equal(hex(derContext(3, 'constructed', derInteger(Buffer.of(1)))), 'a303020101')
})
