import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { FileServerError } from '../errors.ts'
import { decrypt, encrypt, isEncrypted } from './backup-cipher.ts'

const plain = Buffer.from('{"a":"readable text that must not show"}')

function refusedFor(field: string) {
  return (error: unknown) =>
    error instanceof FileServerError && error.code === 'invalid-argument' && error.field === field
}

test('what was encrypted is read with the passphrase, however that is composed', async () => {
  const bytes = await encrypt(plain, 'pass phras\u00e9')
  assert.ok(isEncrypted(bytes))
  assert.ok(!isEncrypted(plain))
  assert.ok(!bytes.includes('readable'))
  assert.deepEqual(await decrypt(bytes, 'pass phrase\u0301'), plain)
})

test('two encryptions of the same bytes have nothing but their head in common', async () => {
  const [one, other] = [await encrypt(plain, 'x'), await encrypt(plain, 'x')]
  assert.notDeepEqual(one.subarray(12), other.subarray(12))
})

test('another passphrase is told apart from a damaged file', async () => {
  const bytes = await encrypt(plain, 'right')
  await assert.rejects(decrypt(bytes, 'wrong'), refusedFor('passphrase'))
  await assert.rejects(decrypt(bytes, ''), refusedFor('passphrase'))
  for (const at of [8, 9, 60, bytes.length - 20, bytes.length - 1]) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    await assert.rejects(decrypt(damaged, 'right'), refusedFor('name'), `byte ${at}`)
  }
  for (const length of [8, 60, bytes.length - 1])
    await assert.rejects(decrypt(bytes.subarray(0, length), 'right'), refusedFor('name'))
  await assert.rejects(decrypt(Buffer.concat([bytes, Buffer.alloc(1)]), 'right'), refusedFor('name'))
})

test('nothing and a lot can be encrypted', async () => {
  for (const size of [0, 3_000_000]) {
    const large = randomBytes(size)
    assert.ok((await decrypt(await encrypt(large, 'x'), 'x')).equals(large))
  }
})
