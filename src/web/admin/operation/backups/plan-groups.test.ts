import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RestorePlan } from '../../../../contract/backup.ts'
import { countChanges, planGroups } from './plan-groups.ts'

const plan: RestorePlan = {
  created_at: 1,
  changes: [
    { kind: 'setting', name: 's', change: 'add', fields: [] },
    { kind: 'user', name: 'a', change: 'add', fields: [] },
    { kind: 'user', name: 'b', change: 'remove', fields: [] },
    { kind: 'user', name: 'c', change: 'replace', fields: ['email'] },
  ],
  unchanged: 3,
  unusable_totp: [],
}

it('shows a plan kind by kind, with what is lost first', () => {
  assert.deepEqual(
    planGroups(plan).map(({ kind, changes }) => [kind, changes.map(({ name }) => name)]),
    [
      ['user', ['b', 'c', 'a']],
      ['setting', ['s']],
    ],
  )
})

it('counts what a plan adds, changes and removes', () => {
  assert.deepEqual(
    (['add', 'replace', 'remove'] as const).map((change) => countChanges(plan, change)),
    [2, 1, 1],
  )
})
