import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf, type PairReading } from './certificate-directory.ts'
import { goneReading, HostCertificate } from './host-certificate.ts'
import { makeSelfSigned } from './self-signed.ts'
import { tlsPolicy } from './tls-policy.ts'

const host = 'example.test'
const now = Date.UTC(2026, 5, 1)
const monthMs = 30 * 24 * 60 * 60 * 1000
const settleMs = 100

async function reading(notAfter = now + monthMs): Promise<PairReading> {
  const credentials = await makeSelfSigned(host, { notBefore: now - 12 * monthMs, notAfter })
  return { credentials, fingerprint: fingerprintOf(credentials) }
}

function mixed(a: PairReading, b: PairReading): PairReading {
  assert.ok('credentials' in a && 'credentials' in b)
  const credentials = { cert: a.credentials.cert, key: b.credentials.key }
  return { credentials, fingerprint: fingerprintOf(credentials) }
}

test('judges contents when they have been the same for the settling time, and not before', async () => {
  const certificate = new HostCertificate(host, tlsPolicy)
  const [old, next] = [await reading(), await reading()]
  const at = (elapsedMs: number) => ({ now, elapsedMs, settleMs })
  assert.equal(certificate.consider(old, { now, elapsedMs: 0, settleMs: 0 }), 'loaded')
  assert.equal(certificate.consider(mixed(next, old), at(1_000)), 'unsettled')
  assert.equal(certificate.consider(mixed(next, old), at(1_099)), 'unsettled')
  assert.equal(certificate.consider(next, at(1_100)), 'unsettled')
  assert.equal(certificate.consider(next, at(1_199)), 'unsettled')
  assert.equal(certificate.consider(next, at(1_200)), 'loaded')
  assert.equal(certificate.consider(next, at(1_300)), 'unchanged')
})

test('takes no notice of files that are gone for a moment', async () => {
  const certificate = new HostCertificate(host, tlsPolicy)
  const pair = await reading()
  certificate.consider(pair, { now, elapsedMs: 0, settleMs: 0 })
  assert.equal(certificate.consider(goneReading, { now, elapsedMs: 1_000, settleMs }), 'unsettled')
  assert.equal(certificate.consider(pair, { now, elapsedMs: 1_050, settleMs }), 'unchanged')
  assert.equal(certificate.problemAt(now), undefined)
})

test('takes an expired pair over an expired one only', async () => {
  const certificate = new HostCertificate(host, tlsPolicy)
  const look = { now, elapsedMs: 0, settleMs: 0 }
  const [first, second, valid, late] = [
    await reading(now - 3),
    await reading(now - 2),
    await reading(now + monthMs),
    await reading(now - 1),
  ]
  assert.equal(certificate.consider(first, look), 'loaded')
  assert.equal(certificate.consider(second, look), 'loaded')
  assert.equal(certificate.consider(valid, look), 'loaded')
  assert.equal(certificate.consider(late, look), 'rejected')
  assert.equal(certificate.consider(late, look), 'unchanged')
  assert.match(certificate.problemAt(now) ?? '', /expired/)
})
