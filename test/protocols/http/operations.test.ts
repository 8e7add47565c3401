import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageProvider } from '../../../src/core/files/storage.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import type { ServerStatus } from '../../../src/core/status.ts'
import { fieldOf, openHttpWorld, userBody, type HttpWorld } from './http-world.ts'

test('lists connections with their transfers and ends one of them', async () => {
  await using world = await openHttpWorld()
  const from = {
    username: 'ann',
    protocol: 'SFTP',
    remoteAddress: '10.1.2.3',
    clientVersion: 'SSH-2.0-x',
  } as const
  const ann = world.connections.open(from, 0)
  const bob = world.connections.open({ ...from, username: 'bob' }, 0)
  ann.addTransfer(
    { operation: 'upload', path: parseVirtualPath('/a.bin'), startedAt: 1000, bytes: 77 },
    { isReported: true },
  )
  const { status, body } = await world.signedIn('GET', '/connections')
  assert.equal(status, 200)
  assert.deepEqual((body as unknown[])[0], {
    username: 'ann',
    connection_id: ann.connectionId,
    client_version: 'SSH-2.0-x',
    remote_address: '10.1.2.3',
    connection_time: ann.connectedAt,
    command: '',
    last_activity: ann.lastActivity,
    protocol: 'SFTP',
    active_transfers: [{ operation_type: 'upload', path: '/a.bin', start_time: 1000, size: 77 }],
  })
  assert.equal((await world.signedIn('DELETE', `/connections/${ann.connectionId}`)).status, 200)
  assert.equal(ann.signal.aborted, true)
  assert.equal(bob.signal.aborted, false)
  assert.equal((await world.signedIn('DELETE', '/connections/unknown')).status, 404)
})

test('counts a user anew in the background, one count at a time', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  await using world = await openHttpWorld({ storages: (local) => gated(local, gate) })
  await world.signedIn('POST', '/users', userBody('ann'))
  const home = join(world.root, 'data', 'ann')
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'a.txt'), 'twelve bytes')

  assert.equal((await world.signedIn('POST', '/quotas/users/ann/scan')).status, 202)
  const running = await world.signedIn('GET', '/quotas/users/scans')
  assert.equal(fieldOf((running.body as unknown[])[0], 'username'), 'ann')
  assert.deepEqual((await world.signedIn('GET', '/quotas/folders/scans')).body, [])
  assert.equal((await world.signedIn('POST', '/quotas/users/ann/scan')).status, 409)
  release()
  await until(world, '/quotas/users/scans', (body) => (body as unknown[]).length === 0)
  const { body } = await world.signedIn('GET', '/users/ann')
  assert.equal(fieldOf(body, 'used_quota_size'), 12)
  assert.equal(fieldOf(body, 'used_quota_files'), 1)
})

test('counts a folder anew, and answers 404 for accounts that are not there', async () => {
  await using world = await openHttpWorld()
  const mapped_path = join(world.root, 'shared')
  await mkdir(mapped_path)
  await writeFile(join(mapped_path, 'a.txt'), 'four')
  await world.signedIn('POST', '/folders', { name: 'shared', mapped_path })
  assert.equal((await world.signedIn('POST', '/quotas/folders/shared/scan', '')).status, 202)
  await until(world, '/folders/shared', (body) => fieldOf(body, 'used_quota_size') === 4)
  assert.equal((await world.signedIn('POST', '/quotas/folders/missing/scan')).status, 404)
  assert.equal((await world.signedIn('POST', '/quotas/users/missing/scan')).status, 404)
})

test('shows the state of the server', async () => {
  const status: ServerStatus = {
    process: {
      version: '3.0.0',
      startedAt: 1,
      now: 6,
      memoryBytes: 2,
      minFreeBytes: 3,
      dataDirectory: { directory: '/state', freeBytes: 4, totalBytes: 5, error: 'cannot be read' },
    },
    ssh: {
      isActive: true,
      bindings: [{ address: '0.0.0.0', port: 2022 }],
      hostKeys: [
        {
          ...{ path: '/keys/id_ed25519', fingerprint: 'SHA256:abc', algorithms: ['ssh-ed25519'] },
          next: { path: '/keys/id_ed25519.next', fingerprint: 'SHA256:def', algorithms: ['ssh-ed25519'] },
        },
      ],
      commands: ['scp', 'sha256sum'],
    },
    ftp: {
      isActive: true,
      bindings: [{ address: '0.0.0.0', port: 2121, tls: 'implicit' }],
      passivePorts: [2130, 2122],
      passiveHost: 'host.example',
    },
    http: { isActive: true, bindings: [{ address: '0.0.0.0', port: 8080 }], basePath: '/x/' },
    workers: { configured: 2, running: 1, restarts: 4, hangs: 3 },
    auditLog: { queued: 6, lost: 8 },
    database: { isActive: false, driver: 'postgresql', error: 'does not answer' },
    platform: { state: 'unreachable', since: 5, error: 'timeout' },
    storages: [
      {
        name: 'data',
        directory: '/srv/data',
        isWritable: false,
        freeBytes: 7,
        totalBytes: 9,
        error: 'read-only',
      },
    ],
    certificates: [{ host: 'host.example', expiresAt: 99, isSelfSigned: true, error: '' }],
  }
  await using world = await openHttpWorld({ status: () => Promise.resolve(status) })
  const { status: code, body } = await world.signedIn('GET', '/status')
  assert.equal(code, 200)
  const { ssh, ftp, data_provider, platform, storages, certificates } = body as Record<string, unknown>
  assert.deepEqual(fieldOf(body, 'process'), {
    version: '3.0.0',
    started_at: 1,
    now: 6,
    memory_bytes: 2,
    min_free_bytes: 3,
    data_directory: { directory: '/state', free_bytes: 4, total_bytes: 5, error: 'cannot be read' },
  })
  assert.deepEqual(fieldOf(ssh, 'host_keys'), [
    {
      ...{ path: '/keys/id_ed25519', fingerprint: 'SHA256:abc', algorithms: ['ssh-ed25519'] },
      next: { path: '/keys/id_ed25519.next', fingerprint: 'SHA256:def', algorithms: ['ssh-ed25519'] },
    },
  ])
  assert.deepEqual(fieldOf(ftp, 'passive_port_range'), { start: 2122, end: 2130 })
  assert.deepEqual(fieldOf(ftp, 'bindings'), [{ address: '0.0.0.0', port: 2121, tls_mode: 2 }])
  assert.deepEqual(data_provider, { is_active: false, driver: 'postgresql', error: 'does not answer' })
  assert.deepEqual(fieldOf(body, 'workers'), { configured: 2, running: 1, restarts: 4, hangs: 3 })
  assert.deepEqual(fieldOf(body, 'audit_log'), { queued: 6, lost: 8 })
  assert.deepEqual(fieldOf(body, 'mfa'), { is_active: true })
  assert.deepEqual(platform, { state: 'unreachable', since: 5, error: 'timeout' })
  assert.equal(fieldOf((storages as unknown[])[0], 'is_writable'), false)
  assert.equal(fieldOf((certificates as unknown[])[0], 'is_self_signed'), true)
})

test('lets every admin do what their permissions say and nothing more', async () => {
  await using world = await openHttpWorld()
  const body = userBody('ann')
  const requests: [string, string, string, object?][] = [
    ['view_users', 'GET', '/users'],
    ['view_users', 'GET', '/users/ann'],
    ['add_users', 'POST', '/users', body],
    ['edit_users', 'PUT', '/users/ann', body],
    ['del_users', 'DELETE', '/users/ann'],
    ['view_users manage_folders', 'GET', '/folders'],
    ['view_users manage_folders', 'GET', '/folders/x'],
    ['add_users manage_folders', 'POST', '/folders', { name: 'x', mapped_path: world.root }],
    ['edit_users manage_folders', 'PUT', '/folders/x', { mapped_path: world.root }],
    ['del_users manage_folders', 'DELETE', '/folders/x'],
    ['view_status', 'GET', '/metrics'],
    ['view_conns', 'GET', '/connections'],
    ['view_conns', 'GET', '/live'],
    ['view_events', 'POST', '/events/search', {}],
    ['view_events', 'POST', '/events/exports', { format: 'csv' }],
    ['view_events', 'GET', '/events/exports/x'],
    ['close_conns', 'DELETE', '/connections/x'],
    ['quota_scans', 'GET', '/quotas/users/scans'],
    ['quota_scans', 'POST', '/quotas/users/ann/scan'],
    ['quota_scans', 'GET', '/quotas/folders/scans'],
    ['quota_scans', 'POST', '/quotas/folders/x/scan'],
    ['view_status', 'GET', '/status'],
    ['view_status', 'POST', '/status/ports'],
    ['view_users add_users edit_users', 'GET', '/storages'],
  ]
  const permissions = [
    'view_users',
    'add_users',
    'edit_users',
    'del_users',
    'manage_folders',
    'view_conns',
    'close_conns',
    'quota_scans',
    'view_status',
    'view_events',
    'manage_system',
  ] as const
  for (const permission of permissions) {
    const token = await world.addAdmin(`only-${permission}`, [permission])
    for (const [needed, method, path, sent] of requests) {
      const { status } = await world.call(method, `/api/v2${path}`, sent, {
        Authorization: `Bearer ${token}`,
      })
      const isAllowed = needed.split(' ').includes(permission)
      assert.equal(status !== 403, isAllowed, `${permission}: ${method} ${path} answers ${status}`)
      assert.notEqual(status, 401)
    }
    assert.equal(
      (await world.call('GET', '/api/v2/version', undefined, { 'X-SFTPGO-TOKEN': token })).status,
      200,
    )
  }
})

function gated(local: StorageProvider, gate: Promise<void>): StorageProvider {
  return {
    open(directory) {
      const storage = local.open(directory)
      return new Proxy(storage, {
        get(target, name) {
          if (name === 'removeStagedUploads') return () => gate.then(() => 0)
          const member: unknown = Reflect.get(target, name, target)
          return typeof member === 'function' ? (member.bind(target) as unknown) : member
        },
      })
    },
  }
}

async function until(world: HttpWorld, path: string, isReached: (body: unknown) => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (isReached((await world.signedIn('GET', path)).body)) return
    await delay(10)
  }
  assert.fail(`${path} did not get there`)
}
