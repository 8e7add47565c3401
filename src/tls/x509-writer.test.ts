import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { makeSelfSigned } from './self-signed.ts'
import { writeCertificate } from './x509-writer.ts'

const run = promisify(execFile)
const validity = { notBefore: Date.UTC(2025, 0, 2, 3, 4, 5), notAfter: Date.UTC(2050, 0, 1) }

async function openssl(pems: Record<string, string>, ...parameters: string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'x509-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(directory, { recursive: true }))
  for (const [name, pem] of Object.entries(pems)) await writeFile(join(directory, name), pem)
  return (await run('openssl', parameters, { cwd: directory })).stdout
}

function makeAuthority() {
  const signer = { commonName: 'Authority', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
  const request = {
    commonName: 'Authority',
    names: [],
    publicKey: signer.publicKey,
    isAuthority: true,
    signer,
  }
  return { signer, cert: writeCertificate({ ...request, ...validity }) }
}

test('writes a self-signed certificate that openssl reads as meant', async () => {
  const { cert } = await makeSelfSigned('ftp.example.test', validity)
  const text = await openssl({ cert }, 'x509', '-in', 'cert', '-noout', '-text')
  assert.match(text, /Version: 3 \(0x2\)/)
  assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/)
  assert.match(text, /Issuer: CN = ?ftp\.example\.test/)
  assert.match(text, /Subject: CN = ?ftp\.example\.test/)
  assert.match(text, /Not Before: Jan {2}2 03:04:05 2025 GMT/)
  assert.match(text, /Not After : Jan {2}1 00:00:00 2050 GMT/)
  assert.match(text, /ASN1 OID: prime256v1/)
  assert.match(text, /Basic Constraints: critical\s+CA:FALSE/)
  assert.match(text, /Key Usage: critical\s+Digital Signature\n/)
  assert.match(text, /Extended Key Usage: \s+TLS Web Server Authentication/)
  assert.match(text, /DNS:ftp\.example\.test, DNS:localhost, IP Address:127\.0\.0\.1/)
})

test('writes a self-signed certificate that openssl verifies for its names and no others', async () => {
  const { cert } = await makeSelfSigned('ftp.example.test', validity)
  const verify = (...more: string[]) =>
    openssl({ cert }, 'verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'cert', ...more, 'cert')
  assert.match(await verify('-verify_hostname', 'ftp.example.test'), /cert: OK/)
  assert.match(await verify('-verify_ip', '127.0.0.1'), /cert: OK/)
  await assert.rejects(verify('-verify_hostname', 'other.test'))
})

test('writes a chain that openssl verifies, and a forged one that it refuses', async () => {
  const authority = makeAuthority()
  const impostor = makeAuthority()
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const leafOf = (signer: (typeof authority)['signer']) =>
    writeCertificate({ commonName: 'leaf.test', names: ['leaf.test'], publicKey, ...validity, signer })
  const verify = (leaf: string) =>
    openssl({ ca: authority.cert, leaf }, 'verify', '-x509_strict', '-CAfile', 'ca', 'leaf')
  assert.match(await verify(leafOf(authority.signer)), /leaf: OK/)
  await assert.rejects(verify(leafOf(impostor.signer)))
})

test('writes a serial number that is positive and never the same', async () => {
  const certificates = await Promise.all([1, 2, 3].map(() => makeSelfSigned('a.test', validity)))
  const serials = certificates.map(({ cert }) => new X509Certificate(cert).serialNumber)
  assert.equal(new Set(serials).size, 3)
  for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/)
})

test('keeps a host name that is too long for a common name whole among the alternative names', async () => {
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.test`
  const certificate = new X509Certificate((await makeSelfSigned(host, validity)).cert)
  assert.equal(certificate.subject, `CN=${host.slice(0, 64)}`)
  assert.equal(certificate.checkHost(host), host)
})
