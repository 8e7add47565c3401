import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { startFakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import type { FakeUser } from '../support/fake-thinger/options.ts'
import { call } from '../support/fake-thinger/raw-call.ts'

const alice: FakeUser = { user: 'alice', password: 'S3cret!', role: 'user' }

async function startPlugin(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('fake platform: reverse proxy', () => {
  const target = '/users/alice/plugins/sftpgo/files?x=1'

  async function startProxied(
    answer: RequestListener,
    options: { isPublic?: boolean; rewrite?: boolean } = {},
  ) {
    const plugin = await startPlugin(answer)
    const fake = await startFakeThinger({
      users: [alice],
      plugin: {
        user: 'alice',
        plugin: 'sftpgo',
        target: plugin.url,
        public: options.isPublic ?? false,
        rewriteBasePath: options.rewrite ?? false,
      },
    })
    return {
      fake,
      async [Symbol.asyncDispose]() {
        await fake.close()
        await plugin[Symbol.asyncDispose]()
      },
    }
  }

  it('passes the path untouched, keeps Host and cookies, and tells who asked', async () => {
    await using world = await startProxied((request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end(JSON.stringify({ url: request.url, headers: request.headers }))
    })
    const reply = await call(world.fake, 'GET', target, {
      bearer: world.fake.issueAccessToken('alice'),
      headers: { host: 'iot.example.test', cookie: 'c=3', 'x-forwarded-for': '1.2.3.4' },
    })
    const seen = JSON.parse(reply.text) as { url: string; headers: Record<string, string> }
    assert.equal(seen.url, target)
    assert.equal(seen.headers.host, 'iot.example.test')
    assert.equal(seen.headers.cookie, 'c=3')
    assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(seen.headers.authorization, undefined)
    assert.deepEqual(reply.headers['set-cookie'], ['a=1', 'b=2'])
  })

  it('takes the prefix off when it rewrites the base path', async () => {
    await using world = await startProxied((request, response) => void response.end(request.url), {
      rewrite: true,
    })
    const bearer = world.fake.issueAccessToken('alice')
    assert.equal((await call(world.fake, 'GET', target, { bearer })).text, '/files?x=1')
  })

  it('lets nobody in without a token, nor with a foreign bearer beside a good cookie', async () => {
    let reached = 0
    await using world = await startProxied((_, response) => void response.end(String(reached++)))
    const cookie = `fake_console=${world.fake.issueAccessToken('alice')}`
    assert.equal((await call(world.fake, 'GET', target)).status, 401)
    assert.equal((await call(world.fake, 'GET', target, { bearer: 'ours', headers: { cookie } })).status, 401)
    assert.equal(reached, 0)
    assert.equal((await call(world.fake, 'GET', target, { headers: { cookie } })).status, 200)
  })

  it('refuses two dots anywhere in the decoded target', async () => {
    await using world = await startProxied((_, response) => void response.end(), { isPublic: true })
    for (const path of ['a..b.txt', '%2e%2e/x', '?name=%2E.', '%00', '%zz']) {
      assert.equal((await call(world.fake, 'GET', `/users/alice/plugins/sftpgo/${path}`)).status, 400, path)
    }
  })

  it('passes an event stream on piece by piece, and its end to the plugin', async () => {
    let say = (_text: string): void => {}
    const left = Promise.withResolvers<void>()
    await using world = await startProxied(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        say = (text) => void response.write(text)
        response.on('close', () => left.resolve())
      },
      { isPublic: true },
    )
    const request = httpRequest({ host: '127.0.0.1', port: world.fake.port, path: target }).end()
    const [stream] = (await once(request, 'response')) as [IncomingMessage]
    for (const text of ['data: 1\n\n', ': still there\n\n']) {
      say(text)
      assert.equal(String((await once(stream, 'data'))[0]), text)
    }
    request.destroy()
    await left.promise
  })

  it('refuses bodies over 8 MiB, and chunked ones where the server is old', async () => {
    await using world = await startProxied(
      (request, response) => {
        request.resume().on('end', () => response.end('taken'))
      },
      { isPublic: true },
    )
    const headers = { 'transfer-encoding': 'chunked' }
    const full = Buffer.alloc(8 * 1024 * 1024)
    assert.equal((await call(world.fake, 'POST', target, { body: full })).text, 'taken')
    assert.equal((await call(world.fake, 'POST', target, { body: 'x', headers })).text, 'taken')
    world.fake.quirks.noChunkedRequests = true
    assert.equal((await call(world.fake, 'POST', target, { body: 'x', headers })).status, 400)
    const request = httpRequest({
      host: '127.0.0.1',
      port: world.fake.port,
      method: 'POST',
      path: target,
      headers: { 'content-length': full.length + 1 },
    })
    request.on('error', () => {}).flushHeaders()
    const [refused] = (await once(request, 'response')) as [IncomingMessage]
    assert.equal(refused.statusCode, 413)
    refused.resume()
    request.destroy()
  })

  it('refuses answers with big headers, and big answers where it buffers them', async () => {
    await using world = await startProxied(
      (request, response) => {
        if (request.url?.endsWith('headers') === true) response.setHeader('x-long', 'y'.repeat(9000))
        response.end(request.url?.endsWith('body') === true ? Buffer.alloc(9 * 1024 * 1024) : '')
      },
      { isPublic: true },
    )
    const base = '/users/alice/plugins/sftpgo/'
    assert.equal((await call(world.fake, 'GET', `${base}headers`)).status, 502)
    assert.equal((await call(world.fake, 'GET', `${base}body`)).text.length, 9 * 1024 * 1024)
    world.fake.quirks.bufferedResponses = true
    assert.equal((await call(world.fake, 'GET', `${base}body`)).status, 502)
  })

  it('answers 502 while the plugin is not there', async () => {
    await using fake = await startFakeThinger({
      users: [alice],
      plugin: { user: 'alice', plugin: 'sftpgo', target: 'http://127.0.0.1:1', public: true },
    })
    assert.equal((await call(fake, 'GET', target)).status, 502)
    assert.equal((await call(fake, 'GET', '/users/alice/plugins/other/')).status, 404)
  })

  it('tunnels WebSockets', async () => {
    const server = createServer()
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n')
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using fake = await startFakeThinger({
      users: [alice],
      plugin: { user: 'alice', plugin: 'sftpgo', target: url, public: true },
    })
    const request = httpRequest({
      host: '127.0.0.1',
      port: fake.port,
      path: target,
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    }).end()
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
    socket.write('echo')
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    assert.equal(chunk.toString(), 'echo')
    socket.destroy()
    server.close()
  })

  it('shows the plugin in a frame of the console to whoever signed in there', async () => {
    await using world = await startProxied((_, response) => void response.end('inside'))
    const page = await call(world.fake, 'GET', '/console/')
    assert.equal(page.headers['x-frame-options'], 'SAMEORIGIN')
    const src = /src="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const login = await call(world.fake, 'POST', '/console/login', { body: 'user=alice&password=S3cret!' })
    const cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    assert.equal((await call(world.fake, 'GET', src, { headers: { cookie } })).text, 'inside')
  })
})
