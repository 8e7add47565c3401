import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import { EventBus } from '../../../src/core/events/event-bus.ts'
import type { Actor } from '../../../src/core/events/events.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { silentLog } from '../../../src/core/log.ts'
import type { MetricSources } from '../../../src/protocols/http/metric-sources.ts'
import { MetricsServer } from '../../../src/protocols/http/metrics-server.ts'
import { Metrics } from '../../../src/protocols/http/metrics.ts'

const actor: Actor = {
  connectionId: 'SFTP_1',
  username: 'marker',
  protocol: 'SFTP',
  remoteAddress: '10.0.0.1',
}
const path = parseVirtualPath('/marker')

async function openMetrics(sources: Partial<MetricSources> = {}) {
  const stack = new AsyncDisposableStack()
  const events = new EventBus(silentLog)
  const connections = new ConnectionRegistry()
  const metrics = stack.use(
    new Metrics({
      ...{ events, connections, passiveWaiting: () => 0, certificates: () => [] },
      workers: () => ({ running: 1, restarts: 0, hangs: 0, reports: [] }),
      audit: () => ({ queued: 0, written: 0, failures: 0, dropped: 0, limited: 0 }),
      ...sources,
    }),
  )
  const server = new MetricsServer({
    ...{ host: '127.0.0.1', port: 0, metrics, log: silentLog },
    readiness: () => Promise.resolve([]),
  })
  stack.defer(() => server.stop())
  await server.start()
  const get = (target: string, method = 'GET') => fetch(`http://${server.addresses[0]}${target}`, { method })
  return {
    ...{ events, connections, metrics, get },
    values: async () => valuesOf(await (await get('/metrics')).text()),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function valuesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith('sftpgo_'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))] as const
    }),
  )
}

function are(values: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): void {
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((name) => [name, values.get(name)])),
    expected,
  )
}

test('counts what happens under the names of SFTPGo', async () => {
  await using world = await openMetrics()
  const { events, connections, metrics } = world
  const moved = { actor, path, bytes: 100, fileSize: 100, durationMs: 5 }
  events.emit({ type: 'file-uploaded', ...moved })
  events.emit({ type: 'upload-failed', actor, path, bytes: 11, durationMs: 5, code: 'quota-exceeded' })
  events.emit({ type: 'file-downloaded', ...moved, bytes: 40 })
  events.emit({ type: 'download-failed', actor, path, bytes: 2, durationMs: 5, code: 'aborted' })
  events.emit({ type: 'session-opened', actor, clientVersion: 'x', method: 'publickey' })
  const refused = {
    type: 'sign-in-refused',
    protocol: 'FTP',
    username: 'marker',
    remoteAddress: 'x',
    code: 'access-denied',
  } as const
  events.emit({ ...refused, method: 'password' })
  events.emit({ type: 'client-left', protocol: 'FTP', remoteAddress: 'x' })
  connections.open({ username: 'marker', protocol: 'SFTP', remoteAddress: 'x', clientVersion: 'x' }, 0)
  for (const code of [200, 404, 500]) metrics.countAnswer(code)

  const response = await world.get('/metrics')
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const values = valuesOf(text)
  for (const [name, value] of [
    ['sftpgo_uploads_total', 1],
    ['sftpgo_upload_errors_total', 1],
    ['sftpgo_upload_size', 111],
    ['sftpgo_downloads_total', 1],
    ['sftpgo_download_errors_total', 1],
    ['sftpgo_download_size', 42],
    ['sftpgo_active_connections', 1],
    ['sftpgo_login_attempts_total', 2],
    ['sftpgo_login_ok_total', 1],
    ['sftpgo_login_ko_total', 1],
    ['sftpgo_public_key_login_ok_total', 1],
    ['sftpgo_password_login_ko_total', 1],
    ['sftpgo_no_auth_total', 1],
    ['sftpgo_http_req_total', 3],
    ['sftpgo_http_client_errors_total', 1],
    ['sftpgo_http_server_errors_total', 1],
    ['sftpgo_sign_ins_refused_total{protocol="FTP",code="access-denied"}', 1],
  ] as const)
    assert.equal(values.get(name), value, name)
  assert.match(text, /^process_cpu_seconds_total /m)
  assert.doesNotMatch(text, /marker/)
})

test('transfers and operations are counted by protocol, with how long they took and why they failed', async () => {
  await using world = await openMetrics()
  const { events } = world
  const ftp = { actor: { ...actor, protocol: 'FTP' }, path } as const
  events.emit({ type: 'file-uploaded', ...ftp, bytes: 5000, fileSize: 5000, durationMs: 70, waitedMs: 40 })
  events.emit({ type: 'upload-failed', ...ftp, bytes: 1, durationMs: 2000, code: 'quota-exceeded' })
  events.emit({ type: 'download-failed', actor, path, bytes: 3, durationMs: 1, code: 'storage-failure' })
  events.emit({ type: 'operation-refused', ...ftp, operation: 'upload', code: 'quota-exceeded' })
  events.emit({ type: 'operation-refused', ...ftp, operation: 'upload', code: 'no-space' })
  events.emit({ type: 'operation-refused', ...ftp, operation: 'upload', code: 'permission-denied' })
  events.emit({ type: 'directory-made', ...ftp })
  are(await world.values(), {
    'sftpgo_transfers_total{protocol="FTP",operation="upload",outcome="ok"}': 1,
    'sftpgo_transfers_total{protocol="FTP",operation="upload",outcome="failed"}': 1,
    'sftpgo_transferred_bytes_total{protocol="FTP",operation="upload"}': 5001,
    'sftpgo_bandwidth_wait_seconds_total{protocol="FTP",operation="upload"}': 0.04,
    'sftpgo_bandwidth_wait_seconds_total{protocol="SFTP",operation="download"}': 0,
    'sftpgo_upload_duration_seconds_bucket{le="0.1",protocol="FTP"}': 1,
    'sftpgo_upload_duration_seconds_sum{protocol="FTP"}': 2.07,
    'sftpgo_upload_size_bytes_bucket{le="4096",protocol="FTP"}': 1,
    'sftpgo_upload_size_bytes_count{protocol="FTP"}': 2,
    'sftpgo_download_size_bytes_count{protocol="SFTP"}': 1,
    'sftpgo_quota_refusals_total{protocol="FTP"}': 2,
    'sftpgo_storage_failures_total{protocol="SFTP",code="storage-failure"}': 1,
    'sftpgo_storage_failures_total{protocol="FTP",code="no-space"}': 1,
    'sftpgo_operations_total{protocol="FTP",operation="mkdir"}': 1,
  })
})

test('processes, waits, the audit queue and certificates are told as they are at that moment', async () => {
  const sample = { loopDelay: 0.03, memoryBytes: 100, heapBytes: 50, cpuSeconds: 7 }
  let certificates = [
    { host: 'a.example.com', expiresAt: 5000, isSelfSigned: false, error: '' },
    { host: 'never.example.com', expiresAt: 0, isSelfSigned: false, error: 'no key' },
  ]
  await using world = await openMetrics({
    passiveWaiting: () => 4,
    audit: () => ({ queued: 3, written: 10, failures: 2, dropped: 1, limited: 6 }),
    certificates: () => certificates,
    workers: () => ({
      ...{ running: 2, restarts: 5, hangs: 1 },
      reports: [
        { number: 1, sessions: 1, silentSeconds: 0.5, sample },
        { number: 2, sessions: 0, silentSeconds: 9, sample: undefined },
      ],
    }),
  })
  const { metrics, connections } = world
  for (const protocol of ['SFTP', 'FTP'] as const)
    connections.open({ username: 'u', protocol, remoteAddress: 'x', clientVersion: 'x' }, 0)
  metrics.sample(0, { ...sample, memoryBytes: 300 })
  metrics.sample(1, sample)
  metrics.passiveClaim('given', 0.02)
  metrics.passiveClaim('busy', 30)
  metrics.loginDelayed(2000)
  const expected = {
    sftpgo_workers: 2,
    sftpgo_worker_restarts_total: 5,
    sftpgo_worker_hangs_total: 1,
    'sftpgo_sessions{protocol="SFTP"}': 1,
    'sftpgo_sessions{protocol="FTP"}': 1,
    'sftpgo_process_sessions{process="primary"}': 1,
    'sftpgo_process_sessions{process="worker-1"}': 1,
    'sftpgo_process_memory_bytes{process="primary"}': 300,
    'sftpgo_process_memory_bytes{process="worker-1"}': 100,
    'sftpgo_process_heap_bytes{process="worker-1"}': 50,
    'sftpgo_process_cpu_seconds_total{process="worker-1"}': 7,
    'sftpgo_worker_silent_seconds{process="worker-2"}': 9,
    'sftpgo_event_loop_delay_seconds_bucket{le="0.05",process="worker-1"}': 1,
    'sftpgo_event_loop_delay_seconds_count{process="primary"}': 1,
    sftpgo_passive_waiting: 4,
    'sftpgo_passive_claims_total{outcome="busy"}': 1,
    'sftpgo_passive_wait_seconds_bucket{le="0.05"}': 1,
    sftpgo_login_delay_seconds_sum: 2,
    sftpgo_audit_queue_length: 3,
    sftpgo_audit_written_total: 10,
    sftpgo_audit_write_failures_total: 2,
    'sftpgo_audit_dropped_total{reason="queue-full"}': 1,
    'sftpgo_audit_dropped_total{reason="refusal-limit"}': 6,
    'sftpgo_certificate_expiry_timestamp_seconds{host="a.example.com"}': 5,
  }
  are(await world.values(), expected)
  are(await world.values(), expected)
  certificates = []
  const left = [...(await world.values()).keys()].filter((name) => name.includes('certificate'))
  assert.deepEqual(left, [])
})

test('keeps the numbers of two servers apart', async () => {
  await using one = await openMetrics()
  await using two = await openMetrics()
  one.events.emit({ type: 'file-uploaded', actor, path, bytes: 1, fileSize: 1, durationMs: 1 })
  assert.match(await (await one.get('/metrics')).text(), /^sftpgo_uploads_total 1$/m)
  assert.match(await (await two.get('/metrics')).text(), /^sftpgo_uploads_total 0$/m)
})

test('answers the health check, and nothing else', async () => {
  await using metrics = await openMetrics()
  const health = await metrics.get('/healthz')
  assert.equal(health.status, 200)
  assert.equal(await health.text(), 'ok')
  assert.equal((await metrics.get('/')).status, 404)
  assert.equal((await metrics.get('/metrics', 'POST')).status, 404)
})
