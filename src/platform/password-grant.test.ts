import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../core/errors.ts'
import { readPasswordGrant } from './password-grant.ts'

const read = (status: number, body: unknown, message = '') => readPasswordGrant({ status, body, message })
const error = (text: string) => ({ error: { message: text } })

describe('password grant', () => {
  it('is granted only by 200 with a token', () => {
    assert.deepEqual(read(200, { access_token: 't', scope: null }), { outcome: 'granted', accessToken: 't' })
    for (const body of [{}, { access_token: 7 }, { access_token: '' }, { access_token: null }, []]) {
      assert.deepEqual(read(200, body), { outcome: 'second-factor' })
    }
  })

  it('is not granted while the answer asks for more than the password', () => {
    assert.equal(read(200, { access_token: 't', mfa_required: true }).outcome, 'second-factor')
    assert.equal(read(200, { access_token: 't', mfa_enabled: false }).outcome, 'granted')
  })

  it('finds the second factor in a message or in a key', () => {
    for (const text of ['MFA required', 'enter your OTP', 'second factor required', 'challenge']) {
      assert.equal(read(401, error(text), text).outcome, 'second-factor')
      assert.equal(read(403, error(text), text).outcome, 'second-factor')
    }
    assert.equal(read(401, { error: { message: 'no', mfa_token: 'x' } }, 'no').outcome, 'second-factor')
    assert.equal(read(200, undefined, 'Second factor').outcome, 'second-factor')
  })

  it('tells wrong credentials from a limit', () => {
    assert.equal(
      read(401, error('invalid username or password'), 'invalid username or password').outcome,
      'wrong',
    )
    assert.equal(read(400, { error: 'invalid_grant' }, 'invalid_grant').outcome, 'wrong')
    assert.equal(read(403, undefined, 'Forbidden').outcome, 'limited')
    assert.equal(read(429, undefined).outcome, 'limited')
  })

  it('is unavailable where nothing signs anybody in', () => {
    for (const status of [200, 204, 301, 307, 404, 405, 413, 415, 500, 502, 503]) {
      assert.throws(
        () => read(status, undefined, 'Not Found'),
        (thrown) => hasCode(thrown, 'unavailable'),
        `${status}`,
      )
    }
  })
})
