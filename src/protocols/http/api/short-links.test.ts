import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShortLinks } from './short-links.ts'

test('a link is found by its owner alone, for five minutes', () => {
  let now = 0
  const links = new ShortLinks<string>(() => now)
  const id = links.add('ann', 'a file')
  assert.match(id, /^[\w-]{32}$/)
  assert.equal(links.find('ann', id), 'a file')
  assert.throws(() => links.find('bob', id), { code: 'not-found' })
  assert.throws(() => links.find('ann', 'unknown'), { code: 'not-found' })
  now = 5 * 60_000 - 1
  assert.equal(links.find('ann', id), 'a file')
  now++
  assert.throws(() => links.find('ann', id), { code: 'not-found' })
})

test('of too many links the oldest goes', () => {
  const links = new ShortLinks<number>(() => 0)
  const ids = Array.from({ length: 201 }, (_, i) => links.add('ann', i))
  assert.throws(() => links.find('ann', ids[0] ?? ''), { code: 'not-found' })
  assert.equal(links.find('ann', ids[1] ?? ''), 1)
  assert.equal(links.find('ann', ids[200] ?? ''), 200)
})
