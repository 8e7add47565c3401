import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpWorld } from './http-world.ts'

test('lists storages with what the platform and the disk know of them', async () => {
  const found = {
    id: 'site',
    name: 'Web site',
    description: 'Pages',
    directory: '/srv/site',
    isPublic: true,
    isRegistered: false,
    isWritable: true,
    freeBytes: 7,
    totalBytes: 9,
    error: '',
  }
  await using world = await openHttpWorld({ reports: { storages: () => Promise.resolve([found]) } })
  const { status, body } = await world.signedIn('GET', '/storages')
  assert.equal(status, 200)
  assert.deepEqual(body, [
    {
      id: 'site',
      name: 'Web site',
      description: 'Pages',
      directory: '/srv/site',
      is_public: true,
      is_registered: false,
      is_writable: true,
      free_bytes: 7,
      total_bytes: 9,
      error: '',
    },
  ])
})

test('leaves out whether a storage is public where that is not known', async () => {
  const found = {
    ...{ id: 'site', name: 'Web site', description: '', directory: '/srv/site', isPublic: undefined },
    ...{ isRegistered: true, isWritable: true, freeBytes: 7, totalBytes: 9, error: '' },
  }
  await using world = await openHttpWorld({ reports: { storages: () => Promise.resolve([found]) } })
  const { status, body } = await world.signedIn('GET', '/storages')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys((body as object[])[0] ?? {}).sort(), [
    ...['description', 'directory', 'error', 'free_bytes', 'id', 'is_registered', 'is_writable', 'name'],
    'total_bytes',
  ])
})

test('tells every admin how clients connect, and nobody else', async () => {
  const info = {
    host: 'host.example',
    sftp_port: 2022,
    ftp_port: 2021,
    ftp_passive_ports: [2122],
    ftp_tls: 'allowed',
    host_keys: [{ algorithms: ['ssh-ed25519'], fingerprint: 'SHA256:abc' }],
  } as const
  await using world = await openHttpWorld({
    reports: {
      connectInfo: () =>
        Promise.resolve({
          ...info,
          ftp_passive_ports: [...info.ftp_passive_ports],
          host_keys: info.host_keys.map((key) => ({ ...key, algorithms: [...key.algorithms] })),
        }),
    },
  })
  const token = await world.addAdmin('powerless', [])
  const { status, body } = await world.call('GET', '/api/v2/connect', undefined, {
    Authorization: `Bearer ${token}`,
  })
  assert.equal(status, 200)
  assert.deepEqual(body, info)
  assert.equal((await world.call('GET', '/api/v2/connect')).status, 401)
})

test('answers what the check of the ports found', async () => {
  const port = { port: 2022, service: 'SFTP', proxy: 'enabled', state: 'reachable' } as const
  await using world = await openHttpWorld({
    reports: { portChecks: () => Promise.resolve({ host: 'host.example', checkedAt: 5, ports: [port] }) },
  })
  const { status, body } = await world.signedIn('POST', '/status/ports')
  assert.equal(status, 200)
  assert.deepEqual(body, { host: 'host.example', checked_at: 5, ports: [port] })
})
