import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSamePlace, ownPlace, pathOf, placeOf, tidyDirectory } from './place.ts'

const storages = [
  { id: 'sftpgo_data', directory: '/storages/sftpgo_data' },
  { id: 'site', directory: '/storages/site' },
  { id: 'site_b', directory: '/storages/site_b' },
]

describe('places of files', () => {
  it('are the own space for a home named like its user', () => {
    assert.deepEqual(placeOf('/storages/sftpgo_data/data/ann', storages, 'ann'), ownPlace)
    assert.deepEqual(placeOf('/storages/sftpgo_data/data/ann', storages, 'bob'), {
      kind: 'storage',
      id: 'sftpgo_data',
      directory: 'data/ann',
    })
  })

  it('are a directory of the storage that holds them, by whole names', () => {
    assert.deepEqual(placeOf('/storages/site', storages), { kind: 'storage', id: 'site', directory: '' })
    assert.deepEqual(placeOf('/storages/site_b/in/x', storages), {
      kind: 'storage',
      id: 'site_b',
      directory: 'in/x',
    })
  })

  it('keep a path that no storage holds', () => {
    const place = placeOf('/elsewhere/ann', storages, 'ann')
    assert.deepEqual(place, { kind: 'other', path: '/elsewhere/ann' })
    assert.equal(pathOf(place, storages), '/elsewhere/ann')
  })

  it('turn back into the path they came from', () => {
    for (const path of ['/storages/site', '/storages/site_b/in/x'])
      assert.equal(pathOf(placeOf(path, storages), storages), path)
    assert.equal(pathOf(ownPlace, storages), '')
  })

  it('do not mind how a directory is typed', () => {
    assert.equal(tidyDirectory('/in//x/./'), 'in/x')
    assert.equal(
      pathOf({ kind: 'storage', id: 'site', directory: '/in/x/' }, storages),
      '/storages/site/in/x',
    )
    assert.ok(
      isSamePlace(
        { kind: 'storage', id: 'site', directory: 'in/x/' },
        { kind: 'storage', id: 'site', directory: '/in/x' },
      ),
    )
    assert.ok(!isSamePlace(ownPlace, { kind: 'storage', id: 'site', directory: '' }))
  })
})
