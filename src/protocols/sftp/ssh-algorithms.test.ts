import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offeredAlgorithms, type OfferLists, offerTo, type SshAlgorithms } from './ssh-algorithms.ts'

/** The lists of an offer whose two directions are alike. */
function lists(names: Record<'kex' | 'serverHostKey' | 'cipher' | 'mac', readonly string[]>): OfferLists {
  const { cipher, mac, ...rest } = names
  return { ...rest, cs: { cipher, mac }, sc: { cipher, mac } }
}

function everything(choice: SshAlgorithms): OfferLists {
  const { kex, hmac, ...rest } = offeredAlgorithms(choice) as unknown as Record<string, string[]>
  const { serverHostKey = [], cipher = [] } = rest
  // As ssh2 puts it behind.
  return lists({
    kex: [...(kex ?? []), 'kex-strict-s-v00@openssh.com'],
    serverHostKey,
    cipher,
    mac: hmac ?? [],
  })
}

const openSsh = {
  kex: ['curve25519-sha256', 'ecdh-sha2-nistp256', 'diffie-hellman-group14-sha256', 'ext-info-c'],
  serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: ['chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes128-gcm@openssh.com'],
  mac: ['umac-64-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com', 'umac-64@openssh.com', 'hmac-sha2-256'],
}

test('whoever can do better is offered nothing that is mistrusted, whichever set is chosen', () => {
  for (const choice of ['compatible', 'legacy'] as const)
    assert.deepEqual(offerTo(lists(openSsh), everything(choice)), everything('strict'))
})

test('each list is as wide as the client needs, and no wider', () => {
  const all = everything('legacy')
  const [strict, compatible] = [everything('strict'), everything('compatible')]
  const curl = offerTo(lists({ ...openSsh, mac: ['hmac-sha2-256', 'hmac-sha1'] }), all)
  assert.deepEqual([curl.cs.mac, curl.sc.mac], [compatible.cs.mac, compatible.sc.mac])
  assert.deepEqual([curl.kex, curl.cs.cipher], [strict.kex, strict.cs.cipher])

  const oldJava = offerTo(
    lists({ ...openSsh, kex: ['ecdh-sha2-nistp256', 'diffie-hellman-group1-sha1'] }),
    all,
  )
  assert.deepEqual([oldJava.kex, oldJava.cs.mac], [compatible.kex, strict.cs.mac])

  const device = {
    kex: ['diffie-hellman-group1-sha1'],
    serverHostKey: ['ssh-rsa'],
    cipher: ['3des-cbc'],
    mac: ['hmac-sha1'],
  }
  assert.deepEqual(offerTo(lists(device), all), all)

  const oneWay = { ...lists(openSsh), sc: { cipher: ['aes128-ctr'], mac: ['hmac-sha2-512'] } }
  const { cs, sc } = offerTo(oneWay, all)
  assert.deepEqual([cs.mac, sc.mac], [strict.cs.mac, compatible.sc.mac])
})

test('a client that asks for a curve is not given an exchange over 4096 bits for it, which a small device works on for seconds', () => {
  const all = everything('compatible')
  const knows = (kex: readonly string[]) => offerTo(lists({ ...openSsh, kex }), all).kex
  const strict = everything('strict').kex
  assert.deepEqual(knows(['ecdh-sha2-nistp256', 'diffie-hellman-group16-sha512']), all.kex)
  assert.deepEqual(
    knows(['ecdh-sha2-nistp256', 'diffie-hellman-group16-sha512', 'curve25519-sha256']),
    all.kex,
  )
  assert.deepEqual(
    knows(['ecdh-sha2-nistp256', 'curve25519-sha256', 'diffie-hellman-group16-sha512']),
    strict,
  )
  assert.deepEqual(knows(['diffie-hellman-group14-sha256', 'diffie-hellman-group16-sha512']), strict)
})

test('who would rather see the ECDSA host key, as it may know the server by that, gets it', () => {
  const all = everything('compatible')
  const knows = (serverHostKey: readonly string[]) =>
    offerTo(lists({ ...openSsh, serverHostKey }), all).serverHostKey
  assert.deepEqual(knows(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'rsa-sha2-512']), all.serverHostKey)
  assert.deepEqual(knows(['ssh-dss', 'ecdsa-sha2-nistp256']), all.serverHostKey)
  assert.deepEqual(knows(['rsa-sha2-512', 'ecdsa-sha2-nistp256']), everything('strict').serverHostKey)
})

test('an RSA host key is proven without SHA-1 to who can, though SHA-1 is what it asks for first', () => {
  const all = everything('legacy')
  const knows = (serverHostKey: readonly string[]) =>
    offerTo(lists({ ...openSsh, serverHostKey }), all).serverHostKey
  assert.deepEqual(knows(['ssh-rsa', 'rsa-sha2-256']), everything('strict').serverHostKey)
  assert.deepEqual(knows(['ssh-rsa']), all.serverHostKey)
  assert.deepEqual(knows(['ssh-rsa', 'ssh-ed25519']), all.serverHostKey)
})

test('who has nothing in common with the server is told all of it', () => {
  const all = everything('compatible')
  const none = ['none@example.com']
  assert.deepEqual(offerTo(lists({ kex: none, serverHostKey: none, cipher: none, mac: none }), all), all)
})
