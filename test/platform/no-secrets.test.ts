import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ThingerAdminDirectory } from '../../src/platform/admin-directory.ts'
import { bootstrap } from '../../src/platform/bootstrap.ts'
import { ThingerClient } from '../../src/platform/thinger-client.ts'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import {
  everythingIn,
  RecordingLog,
  temporaryDirectory,
  waitUntil,
} from '../support/fake-thinger/platform-fixture.ts'

const password = 'correct horse&battery%staple'

/** Servers that fail in every way, and that repeat what they were sent. */
const servers: Readonly<Record<string, RequestListener>> = {
  'cuts the connection': (request) => void request.socket.destroy(),
  'answers nonsense': (request) => void request.socket.end('HTTP/9.9 what?\r\n\r\n'),
  'never ends a header': (request) =>
    void request.socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(99_999)}`),
  'echoes with 400': echo(400),
  'echoes with 401': echo(401),
  'echoes with 403': echo(403),
  'echoes with 500': echo(500),
  'echoes with 200': echo(200),
  redirects: (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'is silent': () => {},
}

function echo(status: number): RequestListener {
  return (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const message = `${decodeURIComponent(body)} ${body} ${request.headers.authorization ?? ''}`
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message } }))
    })
  }
}

async function thrownBy(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  )
}

describe('secrets', () => {
  for (const [kind, listener] of Object.entries(servers)) {
    it(`appear in no error, log line or inspection when the platform ${kind}`, async () => {
      await using fake = await startFakeThinger()
      await using directory = await temporaryDirectory()
      const server = createServer(listener)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const client = new ThingerClient({
        baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        user: 'alice',
        plugin: 'sftpgo',
        pluginToken: () => fake.pluginToken,
        retryDelayMs: 1,
        timeoutMs: 200,
      })
      const admins = new ThingerAdminDirectory(client)
      const log = new RecordingLog()
      const { path } = directory
      const { link } = await bootstrap({
        client,
        storagesDir: path,
        usersBaseDir: join(path, 'users'),
        backupsDir: join(path, 'backups'),
        dataDir: join(path, 'state'),
        log,
      })
      const token = fake.issueAccessToken('alice')
      const errors = await Promise.all([
        thrownBy(admins.verify('alice', password)),
        thrownBy(admins.verify('alice', token)),
        thrownBy(client.listStorages()),
      ])
      await waitUntil(() => link.status.state !== 'connecting')
      const seen = [...errors, client, admins, link, link.status]
        .map(everythingIn)
        .concat(log.lines)
        .join('\n')
      await link[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()

      assert.ok(log.lines.length > 0)
      for (const secret of [
        password,
        token,
        fake.pluginToken,
        token.split('.')[2] ?? '',
        'correct',
        'staple',
      ]) {
        for (const form of [secret, encodeURIComponent(secret), secret.replaceAll(' ', '+')]) {
          assert.equal(seen.includes(form), false, `${kind}: found ${form}`)
        }
      }
    })
  }
})
