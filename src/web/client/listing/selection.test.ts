import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  findPrefix,
  moveTo,
  nothingSelected,
  selectAll,
  selectOnly,
  selectRange,
  toggle,
} from './selection.ts'

const names = ['a', 'b', 'c', 'Dog', 'dot']
const nameAt = (position: number) => names[position]

describe('a selection', () => {
  it('takes one in and lets it go again', () => {
    const one = toggle(nothingSelected, 1, nameAt)
    assert.deepEqual([...one.names], ['b'])
    assert.deepEqual([...toggle(one, 1, nameAt).names], [])
    assert.equal(toggle(one, 9, nameAt), one)
  })

  it('reaches from where it began, in both directions', () => {
    const began = selectOnly(2, nameAt)
    assert.deepEqual([...selectRange(began, 4, nameAt).names], ['c', 'Dog', 'dot'])
    const back = selectRange(selectRange(began, 4, nameAt), 0, nameAt)
    assert.deepEqual([...back.names], ['a', 'b', 'c'])
    assert.deepEqual([back.anchor, back.active], [2, 0])
  })

  it('holds everything, with the keyboard where it was', () => {
    const all = selectAll(moveTo(nothingSelected, 3), names.length, nameAt)
    assert.equal(all.names.size, 5)
    assert.equal(all.active, 3)
  })

  it('stays while the keyboard moves', () => {
    assert.deepEqual([...moveTo(selectOnly(0, nameAt), 2).names], ['a'])
  })

  it('a typed letter finds the next name that begins so, going round', () => {
    assert.equal(findPrefix('d', 0, names.length, nameAt), 3)
    assert.equal(findPrefix('d', 4, names.length, nameAt), 4)
    assert.equal(findPrefix('do', 4, names.length, nameAt), 4)
    assert.equal(findPrefix('a', 3, names.length, nameAt), 0)
    assert.equal(findPrefix('x', 0, names.length, nameAt), -1)
  })
})
