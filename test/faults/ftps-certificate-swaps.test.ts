import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { type IssueMode, issueCertificate } from '../support/certificates.ts'
import { ftplib } from '../support/clients/ftplib.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

const host = 'files.example.test'
const swaps = 200
/** As an ACME client, a person and an accident leave a pair; the broken ones come one in ten. */
const goodModes: readonly IssueMode[] = ['inplace', 'rename', 'symlink', 'keyFirst']
const brokenModes: readonly IssueMode[] = ['truncated', 'mismatched']
const modeOf = (swap: number): IssueMode =>
  (swap % 10 === 9 ? brokenModes[swap % 2] : goodModes[swap % 4]) ?? 'inplace'

test(
  '200 certificate swaps break no transfer, and the last certificate is served',
  { timeout: 180_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'swaps-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(directory, { recursive: true, force: true }))
    const certificates = join(directory, 'certificates')
    await issueCertificate(certificates, host, { names: [host, 'localhost'] })
    const world = stack.use(await openProtocolWorld('ftp', { directory, env: { FTP_TLS: 'required' } }))
    const { product } = world
    const target = await world.target('bob')
    await product.addUser('bob', { password: target.password })
    await product.addUser('slow', { password: 'slow-password', upload_bandwidth: 512 })
    const slow = ftplib('tls')({ ...(await world.target('slow')), password: 'slow-password' })
    const bob = ftplib('tls')(target)
    await issueCertificate(certificates, host, { names: [host, 'localhost'] })
    const local = join(target.scratch, 'local')
    await writeFile(local, Buffer.alloc(300_000, 7))
    const large = join(target.scratch, 'large')
    await writeFile(large, Buffer.alloc(4 * 1024 * 1024, 8))

    const state = { isSwapping: true }
    const lone = slow.put(large, '/large')
    const lanes = [0, 1].map(async (lane) => {
      let transfers = 0
      for (; state.isSwapping || transfers === 0; transfers++) {
        const put = await bob.put(local, `/f-${lane}`)
        assert.ok(put.isOk, put.stderr)
        const got = await bob.get(`/f-${lane}`, `${local}-${lane}`)
        assert.ok(got.isOk, got.stderr)
      }
      return transfers
    })
    let last = ''
    for (let swap = 1; swap <= swaps; swap++) {
      const mode = modeOf(swap)
      const issued = await issueCertificate(certificates, host, { mode, names: [host, 'localhost'] })
      if (!brokenModes.includes(mode)) last = issued.fingerprint256
      // Slow enough for a pair to settle now and then, so that many of them are really taken.
      await delay(swap % 50 === 0 ? 5_000 : 20)
    }
    last = (await issueCertificate(certificates, host, { names: [host, 'localhost'] })).fingerprint256
    state.isSwapping = false
    const transfers = await Promise.all(lanes)
    assert.ok(Math.min(...transfers) >= 5, `transfers: ${transfers.join(' ')}`)
    const slowOutcome = await lone
    assert.ok(slowOutcome.isOk, slowOutcome.stderr)
    assert.equal((await readFile(join(product.homeOf('slow'), 'large'))).length, 4 * 1024 * 1024)
    await waitUntil(
      'the last certificate',
      async () => (await servedCertificate(target.port)) === last,
      60_000,
    )
    const taken = product.log.filter((line) => line.includes('"msg":"certificate loaded"')).length
    assert.ok(taken >= 4, `${taken} pairs were taken over`)
  },
)

async function servedCertificate(port: number): Promise<string | undefined> {
  const connect = ['-connect', `127.0.0.1:${port}`, '-servername', host, '-starttls', 'ftp']
  const { stdout } = await runProgram('openssl', ['s_client', ...connect], {
    input: 'QUIT\r\n',
    timeoutMs: 10_000,
  })
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(stdout)?.[0]
  return pem && new X509Certificate(pem).fingerprint256
}
