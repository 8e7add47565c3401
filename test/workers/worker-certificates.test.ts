import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { FtpClient } from '../protocols/ftp/ftp-client.ts'
import { issueCertificate } from '../support/certificates.ts'
import type { Product } from '../support/product.ts'
import { SshWorld } from '../support/ssh-world.ts'
import { waitUntil } from '../support/wait-until.ts'
import { workersOf, workerServing } from './workers-world.ts'

const host = 'files.test'

/** What each worker serves to a client of FTPS, by its process id. */
async function servedByWorkers(product: Product): Promise<Map<number, string | undefined>> {
  const served = new Map<number, string | undefined>()
  await waitUntil('both workers served', async () => {
    using client = await FtpClient.connect(product.ftpPort)
    await client.reply(220)
    const worker = await workerServing(product, client.socket)
    await client.command('AUTH TLS', 234)
    await client.secure()
    assert.ok(client.socket instanceof TLSSocket)
    served.set(worker, client.socket.getPeerX509Certificate()?.fingerprint256)
    return served.size === 2
  })
  return served
}

async function replaceWorker(product: Product): Promise<number> {
  const before = await workersOf(product)
  process.kill(before[0] ?? 0, 'SIGKILL')
  return waitUntil('a new worker serves', async () => {
    const fresh = (await workersOf(product)).find((pid) => !before.includes(pid))
    return product.log.some((line) => line.includes('worker process replaced')) && fresh
  })
}

const losses: Record<string, (directory: string) => Promise<void>> = {
  'are gone': (directory) => rm(directory, { recursive: true }),
  'hold half a key': (directory) =>
    writeFile(join(directory, host, 'privkey.pem'), '-----BEGIN PRIVATE KEY-----\nMIG'),
}

for (const [loss, lose] of Object.entries(losses))
  test(`a worker that starts while the certificate’s files ${loss} serves the certificate of the others`, async () => {
    let expected = ''
    await using world = await SshWorld.open({ WORKERS: '2' }, async (directory) => {
      expected = (await issueCertificate(join(directory, 'certificates'), host)).fingerprint256
    })
    const { product } = world
    await lose(join(product.directory, 'certificates'))
    const fresh = await replaceWorker(product)
    const served = await servedByWorkers(product)
    assert.ok(served.has(fresh))
    assert.deepEqual([...served.values()], [expected, expected])
  })
