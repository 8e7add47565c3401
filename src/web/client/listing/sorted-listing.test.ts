import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileEntry } from '../../../contract/file.ts'
import { SortedListing, type ListingView } from './sorted-listing.ts'

const byName: ListingView = { sortBy: 'name', isDescending: false, filter: '' }

const file = (name: string, size = 0, modified = 0): FileEntry => ({ name, type: 'file', size, modified })
const directory = (name: string): FileEntry => ({ name, type: 'directory', size: 0, modified: 0 })

/** A listing of all of `batches`, ordered after each of them. */
function namesOf(view: ListingView, ...batches: readonly (readonly FileEntry[])[]): string[] {
  const listing = new SortedListing(view, 'en')
  const entries: FileEntry[] = []
  let order = new Uint32Array(0)
  for (const batch of batches) {
    listing.add(batch)
    entries.push(...batch)
    order = listing.order()
  }
  return [...order].map((at) => entries[at]?.name ?? '?')
}

describe('a sorted listing', () => {
  it('has directories first, and numbers in names by their value', () => {
    const entries = [file('b10'), file('b9'), directory('z'), file('A'), directory('c')]
    assert.deepEqual(namesOf(byName, entries), ['c', 'z', 'A', 'b9', 'b10'])
  })

  it('keeps directories first when it is turned round', () => {
    const entries = [file('a'), directory('c'), file('b'), directory('d')]
    assert.deepEqual(namesOf({ ...byName, isDescending: true }, entries), ['d', 'c', 'b', 'a'])
  })

  it('goes by size or time, and by name where those are the same', () => {
    const entries = [file('b', 5, 1), file('a', 5, 3), file('c', 1, 2)]
    assert.deepEqual(namesOf({ ...byName, sortBy: 'size' }, entries), ['c', 'a', 'b'])
    assert.deepEqual(namesOf({ ...byName, sortBy: 'modified', isDescending: true }, entries), ['a', 'c', 'b'])
  })

  it('is the same whether entries came at once or in parts', () => {
    const entries = Array.from({ length: 500 }, (_, at) => file(`f${(at * 7919) % 500}`, (at * 31) % 17))
    for (const sortBy of ['name', 'size'] as const) {
      const whole = namesOf({ ...byName, sortBy }, entries)
      const parts = namesOf(
        { ...byName, sortBy },
        entries.slice(0, 10),
        entries.slice(10, 300),
        entries.slice(300),
      )
      assert.deepEqual(parts, whole)
    }
  })

  it('shows what has the wanted text in its name, in any case', () => {
    assert.deepEqual(namesOf({ ...byName, filter: 'EP' }, [file('Report'), file('other'), file('deep')]), [
      'deep',
      'Report',
    ])
  })

  it('is sorted anew for another view', () => {
    const listing = new SortedListing(byName, 'en')
    listing.add([file('a', 9), file('b', 1)])
    assert.deepEqual([...listing.order()], [0, 1])
    listing.setView({ ...byName, sortBy: 'size' })
    assert.deepEqual([...listing.order()], [1, 0])
    assert.equal(listing.unsorted, 0)
  })
})
