import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionRegistry } from '../../../src/core/connections/connection-registry.ts'
import { EventBus } from '../../../src/core/events/event-bus.ts'
import type { Actor } from '../../../src/core/events/events.ts'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { silentLog } from '../../../src/core/log.ts'
import { MetricsServer } from '../../../src/protocols/http/metrics-server.ts'

const actor: Actor = {
  connectionId: 'SFTP_1',
  username: 'marker',
  protocol: 'SFTP',
  remoteAddress: '10.0.0.1',
}
const path = parseVirtualPath('/marker')

async function openMetrics() {
  const stack = new AsyncDisposableStack()
  const events = new EventBus(silentLog)
  const connections = new ConnectionRegistry()
  const server = new MetricsServer({
    ...{ host: '127.0.0.1', port: 0, events, connections, log: silentLog },
    readiness: () => Promise.resolve([]),
  })
  stack.defer(() => server.stop())
  await server.start()
  const get = (target: string, method = 'GET') => fetch(`http://${server.addresses[0]}${target}`, { method })
  return { events, connections, server, get, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('counts what happens under the names of SFTPGo', async () => {
  await using metrics = await openMetrics()
  const { events, connections, server } = metrics
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
  events.emit({ ...refused, method: 'none' })
  connections.open({ username: 'marker', protocol: 'SFTP', remoteAddress: 'x', clientVersion: 'x' }, 0)
  for (const code of [200, 404, 500]) server.countAnswer(code)

  const response = await metrics.get('/metrics')
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('sftpgo_'))
      .map(
        (line) =>
          [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))] as const,
      ),
  )
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
    ['sftpgo_sign_ins_refused_total{protocol="FTP",code="access-denied"}', 2],
  ] as const)
    assert.equal(values.get(name), value, name)
  assert.match(text, /^process_cpu_seconds_total /m)
  assert.doesNotMatch(text, /marker/)
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
