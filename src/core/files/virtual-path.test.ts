import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../errors.ts'
import {
  isWithin,
  joinPath,
  nameOf,
  parentOf,
  parseVirtualPath,
  segmentsOf,
  type VirtualPath,
} from './virtual-path.ts'

test('a path has one spelling', () => {
  const cases: [string, string][] = [
    ['', '/'],
    ['.', '/'],
    ['a', '/a'],
    ['/a//b/./c/', '/a/b/c'],
    ['/a/../../../b', '/b'],
    ['..', '/'],
    ['/a/b/..', '/a'],
    ['/ä/ß€/👍', '/ä/ß€/👍'],
    ['/a\\b', '/a\\b'],
    ['/...', '/...'],
    ['/a\nb', '/a\nb'],
  ]
  for (const [raw, path] of cases) assert.equal(parseVirtualPath(raw), path)
})

test('a relative path starts at its base and does not climb above the root', () => {
  const base = parseVirtualPath('/home/x')
  assert.equal(parseVirtualPath('y', base), '/home/x/y')
  assert.equal(parseVirtualPath('../../../../etc', base), '/etc')
  assert.equal(parseVirtualPath('/y', base), '/y')
})

test('NUL bytes and over-long names and paths are refused', () => {
  const refused = ['/a\0b', `/${'n'.repeat(256)}`, `/${'ä'.repeat(128)}`, '/abcdefgh'.repeat(500)]
  for (const raw of refused)
    assert.throws(
      () => parseVirtualPath(raw),
      (e) => hasCode(e, 'invalid-path'),
    )
  assert.equal(parseVirtualPath(`/${'n'.repeat(255)}`).length, 256)
  assert.equal(parseVirtualPath(`/${'ä'.repeat(127)}`).length, 128)
})

test('parents, names and segments come apart and together again', () => {
  const path = parseVirtualPath('/a/b')
  assert.equal(parentOf(path), '/a')
  assert.equal(parentOf('/' as VirtualPath), '/')
  assert.equal(nameOf(path), 'b')
  assert.deepEqual(segmentsOf(path), ['a', 'b'])
  assert.deepEqual(segmentsOf('/' as VirtualPath), [])
  assert.equal(joinPath('/' as VirtualPath, 'a'), '/a')
  assert.equal(joinPath(path, 'c'), '/a/b/c')
  for (const name of ['', '.', '..', 'a/b', 'a\0'])
    assert.throws(
      () => joinPath(path, name),
      (e) => hasCode(e, 'invalid-path'),
    )
})

test('being inside is decided by whole names', () => {
  const inside = (ancestor: string, path: string) => isWithin(ancestor as VirtualPath, path as VirtualPath)
  assert.ok(inside('/', '/a'))
  assert.ok(inside('/a', '/a'))
  assert.ok(inside('/a', '/a/b'))
  assert.ok(!inside('/a', '/ab'))
  assert.ok(!inside('/a/b', '/a'))
})
