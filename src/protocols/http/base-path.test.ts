import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BasePath, pathOf } from './base-path.ts'

test('takes the base path off by whole names, once', () => {
  const base = new BasePath('/users/a.b/plugins/p:1/')
  assert.equal(base.strip('/users/a.b/plugins/p:1/api/v2/users?x=/y'), '/api/v2/users?x=/y')
  assert.equal(base.strip('/users/a.b/plugins/p%3A1/'), '/')
  assert.equal(base.strip('/users/a.b/plugins/p:1/users/a.b/plugins/p:1/x'), '/users/a.b/plugins/p:1/x')
  for (const other of [
    '/api/v2/users',
    '/users/a.b/plugins/p:12/x',
    '/users/aXb/plugins/p:1/x',
    '/x/users/a.b/plugins/p:1/y',
  ])
    assert.equal(base.strip(other), other)
})

test('leads to the slash that is missing, and from nowhere else', () => {
  const base = new BasePath('/users/ann/plugins/p:1/')
  assert.equal(base.redirectOf('/users/ann/plugins/p:1'), './p:1/')
  assert.equal(base.redirectOf('/users/ann/plugins/p:1?a=b?c'), './p:1/?a=b?c')
  assert.equal(base.redirectOf('/users/ann/plugins/p:1/x'), undefined)
  assert.equal(new BasePath('/').redirectOf('/missing'), undefined)
})

test('changes nothing when the base path is the root', () => {
  assert.equal(new BasePath('/').strip('/api/v2/users'), '/api/v2/users')
})

test('leaves the query out of what is logged', () => {
  assert.equal(pathOf('/a/b?authorization=secret'), '/a/b')
})
