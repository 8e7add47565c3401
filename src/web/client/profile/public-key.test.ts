import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { fingerprintOf, isPrivateKey, publicKeyParts } from './public-key.ts'

const data = 'AAAAC3NzaC1lZDI1NTE5AAAAIJx8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

describe('public keys', () => {
  it('are taken apart, with options before them and words after', () => {
    assert.deepEqual(publicKeyParts(`ssh-ed25519 ${data} ann at home`), {
      type: 'ssh-ed25519',
      data,
      comment: 'ann at home',
    })
    assert.equal(publicKeyParts(`no-pty,command="x y" ssh-ed25519 ${data}`)?.type, 'ssh-ed25519')
    assert.equal(publicKeyParts('not a key'), undefined)
  })

  it('have the fingerprint that OpenSSH shows', async () => {
    const key = publicKeyParts(`ssh-ed25519 ${data}`)
    assert.ok(key)
    const wanted = createHash('sha256')
      .update(Buffer.from(data, 'base64'))
      .digest('base64')
      .replace(/=+$/, '')
    assert.equal(await fingerprintOf(key), `SHA256:${wanted}`)
  })

  it('are told from private ones', () => {
    assert.ok(isPrivateKey('-----BEGIN OPENSSH PRIVATE KEY-----\nabc'))
    assert.ok(isPrivateKey('PuTTY-User-Key-File-3: ssh-ed25519'))
    assert.ok(!isPrivateKey(`ssh-ed25519 ${data}`))
  })
})
