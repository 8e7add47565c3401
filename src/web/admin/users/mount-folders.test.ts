import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { folderName, planFolders } from './mount-folders.ts'

const site = (directory: string) => ({ kind: 'storage', id: 'site', directory }) as const

describe('folders for storages of a user', () => {
  it('are called like the storage and the directory in it', () => {
    assert.equal(
      folderName(site(''), () => false),
      'site',
    )
    assert.equal(
      folderName(site('/in box/a..b'), () => false),
      'site-in-box-a.b',
    )
  })

  it('get a number when the name is taken', () => {
    assert.equal(
      folderName(site(''), (name) => name === 'site' || name === 'site-2'),
      'site-3',
    )
  })

  it('are used again when one leads to the same directory', () => {
    const folders = [
      { name: 'old', mapped_path: '/storages/site' },
      { name: 'older', mapped_path: '/storages/site' },
      { name: 'site-in', mapped_path: '/storages/elsewhere' },
    ]
    const plan = planFolders(
      [
        { place: site(''), path: '/storages/site' },
        { place: site('in'), path: '/storages/site/in' },
      ],
      folders,
    )
    assert.deepEqual(plan, [
      { kind: 'there', name: 'old' },
      { kind: 'new', name: 'site-in-2', path: '/storages/site/in' },
    ])
  })
})
