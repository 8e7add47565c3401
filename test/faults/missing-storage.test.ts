import assert from 'node:assert/strict'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { startProduct } from '../support/product.ts'
import { openTransferClient, transferProtocols } from '../support/transfer-clients.ts'
import { placeOf } from './crash-writers.ts'
import { isRefused } from './refusals.ts'

const content = Buffer.alloc(10_000, 7)

for (const workers of ['1', '2'])
  test(`who signs in after the storage was removed on the platform is told so, and nothing is made (workers: ${workers})`, async () => {
    await using platform = await startFakeThinger({
      users: [{ user: 'alice', password: 'S3cret!pass', role: 'user' }],
      plugin: { user: 'alice', plugin: 'sftpgo', target: 'http://127.0.0.1:9' },
    })
    await using product = await startProduct({
      env: {
        ...{ THINGER_HOST: 'localhost', THINGER_USER: 'alice', THINGER_PLUGIN: 'sftpgo' },
        ...{ THINGER_TOKEN_SFTPGO_PLUGIN: platform.pluginToken, THINGER_API_URL: platform.url },
        WORKERS: workers,
      },
    })
    const storage = join(product.storagesDirectory, 'cam')
    await mkdir(storage)
    await product.api('POST', '/folders', { name: 'cam', mapped_path: join(storage, 'shared') })
    await product.addUser('whole', { home_dir: storage })
    await product.addUser('below', { home_dir: join(storage, 'cam1') })
    await product.addUser('mounted', {
      virtual_folders: [{ name: 'cam', virtual_path: '/cam', quota_size: -1, quota_files: -1 }],
    })
    const places = { whole: '/', below: '/', mounted: '/cam/' }
    const forEach = async (
      work: (client: Awaited<ReturnType<typeof openTransferClient>>, path: string) => Promise<void>,
    ) => {
      for (const [username, path] of Object.entries(places))
        for (const protocol of transferProtocols) {
          using client = await openTransferClient(protocol, placeOf(product), username)
          await work(client, `${path}${protocol}`)
        }
    }
    await forEach((client, path) => client.put(path, content))
    await rm(storage, { recursive: true })
    await forEach(async (client, path) => {
      await isRefused('gone', client.protocol, () => client.put(path, content))
      await isRefused('gone', client.protocol, () => client.get(path))
      if (path.startsWith('/cam/')) await client.put(`/own-${client.protocol}`, content)
    })
    assert.deepEqual((await readdir(product.storagesDirectory)).sort(), ['sftpgo_data'])
    await mkdir(storage)
    await forEach(async (client, path) => {
      await client.put(path, content)
      assert.ok((await client.get(path)).equals(content))
    })
  })
