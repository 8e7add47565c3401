import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { fieldOf, openHttpWorld, userBody, type HttpWorld } from './http-world.ts'

/** Sends bytes as they are and reads until the server ends the connection. */
async function raw(world: HttpWorld, request: string): Promise<string> {
  const socket = connect(world.port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  socket.write(request)
  await once(socket, 'close')
  return answer
}

test('sets the security headers on every kind of answer', async () => {
  await using world = await openHttpWorld()
  const answers = [
    await world.call('GET', '/web/client/login'),
    await world.call('GET', '/healthz'),
    await world.call('GET', '/api/v2/users'),
    await world.call('GET', '/missing'),
    await world.call('GET', '/%zz'),
    await world.call('POST', '/api/v2/token', '{'),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 401, 404, 400, 400],
  )
  for (const { headers } of answers) {
    const policy = (headers.get('content-security-policy') ?? '').split('; ')
    for (const rule of [
      "default-src 'self'",
      "frame-ancestors 'self'",
      "object-src 'none'",
      "base-uri 'none'",
    ])
      assert.ok(policy.includes(rule), rule)
    assert.ok(!policy.join(' ').includes('unsafe'))
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('x-powered-by'), null)
    assert.equal(headers.get('access-control-allow-origin'), null)
  }
  for (const { headers } of answers.slice(1)) assert.equal(headers.get('cache-control'), 'no-store')
})

test('refuses a body over one megabyte and serves on', async () => {
  await using world = await openHttpWorld()
  const { status, body } = await world.signedIn(
    'POST',
    '/users',
    userBody('ann', { junk: 'x'.repeat(1024 * 1024) }),
  )
  assert.equal(status, 413)
  assert.equal(fieldOf(body, 'error'), 'body-too-large')
  const fits = await world.signedIn('POST', '/users', userBody('ann', { junk: 'x'.repeat(1024 * 1000) }))
  assert.equal(fits.status, 201)
})

test('answers broken bodies with 400 and repeats nothing of them', async () => {
  await using world = await openHttpWorld()
  const bodies = [
    '{',
    'marker',
    '[]',
    'null',
    '"marker"',
    '{"username":"ann","permissions":{"/":["*"]},"__proto__":{"marker":1}}',
    '{"username":"ann","permissions":{"/":["*"]},"constructor":{"prototype":{"marker":1}}}',
    '{"username":"ann","permissions":{"/":["marker"]}}',
    '['.repeat(400_000),
    '{"username":'.repeat(50_000),
  ]
  for (const body of bodies) {
    const answer = await world.signedIn('POST', '/users', body)
    assert.equal(answer.status, 400, body.slice(0, 60))
    assert.equal(typeof fieldOf(answer.body, 'message'), 'string')
    assert.equal(typeof fieldOf(answer.body, 'error'), 'string')
    assert.doesNotMatch(JSON.stringify(answer.body), /marker/)
  }
  assert.equal((await world.signedIn('POST', '/users')).status, 400)
  assert.equal(Reflect.get({}, 'marker'), undefined)
  const deep = `{"username":"ann","permissions":{"/":["*"]},"extra":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  assert.equal((await world.signedIn('POST', '/users', deep)).status, 201)
})

test('takes bodies as JSON alone', async () => {
  await using world = await openHttpWorld()
  const form = await world.call('POST', '/api/v2/token', 'username=a&password=b', {
    'Content-Type': 'application/x-www-form-urlencoded',
  })
  assert.equal(form.status, 415)
  assert.equal(fieldOf(form.body, 'error'), 'unsupported-media-type')
})

test('answers unknown routes with 404 in JSON and repeats nothing of them', async () => {
  await using world = await openHttpWorld()
  for (const [method, path] of [
    ['GET', '/marker'],
    ['GET', '/api/v2/marker'],
    ['GET', '/api/v2/users/a/marker'],
    ['GET', '/..%2f..%2fpackage.json'],
    ['GET', '/start/index.html'],
    ['GET', '/index.html'],
  ] as const) {
    const { status, body } = await world.call(method, path)
    assert.equal(status, 404, path)
    assert.deepEqual(body, { message: 'There is nothing here', error: 'not-found' })
  }
})

test('answers HEAD like GET without a body', async () => {
  await using world = await openHttpWorld()
  const head = await world.call('HEAD', '/healthz')
  assert.equal(head.status, 200)
  assert.equal(head.body, '')
  assert.equal((await world.call('HEAD', '/api/v2/users')).status, 401)
  assert.equal((await world.signedIn('HEAD', '/users')).status, 200)
})

test('answers what is not HTTP, and too many headers, and lives on', async () => {
  await using world = await openHttpWorld()
  assert.match(
    await raw(world, 'SSH-2.0-client\r\n\r\n'),
    /^HTTP\/1\.1 400 Bad Request\r\n[^]*"invalid-request"/,
  )
  assert.match(
    await raw(world, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  )
  assert.match(await raw(world, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /)
  const smuggled =
    'POST /api/v2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  assert.match(await raw(world, smuggled), /^HTTP\/1\.1 400 /)
  assert.equal((await world.call('GET', '/healthz')).status, 200)
})

test('keeps the faults of parts behind it to itself and to one request', async () => {
  await using world = await openHttpWorld({ status: () => Promise.reject(new Error('marker in a stack')) })
  const [failed, fine] = await Promise.all([world.signedIn('GET', '/status'), world.call('GET', '/healthz')])
  assert.equal(failed.status, 500)
  assert.deepEqual(failed.body, { message: 'The request failed on the server', error: 'storage-failure' })
  assert.equal(fine.body, 'ok')
  assert.ok(world.logged.some((line) => line.includes('"level":"error"') && line.includes('/api/v2/status')))
})

test('tells the status of every answer', async () => {
  const codes: number[] = []
  await using world = await openHttpWorld({ onAnswer: (code) => void codes.push(code) })
  await world.call('GET', '/healthz')
  await world.call('GET', '/missing')
  assert.deepEqual(codes, [200, 404])
})

test('stops at once while a client holds a connection open, and twice', async () => {
  await using world = await openHttpWorld()
  const socket = connect(world.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    'POST /api/v2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
  )
  const closed = once(socket.on('error', () => {}).resume(), 'close')
  await world.call('GET', '/healthz')
  await Promise.all([world.server.stop(10), world.server.stop(10)])
  await closed
})
