import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gridCommand, type GridPlace } from './grid-keys.ts'

const plain = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false }
const place: GridPlace = { active: 5, count: 100, page: 20 }
const press = (key: string, more: Partial<typeof plain> = {}, at = place) =>
  gridCommand({ ...plain, ...more, key }, at)

describe('keys of the grid', () => {
  it('move, and stay within the rows', () => {
    assert.deepEqual(press('ArrowDown'), { kind: 'move', to: 6, isRange: false })
    assert.deepEqual(press('PageUp'), { kind: 'move', to: 0, isRange: false })
    assert.deepEqual(press('PageDown', { shiftKey: true }), { kind: 'move', to: 25, isRange: true })
    assert.deepEqual(press('End'), { kind: 'move', to: 99, isRange: false })
    assert.deepEqual(press('ArrowDown', {}, { ...place, active: 99 }), {
      kind: 'move',
      to: 99,
      isRange: false,
    })
  })

  it('begin at the first row or the last', () => {
    const nowhere = { ...place, active: -1 }
    assert.deepEqual(press('ArrowDown', {}, nowhere), { kind: 'move', to: 0, isRange: false })
    assert.deepEqual(press('ArrowUp', {}, nowhere), { kind: 'move', to: 99, isRange: false })
    assert.deepEqual(press('ArrowDown', {}, { ...nowhere, count: 0 }), { kind: 'none' })
  })

  it('do what they do elsewhere', () => {
    assert.deepEqual(press('Enter'), { kind: 'open' })
    assert.deepEqual(press(' '), { kind: 'toggle' })
    assert.deepEqual(press('F2'), { kind: 'rename' })
    assert.deepEqual(press('Delete'), { kind: 'delete' })
    assert.deepEqual(press('Backspace'), { kind: 'up' })
    assert.deepEqual(press('a', { ctrlKey: true }), { kind: 'all' })
    assert.deepEqual(press('r'), { kind: 'type', letter: 'r' })
  })

  it('leave the keys of the browser alone', () => {
    assert.equal(press('r', { ctrlKey: true }), undefined)
    assert.equal(press('ArrowLeft', { altKey: true }), undefined)
    assert.equal(press('F5'), undefined)
    assert.equal(press('Tab'), undefined)
  })
})
