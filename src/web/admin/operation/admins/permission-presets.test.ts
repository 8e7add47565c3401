import assert from 'node:assert/strict'
import { it } from 'node:test'
import { adminPermission } from '../../../../contract/session.ts'
import { canGive, presetOf, presets, singlePermissions, withPermission } from './permission-presets.ts'

it('knows every permission of the API', () => {
  assert.deepEqual(['*', ...singlePermissions].toSorted(), adminPermission.enum.toSorted())
})

it('recognises a preset whatever the order', () => {
  assert.equal(presetOf(['*']), 'everything')
  assert.equal(presetOf(presets.users.toReversed()), 'users')
  assert.equal(presetOf(presets.look), 'look')
  assert.equal(presetOf([...presets.look, 'manage_system']), 'own')
  assert.equal(presetOf(['view_users']), 'own')
})

it('gives and takes one permission', () => {
  assert.deepEqual(withPermission(['view_conns'], 'view_users', true), ['view_users', 'view_conns'])
  assert.deepEqual(withPermission(['view_users', 'view_conns'], 'view_conns', false), ['view_users'])
  assert.deepEqual(withPermission(['view_users'], '*', true), ['*'])
  assert.deepEqual(withPermission(['*'], '*', false), singlePermissions)
})

it('lets nobody give more than they have', () => {
  assert.ok(canGive(['*'], ['*']))
  assert.ok(canGive(['view_users'], ['view_users']))
  assert.ok(!canGive(['view_users', 'manage_admins'], ['*']))
  assert.ok(!canGive(['view_users'], presets.look))
})
