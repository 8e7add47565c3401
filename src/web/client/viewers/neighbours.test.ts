import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { FileEntry } from '../../../contract/file.ts'
import { neighboursOf } from './neighbours.ts'

it('the images beside an image are found in the order that is shown, over what is none', () => {
  const entries = ['b.png', 'a.png', 'x.txt', 'c.png'].map((name): FileEntry => ({
    name,
    type: 'file',
    size: 1,
    modified: 1,
  }))
  const [b, a, , c] = entries
  assert.ok(a && b && c)
  const order = Uint32Array.of(1, 0, 2, 3)
  assert.deepEqual(neighboursOf({ order, entries }, b), { previous: a, next: c })
  assert.deepEqual(neighboursOf({ order, entries }, a), { previous: undefined, next: b })
  assert.deepEqual(neighboursOf({ order, entries }, { ...a, name: 'gone.png' }), {})
})
