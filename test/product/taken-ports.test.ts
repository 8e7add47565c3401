import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startProduct } from '../support/product.ts'
import { ProductStart } from '../support/product-start.ts'

const settings = [
  'SFTP_PORT',
  'FTP_PORT',
  'FTP_PASSIVE_PORTS',
  'FTP_IMPLICIT_TLS_PORT',
  'HTTP_PORT',
  'METRICS_PORT',
] as const
const isWorkers = (setting: string) => setting.startsWith('SFTP') || setting.startsWith('FTP')
/** On a machine that has other things to do. */
const momentMs = 15_000

describe('a start on a taken port ends with 1, leaves no process, and the next start serves', () => {
  for (const setting of settings)
    // The others are the first process's, whatever their number.
    for (const workers of isWorkers(setting) ? ['1', '2'] : ['1'])
      test(`${setting}, WORKERS=${workers}`, async () => {
        const directory = await mkdtemp(join(tmpdir(), 'taken-port-'))
        const taken = createServer().listen(0, '127.0.0.1')
        try {
          await once(taken, 'listening')
          const { port } = taken.address() as AddressInfo
          const env = { [setting]: String(port), WORKERS: workers }
          {
            using start = await ProductStart.begin(directory, env)
            const line = await start.line('"msg":"start failed"')
            assert.match(line, new RegExp(`${setting}: port ${port} is taken`))
            assert.equal(await start.end(momentMs), 1)
            for (const word of ['"msg":"ready"', 'unhandled rejection', 'already been destroyed'])
              assert.ok(!start.log.some((other) => other.includes(word)), start.log.join('\n'))
          }
          taken.close()
          await once(taken, 'close')
          await using product = await startProduct({ directory, env })
          assert.equal((await fetch(`${product.httpUrl}/readyz`)).status, 200)
          assert.equal(await product.stop(), 0)
        } finally {
          taken.close()
          await rm(directory, { recursive: true, force: true })
        }
      })
})
