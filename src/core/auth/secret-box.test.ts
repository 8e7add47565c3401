import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isSealed, SecretBox } from './secret-box.ts'

test('what was sealed is opened by the same key for the same purpose alone', () => {
  const box = new SecretBox(randomBytes(32))
  const sealed = box.seal('user:ann', 'a secret, ü')
  assert.ok(isSealed(sealed))
  assert.equal(box.open('user:ann', sealed), 'a secret, ü')
  assert.equal(box.open('user:bob', sealed), undefined)
  assert.equal(new SecretBox(randomBytes(32)).open('user:ann', sealed), undefined)
})

test('the same secret looks different each time, and shows nothing of itself', () => {
  const box = new SecretBox(randomBytes(32))
  const sealed = Array.from({ length: 50 }, () => box.seal('user:ann', 'JBSWY3DPEHPK3PXP'))
  assert.equal(new Set(sealed).size, 50)
  for (const text of sealed) assert.ok(!Buffer.from(text.slice(3), 'base64url').includes('JBSWY'))
})

test('what was changed or cut is not opened', () => {
  const box = new SecretBox(randomBytes(32))
  const sealed = box.seal('user:ann', 'secret')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.equal(box.open('user:ann', `v1.${changed.toString('base64url')}`), undefined, `byte ${at}`)
    assert.equal(box.open('user:ann', `v1.${bytes.subarray(0, at).toString('base64url')}`), undefined)
  }
  for (const other of ['', 'secret', 'v2.abc', `${sealed}!`])
    assert.equal(box.open('user:ann', other), undefined)
})

test('a key of another length is refused', () => {
  assert.throws(() => new SecretBox(randomBytes(16)), RangeError)
})
