import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseVirtualPath } from '../../../core/files/virtual-path.ts'
import { archiveName, commonParent, EntryNames } from './archive-names.ts'

const paths = (...raw: string[]) => raw.map((path) => parseVirtualPath(path))

test('names are relative to the deepest directory that all are in', () => {
  assert.equal(commonParent(paths('/a/b/c', '/a/b/d')), '/a/b')
  assert.equal(commonParent(paths('/a/b/c', '/a/bb')), '/a')
  assert.equal(commonParent(paths('/a/b', '/a/b/c')), '/a')
  assert.equal(commonParent(paths('/a', '/b')), '/')
  assert.equal(commonParent(paths('/')), '/')
})

test('entries have the names of their files, and others where these would lead elsewhere or are taken', async () => {
  const stored = paths('/a/x\ufffd.t', '/a/x\ufffd (3).t')
  const [base, ...all] = paths(
    '/a',
    '/a/c/d',
    '/a/x\x80.t',
    '/a/x\x81.t',
    '/a/C:/1',
    '/a/C:/2',
    '/a/.\\',
    '/a/.＼',
  )
  assert.ok(base)
  const names = new EntryNames(base, (path) => Promise.resolve(stored.includes(path)))
  const given: string[] = []
  for (const path of [...all, ...all.slice(0, -1), ...stored]) given.push(await names.nameOf(path))
  const expected = ['c/d', 'x\ufffd (2).t', 'x\ufffd (4).t', 'C：/1', 'C：/2', '.＼', '.＼ (5)']
  // One that came while the archive was being made has to give way.
  assert.deepEqual(given, [...expected, ...expected.slice(0, -1), 'x\ufffd.t', 'x\ufffd (3).t'])
})

test('many that would have one name get theirs soon', async () => {
  const [base, ...all] = paths(
    '/',
    ...Array.from({ length: 20_000 }, (_, i) =>
      i
        .toString(32)
        .replaceAll(/./g, (digit) => String.fromCharCode(0x80 + parseInt(digit, 32)))
        .padStart(8, '\x80'),
    ),
  )
  assert.ok(base)
  const names = new EntryNames(base, () => Promise.resolve(false))
  const given = new Set<string>()
  for (const path of all) given.add(await names.nameOf(path))
  assert.equal(given.size, all.length)
})

test('an archive is called like what is in it', () => {
  assert.equal(archiveName(paths('/a/photos')), 'photos.zip')
  assert.equal(archiveName(paths('/a/photos/1', '/a/photos/2')), 'photos.zip')
  assert.equal(archiveName(paths('/a', '/b')), 'files.zip')
  assert.equal(archiveName(paths('/')), 'files.zip')
})
