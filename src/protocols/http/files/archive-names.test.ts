import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseVirtualPath } from '../../../core/files/virtual-path.ts'
import { archiveName, commonParent, entryName } from './archive-names.ts'

const paths = (...raw: string[]) => raw.map((path) => parseVirtualPath(path))

test('names are relative to the deepest directory that all are in', () => {
  assert.equal(commonParent(paths('/a/b/c', '/a/b/d')), '/a/b')
  assert.equal(commonParent(paths('/a/b/c', '/a/bb')), '/a')
  assert.equal(commonParent(paths('/a/b', '/a/b/c')), '/a')
  assert.equal(commonParent(paths('/a', '/b')), '/')
  assert.equal(commonParent(paths('/')), '/')
  const [base, path] = paths('/a/b', '/a/b/c/d')
  assert.equal(base && path && entryName(base, path), 'c/d')
})

test('an archive is called like what is in it', () => {
  assert.equal(archiveName(paths('/a/photos')), 'photos.zip')
  assert.equal(archiveName(paths('/a/photos/1', '/a/photos/2')), 'photos.zip')
  assert.equal(archiveName(paths('/a', '/b')), 'files.zip')
  assert.equal(archiveName(paths('/')), 'files.zip')
})
