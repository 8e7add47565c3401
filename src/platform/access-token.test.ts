import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTokenUser } from './access-token.ts'

const tokenWith = (payload: string): string =>
  ['{"alg":"HS256"}', payload, 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

describe('access token', () => {
  it('names its user', () => {
    assert.equal(readTokenUser(tokenWith('{"usr":"alice","iat":1}')), 'alice')
  })

  it('is not seen in a password, nor in a token without a user', () => {
    const others = [
      'hunter2',
      'a.b.c',
      '',
      'x.y',
      tokenWith('{}'),
      tokenWith('{"usr":7}'),
      tokenWith('{"usr":""}'),
    ]
    for (const text of [...others, tokenWith('null'), tokenWith('{'), `${tokenWith('{"usr":"a"}')}.more`]) {
      assert.equal(readTokenUser(text), undefined, text)
    }
  })

  it('is not looked for in absurd lengths', () => {
    assert.equal(readTokenUser(tokenWith(`{"usr":"alice","pad":"${'x'.repeat(5000)}"}`)), undefined)
  })
})
