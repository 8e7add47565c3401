import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { LiveState } from '../../../../contract/live.ts'
import { ratesBetween, transferKey } from './live-rates.ts'

const transfer = (size: number) => ({ operation_type: 'upload' as const, path: '/a', start_time: 1000, size })

const state = (now: number, size: number): LiveState => ({
  now,
  connections: [
    {
      ...{ username: 'bob', connection_id: 'c1', client_version: '', remote_address: '', command: '' },
      ...{ connection_time: 0, last_activity: 0, protocol: 'SFTP', active_transfers: [transfer(size)] },
    },
  ],
  connection_count: 1,
  ended: [],
  traffic: [],
})

const key = transferKey('c1', transfer(0))

it('measures a transfer from one state to the next', () => {
  const rates = ratesBetween(state(2000, 1000), state(4000, 5000), new Map())
  assert.deepEqual([...rates], [[key, 2000]])
})

it('measures a transfer that it sees for the first time from its beginning', () => {
  assert.equal(ratesBetween(undefined, state(3000, 4000), new Map()).get(key), 2000)
})

it('keeps what it knows when the clock has not moved', () => {
  const known = new Map([[key, 7]])
  assert.equal(ratesBetween(state(2000, 1), state(2000, 9), known), known)
})

it('never measures less than nothing', () => {
  assert.equal(ratesBetween(state(2000, 9), state(3000, 1), new Map()).get(key), 0)
})
