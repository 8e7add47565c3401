import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { permissionGroups, spelledOut } from './permission-choices.ts'
import { presetOf, presetPermissions, presets } from './permission-presets.ts'

describe('presets of permissions', () => {
  it('are known again by what they grant', () => {
    for (const preset of presets) assert.equal(presetOf(presetPermissions(preset)), preset)
    assert.equal(presetOf({ '/': ['download', 'list'] }), 'read')
    assert.equal(presetOf({ '/': ['*', 'list'] }), 'full')
  })

  it('are not seen in anything else', () => {
    assert.equal(presetOf({ '/': ['list'] }), 'custom')
    assert.equal(presetOf({ '/': ['list', 'list'] }), 'custom')
    assert.equal(presetOf({ '/': ['*'], '/public': ['list'] }), 'custom')
  })

  it('make a drop box in which nothing is seen, fetched, replaced or removed', () => {
    const granted = presetPermissions('upload')['/'] ?? []
    const refused = ['*', 'list', 'download', 'overwrite', 'rename', 'delete'] as const
    assert.ok(refused.every((permission) => !granted.includes(permission)))
    assert.ok(granted.includes('upload'))
  })
})

describe('choices of permissions', () => {
  it('name each permission once', () => {
    const all = permissionGroups.flatMap(({ choices }) => choices.map(({ permission }) => permission))
    assert.equal(new Set(all).size, all.length)
    assert.equal(all.length, 14)
  })

  it('spell the short names out', () => {
    assert.deepEqual(spelledOut(['rename', 'delete_files', 'delete']), [
      'rename_files',
      'rename_dirs',
      'delete_files',
      'delete_dirs',
    ])
  })
})
