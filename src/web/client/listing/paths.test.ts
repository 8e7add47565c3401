import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crumbsOf, isWithin, joinPath, nameOf, normalPath, parentOf } from './paths.ts'

describe('paths', () => {
  it('joins, and takes apart again', () => {
    assert.equal(joinPath('/', 'a'), '/a')
    assert.equal(joinPath('/a', 'b'), '/a/b')
    assert.equal(parentOf('/a/b'), '/a')
    assert.equal(parentOf('/a'), '/')
    assert.equal(parentOf('/'), '/')
    assert.equal(nameOf('/a/b.txt'), 'b.txt')
  })

  it('makes one path of what an address says', () => {
    assert.equal(normalPath(''), '/')
    assert.equal(normalPath('a//b/./c/'), '/a/b/c')
    assert.equal(normalPath('/a/../../../b'), '/b')
  })

  it('has a crumb for each directory on the way', () => {
    assert.deepEqual(crumbsOf('/'), [])
    assert.deepEqual(crumbsOf('/a/b c'), [
      { name: 'a', path: '/a' },
      { name: 'b c', path: '/a/b c' },
    ])
  })

  it('tells what lies within a directory by whole names', () => {
    assert.ok(isWithin('/', '/a'))
    assert.ok(isWithin('/a', '/a'))
    assert.ok(isWithin('/a', '/a/b'))
    assert.ok(!isWithin('/a', '/ab'))
  })
})
