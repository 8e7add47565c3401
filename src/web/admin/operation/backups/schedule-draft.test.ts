import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeOf, draftOf, isChanged } from './schedule-draft.ts'

const current = { backup_interval_hours: 24, backup_keep: 7 }

test('what was not changed in the schedule is not sent, so that another admin’s change of it stays', () => {
  const draft = draftOf(current)
  assert.deepEqual(changeOf({ ...draft, hours: '6' }, current), { set: { backup_interval_hours: 6 } })
  assert.deepEqual(changeOf({ ...draft, keep: '90' }, current), { set: { backup_keep: 90 } })
  assert.deepEqual(changeOf({ ...draft, passphrase: 'secret' }, current), {
    set: {},
    backup_passphrase: 'secret',
  })
  assert.deepEqual(changeOf({ ...draft, passphrase: 'secret', endsEncryption: true }, current), {
    set: {},
    backup_passphrase: '',
  })
})

test('a schedule can be saved while any of its fields is another than what is kept', () => {
  const draft = draftOf(current)
  assert.equal(isChanged(draft, current), false)
  for (const change of [{ hours: '6' }, { keep: '' }, { passphrase: 'x' }, { endsEncryption: true }])
    assert.equal(isChanged({ ...draft, ...change }, current), true, JSON.stringify(change))
})
