import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { remedyFor, waitBefore } from './upload-failure.ts'

const after = (status: number, code = '', method = 'PATCH', attempts = 0) =>
  remedyFor({ status, code, method, attempts })

describe('a failed upload', () => {
  it('goes on by itself when the network or the server was away', () => {
    for (const status of [0, 429, 502, 503, 504]) assert.equal(after(status, '', 'PATCH', 1000), 'wait')
  })

  it('goes on after a sign-in', () => {
    assert.equal(after(401, 'access-denied'), 'sign-in')
  })

  it('begins anew when the server knows it no more, but not where it cannot begin', () => {
    assert.equal(after(404), 'anew')
    assert.equal(after(410, '', 'HEAD'), 'anew')
    assert.equal(after(404, 'not-found', 'POST'), 'stop')
  })

  it('is sent by POST where PATCH is not let through', () => {
    assert.equal(after(405), 'override')
    assert.equal(after(501), 'override')
    assert.equal(after(405, '', 'POST'), 'stop')
  })

  it('stops when the server says no', () => {
    assert.equal(after(403, 'permission-denied', 'POST'), 'stop')
    assert.equal(after(413, 'quota-exceeded', 'POST'), 'stop')
    assert.equal(after(507, 'no-space'), 'stop')
    assert.equal(after(409, 'already-exists'), 'stop')
    assert.equal(after(409, 'busy'), 'wait')
  })

  it('gives a server that fails some chances', () => {
    assert.equal(after(500, 'storage-failure', 'PATCH', 1), 'wait')
    assert.equal(after(500, 'storage-failure', 'PATCH', 5), 'stop')
  })

  it('waits longer and longer, but not for ever', () => {
    assert.deepEqual([0, 1, 2, 50].map(waitBefore), [1000, 2000, 4000, 30_000])
  })
})
