import assert from 'node:assert/strict'
import { it } from 'node:test'
import { auditActions } from '../../../../contract/audit.ts'
import {
  allActions,
  fromLocalTime,
  noFilter,
  parseFilter,
  printFilter,
  toLocalTime,
  toRequest,
} from './activity-filter.ts'

const filter = {
  username: 'bob & co',
  protocol: 'SFTP',
  actions: ['upload', 'rename'] as const,
  path: '/a=b&c#d/ñ',
  from: 1000,
  to: 2000,
}

it('offers every kind of action that the API knows', () => {
  assert.deepEqual(allActions.toSorted(), auditActions.toSorted())
})

it('writes a filter so that it reads the same again', () => {
  assert.deepEqual(parseFilter(printFilter(filter)), filter)
  assert.equal(printFilter(noFilter), '')
  assert.deepEqual(parseFilter(''), noFilter)
})

it('leaves out what an old bookmark asks for and nobody knows', () => {
  assert.deepEqual(parseFilter('actions=upload,no-such&from=never&x=1'), { ...noFilter, actions: ['upload'] })
})

it('asks the API only for what is set', () => {
  assert.deepEqual(toRequest(noFilter), {})
  assert.deepEqual(toRequest(filter), filter)
})

it('shows a time in the zone of the reader and reads it back', () => {
  const at = new Date(2026, 2, 4, 5, 6).getTime()
  assert.equal(toLocalTime(at), '2026-03-04T05:06')
  assert.equal(fromLocalTime('2026-03-04T05:06'), at)
  assert.equal(toLocalTime(0), '')
  assert.equal(fromLocalTime(''), 0)
  assert.equal(fromLocalTime('2026-03-'), 0)
})
