import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

describe('TLS of the FTP port', () => {
  let product: Product
  before(async () => {
    product = await startProduct()
  })
  after(() => product[Symbol.asyncDispose]())

  test('sslscan finds TLS 1.2 and 1.3 alone, with forward secrecy and AEAD', async () => {
    const { stdout } = await runProgram('sslscan', [
      '--no-colour',
      '--starttls-ftp',
      `127.0.0.1:${product.ftpPort}`,
    ])
    const enabled = [...stdout.matchAll(/^(SSLv\d|TLSv1\.\d)\s+enabled$/gm)].map(([, version]) => version)
    assert.deepEqual(enabled, ['TLSv1.2', 'TLSv1.3'])
    const ciphers = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)/gm)].map(
      ([, name]) => name,
    )
    assert.ok(ciphers.length >= 6, stdout)
    for (const cipher of ciphers) assert.match(cipher ?? '', /^(TLS_(AES|CHACHA20)|ECDHE-.*(GCM|CHACHA20))/)
  })

  test(
    'testssl.sh finds nothing above low in protocols, ciphers and known attacks',
    { timeout: 240_000 },
    async () => {
      const report = join(product.directory, 'testssl.json')
      const checks = ['--protocols', '--std', '--fs', '--server-preference', '--vulnerable']
      const quiet = ['--quiet', '--warnings', 'off', '--color', '0', '--jsonfile', report]
      const { stdout } = await runProgram(
        'testssl',
        [...quiet, ...checks, '--starttls', 'ftp', `127.0.0.1:${product.ftpPort}`],
        { timeoutMs: 200_000 },
      )
      const findings = JSON.parse(await readFile(report, 'utf8')) as Finding[]
      await rm(report)
      assert.ok(findings.length > 40, stdout)
      const bad = findings.filter(({ severity }) =>
        ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity),
      )
      assert.deepEqual(bad, [])
    },
  )
})
