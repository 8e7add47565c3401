import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redact } from './redact.ts'

describe('redact', () => {
  it('removes a secret in plain, in URL forms and half-decoded', () => {
    const secret = 'p&s w/rd'
    const text = `${secret} ${encodeURIComponent(secret)} ${new URLSearchParams({ x: secret }).toString()}`
    assert.equal(redact(text, [secret]), '*** *** x=***')
    assert.equal(redact('p&s+w/rd', [secret]), '***')
  })

  it('removes whatever looks like a token, also a cut one', () => {
    assert.equal(redact('bad token eyJhbGci.eyJ1c3Ii.c2ln, sorry', []), 'bad token ***, sorry')
    assert.equal(redact('bad token eyJhbGciOi', []), 'bad token ***')
  })

  it('keeps the rest, up to 200 characters', () => {
    assert.equal(redact('connect ECONNREFUSED 127.0.0.1:443', ['']), 'connect ECONNREFUSED 127.0.0.1:443')
    assert.equal(redact('x'.repeat(500), []).length, 200)
  })
})
