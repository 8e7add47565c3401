import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { hasCode, type ErrorCode } from '../../src/core/errors.ts'
import { makeCertificate } from '../support/fake-thinger/certificate.ts'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { clientFor, temporaryDirectory } from '../support/fake-thinger/platform-fixture.ts'

const failsWith = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

const manyStorages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ user: 'alice', storage: `storage_${index}` }))

describe('Thinger.io client', () => {
  for (const count of [0, 49, 50, 51, 120]) {
    it(`lists ${count} storages page by page`, async () => {
      await using fake = await startFakeThinger({ storages: manyStorages(count) })
      const ids = (await clientFor(fake).listStorages()).map(({ id }) => id)
      assert.equal(new Set(ids).size, count)
      assert.equal(fake.requests.length, Math.floor(count / 50) + 1)
    })
  }

  it('ends the list on a server that knows no pages', async () => {
    await using fake = await startFakeThinger({ storages: manyStorages(70), quirks: { ignorePaging: true } })
    assert.equal((await clientFor(fake).listStorages()).length, 70)
    assert.equal(fake.requests.length, 2)
  })

  it('takes unknown fields and leaves out what cannot be a storage', async () => {
    await using fake = await startFakeThinger({
      storages: [
        { user: 'alice', storage: '../evil' },
        { user: 'alice', storage: 'site', name: 'Web site', public: true, description: 'pages' },
      ],
    })
    assert.deepEqual(await clientFor(fake).listStorages(), [
      { id: 'site', name: 'Web site', description: 'pages', public: true },
    ])
  })

  it('tells refusals apart, whether they come as JSON or HTML', async () => {
    for (const htmlErrors of [false, true]) {
      await using fake = await startFakeThinger({ quirks: { htmlErrors } })
      const client = clientFor(fake)
      const powerless = fake.world.issueNamedToken('alice', 'powerless', {})
      const storage = { id: 'a', name: 'A', description: '', public: false }
      await assert.rejects(client.getStorage('missing'), failsWith('not-found'))
      await assert.rejects(
        clientFor(fake, { pluginToken: () => powerless }).listStorages(),
        failsWith('permission-denied'),
      )
      await assert.rejects(
        clientFor(fake, { pluginToken: () => 'x' }).listStorages(),
        failsWith('access-denied'),
      )
      await client.createStorage(storage)
      await assert.rejects(client.createStorage(storage), failsWith('invalid-argument'))
      fake.quirks.duplicateStatus = 409
      await assert.rejects(client.createStorage(storage), failsWith('already-exists'))
    }
  })

  it('reads the ports of proxies, also where the list leaves them out', async () => {
    const config = (port: number) => ({ protocol: 'tcp', source: { port }, target: { type: 'plugin', port } })
    await using fake = await startFakeThinger({
      proxies: [
        { proxy: 'sftp', name: 'SFTP', config: config(2022) },
        { proxy: 'ftp', name: 'FTP', enabled: false, config: config(2021) },
        { proxy: 'odd', name: 'Odd', config: { source: 'serial line' } },
      ],
    })
    const admin = fake.issueAccessToken('alice')
    assert.deepEqual(await clientFor(fake, { pluginToken: () => admin }).listProxies(), [
      { id: 'sftp', sourcePort: 2022, isEnabled: true },
      { id: 'ftp', sourcePort: 2021, isEnabled: false },
      { id: 'odd', sourcePort: undefined, isEnabled: true },
    ])
    await assert.rejects(clientFor(fake).listProxies(), failsWith('permission-denied'))
  })

  it('sends nothing without a token', async () => {
    await using fake = await startFakeThinger()
    const client = clientFor(fake, { pluginToken: () => undefined })
    await assert.rejects(client.listStorages(), failsWith('access-denied'))
    assert.deepEqual(fake.requests, [])
  })

  it('repeats a GET after a 5xx or a broken connection, and nothing else', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      requests++
      if (requests === 1) request.socket.destroy()
      else if (requests === 2 || request.method === 'POST') response.writeHead(502).end('<html>')
      else response.end('[]')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await using fake = await startFakeThinger()
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = clientFor(fake, { baseUrl })
    assert.deepEqual(await client.listStorages(), [])
    assert.equal(requests, 3)
    const storage = { id: 'a', name: 'A', description: '', public: false }
    await assert.rejects(client.createStorage(storage), failsWith('unavailable'))
    await assert.rejects(client.passwordGrant('alice', 'pw'), failsWith('unavailable'))
    assert.equal(requests, 5)
    server.close()
  })

  it('gives up on a slow answer after its time-out, without asking again', async () => {
    await using fake = await startFakeThinger({ quirks: { latencyMs: 5000 } })
    const startedAt = performance.now()
    await assert.rejects(clientFor(fake, { timeoutMs: 100 }).listStorages(), failsWith('unavailable'))
    assert.ok(performance.now() - startedAt < 1000)
  })

  it('gives up when an answer trickles in past the time-out', async () => {
    let timer: NodeJS.Timeout | undefined
    const server = createServer((_, response) => {
      timer = setInterval(() => response.write(' '), 20)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await using fake = await startFakeThinger()
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await assert.rejects(
      clientFor(fake, { baseUrl, timeoutMs: 150 }).listStorages(),
      failsWith('unavailable'),
    )
    clearInterval(timer)
    server.closeAllConnections()
    server.close()
  })

  it('gives up when told to', async () => {
    await using fake = await startFakeThinger({ quirks: { latencyMs: 5000 } })
    const stopping = new AbortController()
    const listing = clientFor(fake).listStorages(stopping.signal)
    setTimeout(() => stopping.abort(), 20)
    await assert.rejects(listing, failsWith('aborted'))
  })

  it('does not read an endless answer', async () => {
    let written = 0
    const server = createServer((_, response) => {
      const more = (): void => {
        written += 65_536
        if (!response.destroyed && written < 1 << 28) response.write(Buffer.alloc(65_536), () => more())
      }
      more()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await using fake = await startFakeThinger()
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await assert.rejects(
      clientFor(fake, { baseUrl }).createStorage({ id: 'a', name: '', description: '', public: false }),
    )
    assert.ok(written < 1 << 26, `${written} bytes`)
    server.closeAllConnections()
    server.close()
  })
})

describe('Thinger.io client over TLS', () => {
  for (const isSignedByStranger of [false, true]) {
    const kind = isSignedByStranger ? 'one of an unknown authority' : 'a self-signed one'
    it(`trusts the platform’s own certificate, ${kind}, as soon as its file is there`, async () => {
      await using directory = await temporaryDirectory()
      const pair = makeCertificate({ isSignedByStranger })
      await using fake = await startFakeThinger({ tls: pair, storages: manyStorages(1) })
      const certificateFile = join(directory.path, 'fullchain.pem')
      const client = clientFor(fake, { certificateFile })
      await assert.rejects(client.listStorages(), failsWith('unavailable'))
      await writeFile(certificateFile, 'not a certificate')
      await assert.rejects(client.listStorages(), failsWith('unavailable'))
      await writeFile(certificateFile, pair.cert)
      assert.equal((await client.listStorages()).length, 1)
    })
  }

  it('still checks the name, and trusts no other certificate', async () => {
    await using directory = await temporaryDirectory()
    const certificateFile = join(directory.path, 'fullchain.pem')
    const elsewhere = makeCertificate({ address: [127, 0, 0, 9] })
    await using fake = await startFakeThinger({ tls: elsewhere })
    const client = clientFor(fake, { certificateFile })
    await writeFile(certificateFile, elsewhere.cert)
    await assert.rejects(client.listStorages(), failsWith('unavailable'))
    await writeFile(certificateFile, makeCertificate().cert)
    await assert.rejects(client.listStorages(), failsWith('unavailable'))
    assert.deepEqual(fake.requests, [])
  })
})
