import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { startProduct } from '../support/product.ts'
import { waitUntil } from '../support/wait-until.ts'

test('storages of the account and of the disk come with their room', async () => {
  await using fake = await startFakeThinger({
    storages: [{ user: 'alice', storage: 'site', name: 'Web site', description: 'Pages', public: true }],
  })
  await using product = await startProduct({
    env: {
      THINGER_HOST: '127.0.0.1',
      THINGER_USER: 'alice',
      THINGER_PLUGIN: 'sftpgo',
      THINGER_TOKEN_SFTPGO_PLUGIN: fake.pluginToken,
      THINGER_API_URL: fake.url,
    },
  })
  const directoryOf = (id: string) => join(product.storagesDirectory, id)
  await mkdir(directoryOf('stray'))
  const storages = await waitUntil('the answer of the platform', async () => {
    const found = (await product.api('GET', '/storages')).body as Record<string, unknown>[]
    return found.length === 3 && found.some(({ is_registered }) => is_registered === false) && found
  })
  const [data, site, stray] = storages
  assert.deepEqual(
    [data?.id, data?.directory, data?.is_registered, data?.is_writable, data?.error],
    ['sftpgo_data', directoryOf('sftpgo_data'), true, true, ''],
  )
  assert.ok(Number(data?.free_bytes) > 0 && Number(data?.total_bytes) >= Number(data?.free_bytes))
  assert.deepEqual(
    [site?.name, site?.description, site?.is_public, site?.is_writable, site?.free_bytes],
    ['Web site', 'Pages', true, false, 0],
  )
  assert.match(String(site?.error), /does not exist/)
  assert.deepEqual([stray?.id, stray?.is_public, stray?.is_registered], ['stray', false, false])
  fake.setDown(true)
  const unknown = await waitUntil('the platform to be asked in vain', async () => {
    const found = (await product.api('GET', '/storages')).body as Record<string, unknown>[]
    return found.every((storage) => !('is_public' in storage)) && found
  })
  assert.deepEqual(
    unknown.map(({ id, is_registered }) => [id, is_registered]),
    [
      ['sftpgo_data', true],
      ['stray', true],
    ],
  )
  const { body } = await product.api('GET', '/connect')
  assert.equal(Reflect.get(body as object, 'host'), '127.0.0.1')
})

test('standalone, admins are told the ports and host keys, no host, and that no storage is public', async () => {
  await using product = await startProduct({ env: { FTP_TLS: 'required' } })
  await mkdir(join(product.storagesDirectory, 'site'))
  const storages = (await product.api('GET', '/storages')).body as { is_public?: boolean }[]
  assert.deepEqual(new Set(storages.map(({ is_public }) => is_public)), new Set([false]))
  const { body } = await product.api('GET', '/connect')
  const { host_keys, ...rest } = body as { host_keys: { fingerprint: string }[] }
  assert.deepEqual(rest, {
    host: '',
    sftp_port: product.sftpPort,
    ftp_port: product.ftpPort,
    ftp_passive_ports: product.passivePorts,
    ftp_tls: 'required',
  })
  assert.match(host_keys[0]?.fingerprint ?? '', /^SHA256:/)
  const { body: checks } = await product.api('POST', '/status/ports')
  const states = (Reflect.get(checks as object, 'ports') as { state: string }[]).map(({ state }) => state)
  assert.deepEqual(states, ['untested', 'untested', 'untested'])
})

test('the state of the server tells its version, age, memory and the room for its data', async () => {
  const before = Date.now()
  await using product = await startProduct({ env: { MIN_FREE_SPACE: '1' } })
  const { body } = await product.api('GET', '/status')
  const state = Reflect.get(body as object, 'process') as Record<string, number | string>
  assert.match(String(state.version), /^\d+\.\d+\.\d+/)
  assert.ok(Number(state.started_at) >= before && Number(state.started_at) <= Date.now())
  assert.ok(Number(state.now) >= Number(state.started_at) && Number(state.now) <= Date.now())
  assert.ok(Number(state.memory_bytes) > 10_000_000)
  assert.equal(state.min_free_bytes, 1024 * 1024)
  const { directory, free_bytes, error } = state.data_directory as unknown as Record<string, unknown>
  assert.deepEqual([directory, error], [join(product.directory, 'state'), ''])
  assert.ok(Number(free_bytes) > 0)
})
