import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mount, MountTable } from './mounts.ts'
import type { Storage } from './storage.ts'
import type { VirtualPath } from './virtual-path.ts'

const mount = (virtualPath: string): Mount => ({
  virtualPath: virtualPath as VirtualPath,
  storage: {} as Storage,
  storageId: virtualPath,
  account: { kind: 'folder', name: virtualPath },
  limits: { size: 0, files: 0 },
})
const path = (text: string) => text as VirtualPath
const table = new MountTable([mount('/'), mount('/a/b'), mount('/a/b/c/d'), mount('/x')])

test('the deepest mount holds a path', () => {
  const located = (text: string) => {
    const { mount, key } = table.locate(path(text))
    return `${mount.virtualPath} ${key.join('|')}`
  }
  assert.equal(located('/'), '/ ')
  assert.equal(located('/a'), '/ a')
  assert.equal(located('/a/b'), '/a/b ')
  assert.equal(located('/a/b/c'), '/a/b c')
  assert.equal(located('/a/b/c/d/e'), '/a/b/c/d e')
  assert.equal(located('/a/bc'), '/ a|bc')
})

test('mounts and the ways to them are seen in listings', () => {
  assert.deepEqual(table.childrenOf(path('/')).sort(), ['a', 'x'])
  assert.deepEqual(table.childrenOf(path('/a')), ['b'])
  assert.deepEqual(table.childrenOf(path('/a/b')), ['c'])
  assert.deepEqual(table.childrenOf(path('/x')), [])
  assert.ok(table.isWayToMount(path('/a')))
  assert.ok(table.isWayToMount(path('/a/b/c')))
  assert.ok(!table.isWayToMount(path('/q')))
})

test('a mount and all above it are known to hold mounts', () => {
  assert.ok(table.holdsMount(path('/a')))
  assert.ok(table.holdsMount(path('/a/b')))
  assert.ok(!table.holdsMount(path('/a/q')))
  assert.ok(table.isMountPoint(path('/x')))
  assert.ok(!table.isMountPoint(path('/a')))
})

test('a key of a mount has its virtual path back', () => {
  const { mount, key } = table.locate(path('/a/b/q'))
  assert.equal(table.pathOf(mount, key), '/a/b/q')
  assert.equal(table.pathOf(mount, []), '/a/b')
})
