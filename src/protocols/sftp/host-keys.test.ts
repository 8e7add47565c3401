import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import ssh2 from 'ssh2'
import { silentLog } from '../../core/log.ts'
import { type HostKey, loadHostKeys } from './host-keys.ts'
import { encodeOpenSshKey } from './open-ssh-key.ts'

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'host-keys-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

function algorithmsOf(keys: readonly HostKey[]) {
  return keys.map(({ algorithms }) => algorithms[0])
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

function pem(key: KeyObject, type: 'pkcs1' | 'sec1' | 'pkcs8'): string {
  return key.export({ format: 'pem', type: type as 'pkcs8' }).toString()
}

/** Generating RSA takes time: most tests bring their own. */
async function putKeys(directory: string, texts: Record<string, string> = {}): Promise<void> {
  const files = { id_rsa: pem(rsa, 'pkcs1'), id_ecdsa: pem(ec, 'sec1'), ...texts }
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
}

test('makes what is missing once, readable by the server alone, and finds the same keys again', async () => {
  await using directory = await temporaryDirectory()
  const both = await Promise.all([
    loadHostKeys(directory.path, silentLog),
    loadHostKeys(directory.path, silentLog),
  ])
  assert.deepEqual(both[0], both[1])
  assert.deepEqual(algorithmsOf(both[0]), ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'])
  assert.deepEqual((await readdir(directory.path)).sort(), ['id_ecdsa', 'id_ed25519', 'id_rsa'])
  for (const { path, fingerprint } of both[0]) {
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.match(fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/)
  }
  assert.deepEqual(await loadHostKeys(directory.path, silentLog), both[0])
  const made = createPrivateKey(await readFile(join(directory.path, 'id_rsa')))
  assert.equal(made.asymmetricKeyDetails?.modulusLength, 3072)
})

test('keeps the keys of another server in every format that they come in', async () => {
  const formats: [string, string, string][] = [
    ['id_rsa', pem(rsa, 'pkcs1'), 'rsa-sha2-512'],
    ['id_rsa', pem(rsa, 'pkcs8'), 'rsa-sha2-512'],
    ['id_ecdsa', pem(ec, 'sec1'), 'ecdsa-sha2-nistp384'],
    ['id_ecdsa', pem(ec, 'pkcs8'), 'ecdsa-sha2-nistp384'],
    ['id_ed25519', pem(ed25519, 'pkcs8'), 'ssh-ed25519'],
    ['id_ed25519', encodeOpenSshKey(ed25519), 'ssh-ed25519'],
  ]
  const fingerprints = new Map<string, string>()
  for (const [name, text, algorithm] of formats) {
    await using directory = await temporaryDirectory()
    await putKeys(directory.path, { [name]: text })
    const keys = await loadHostKeys(directory.path, silentLog)
    const key = keys.find(({ path }) => path.endsWith(name))
    assert.equal(key?.algorithms[0], algorithm)
    assert.equal(await readFile(join(directory.path, name), 'utf8'), text)
    assert.equal(fingerprints.get(name) ?? key?.fingerprint, key?.fingerprint)
    fingerprints.set(name, key?.fingerprint ?? '')
  }
})

test('finds the next key beside the one in use, and makes none', async () => {
  await using directory = await temporaryDirectory()
  const next = generateKeyPairSync('ed25519').privateKey
  await putKeys(directory.path, { 'id_ed25519.next': pem(next, 'pkcs8') })
  const [key, ...others] = await loadHostKeys(directory.path, silentLog)
  assert.equal(key?.next?.path, join(directory.path, 'id_ed25519.next'))
  assert.match(key.next.fingerprint, /^SHA256:/)
  assert.notEqual(key.next.fingerprint, key.fingerprint)
  for (const other of others) assert.equal(other.next, undefined)
  await writeFile(join(directory.path, 'id_ed25519.next'), 'not a key')
  await assert.rejects(loadHostKeys(directory.path, silentLog), /id_ed25519\.next is not a private key/)
})

test('names the file that holds no key', async () => {
  const locked = ed25519.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  for (const text of ['', 'not a key', locked.toString(), publicKey]) {
    await using directory = await temporaryDirectory()
    await putKeys(directory.path, { id_ed25519: text })
    await assert.rejects(loadHostKeys(directory.path, silentLog), /id_ed25519 is not a private key/)
  }
})

test('writes Ed25519 keys as OpenSSH does', () => {
  for (let i = 0; i < 5; i++) {
    const key = generateKeyPairSync('ed25519').privateKey
    const parsed = ssh2.utils.parseKey(encodeOpenSshKey(key))
    assert.ok(!(parsed instanceof Error) && !Array.isArray(parsed), String(parsed))
    const pkcs8 = createPrivateKey(parsed.getPrivatePEM())
    assert.ok(pkcs8.equals(key))
  }
})
