import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makePassword, passwordLength } from './password-maker.ts'

describe('made passwords', () => {
  it('are long, of letters and digits that nobody takes for another', () => {
    for (let turn = 0; turn < 200; turn++)
      assert.match(makePassword(), new RegExp(`^[2-9a-km-np-zA-HJ-NP-Z]{${passwordLength}}$`))
    assert.ok(passwordLength >= 16)
  })

  it('differ, and use every character', () => {
    const made = Array.from({ length: 500 }, makePassword)
    assert.equal(new Set(made).size, made.length)
    assert.equal(new Set(made.join('')).size, 56)
  })
})
