import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VirtualPath } from '../files/virtual-path.ts'
import { isAllowed, type PermissionMap, permissionsIn } from './permissions.ts'

const at = (map: PermissionMap, directory: string) => permissionsIn(map, directory as VirtualPath)

test('the nearest ancestor with an entry decides alone', () => {
  const map: PermissionMap = { '/': ['*'], '/a/b': ['list'], '/a/b/c': [] }
  assert.deepEqual(at(map, '/'), ['*'])
  assert.deepEqual(at(map, '/a'), ['*'])
  assert.deepEqual(at(map, '/ab'), ['*'])
  assert.deepEqual(at(map, '/a/b'), ['list'])
  assert.deepEqual(at(map, '/a/b/x/y'), ['list'])
  assert.deepEqual(at(map, '/a/b/c/d'), [])
})

test('a literal key beats a glob of its level, and the longest glob beats the others', () => {
  const map: PermissionMap = {
    '/': ['list'],
    '/dev/*': ['upload'],
    '/dev/cam*': ['download'],
    '/dev/cam1': ['delete'],
    '/d?v/cam*': ['chmod'],
  }
  assert.deepEqual(at(map, '/dev/cam1'), ['delete'])
  assert.deepEqual(at(map, '/dev/cam2'), ['chmod']) // '/d?v/cam*' and '/dev/cam*' are equally long: alphabetical
  assert.deepEqual(at(map, '/dev/plc'), ['upload'])
  assert.deepEqual(at(map, '/dev/plc/logs'), ['upload'])
  assert.deepEqual(at(map, '/dev'), ['list'])
})

test("'*' grants everything and one of several wanted is enough", () => {
  const root = '/' as VirtualPath
  assert.ok(isAllowed({ '/': ['*'] }, root, 'chmod'))
  assert.ok(isAllowed({ '/': ['delete_files'] }, root, 'delete', 'delete_files'))
  assert.ok(!isAllowed({ '/': ['delete_files'] }, root, 'delete', 'delete_dirs'))
  assert.ok(!isAllowed({ '/': [] }, root, 'list'))
})

test('names of object properties are no permissions', () => {
  assert.deepEqual(at({ '/': ['list'] }, '/constructor'), ['list'])
  assert.deepEqual(at({ '/': ['list'] }, '/__proto__'), ['list'])
})
