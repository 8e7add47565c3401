import assert from 'node:assert/strict'
import { test } from 'node:test'

// What the API's address is made of.
Object.assign(globalThis, { location: { href: 'http://files.example/web/admin/users' } })
const { currentCsrfToken } = await import('./api.ts')
const { takeTokenOf } = await import('./page-owner.ts')

test('a page takes no token of somebody else who signed in meanwhile', () => {
  const tokens = [
    undefined,
    { username: 'ann', csrf_token: 'first' },
    { username: 'bob', csrf_token: 'of another' },
    { username: 'ann', csrf_token: 'second' },
  ].map((session) => {
    takeTokenOf(session)
    return currentCsrfToken()
  })
  assert.deepEqual(tokens, ['', 'first', 'first', 'second'])
})
