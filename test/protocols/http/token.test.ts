import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../../src/core/errors.ts'
import { FileServerError } from '../../../src/core/errors.ts'
import { adminName, adminPassword, fieldOf, openHttpWorld } from './http-world.ts'

const basic = (name: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

test('gives a token for basic authentication that opens the API for twenty minutes', async () => {
  await using world = await openHttpWorld()
  await world.addAdmin(adminName, ['*'])
  const { status, body, headers } = await world.call(
    'GET',
    '/api/v2/token',
    undefined,
    basic(adminName, adminPassword),
  )
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'no-store')
  const expiresAt = String(fieldOf(body, 'expires_at'))
  assert.match(expiresAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000
  assert.ok(minutes > 19 && minutes <= 20, `${minutes} minutes`)
  const answer = await world.call('GET', '/api/v2/version', undefined, {
    Authorization: `Bearer ${String(fieldOf(body, 'access_token'))}`,
  })
  assert.equal(answer.status, 200)
  assert.equal(fieldOf(answer.body, 'version'), '3.0.0-test')
})

test('gives a token for JSON credentials, which a header of its own carries past the platform', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin(adminName, ['*'])
  const answer = await world.call('GET', '/api/v2/users', undefined, {
    'X-SFTPGO-TOKEN': token,
    Authorization: 'Bearer what-the-platform-sent-along',
  })
  assert.equal(answer.status, 200)
})

test('asks for basic authentication on GET /token alone', async () => {
  await using world = await openHttpWorld()
  for (const headers of [
    {},
    basic('nobody', 'wrong'),
    { Authorization: 'Basic ???' },
    { Authorization: 'Bearer x' },
  ]) {
    const { status, headers: answered } = await world.call('GET', '/api/v2/token', undefined, headers)
    assert.equal(status, 401)
    assert.match(answered.get('www-authenticate') ?? '', /^Basic realm=/)
  }
  const posted = await world.call('POST', '/api/v2/token', { username: 'nobody', password: 'wrong' })
  assert.equal(posted.status, 401)
  assert.equal(posted.headers.get('www-authenticate'), null)
  const listed = await world.call('GET', '/api/v2/users')
  assert.equal(listed.status, 401)
  assert.equal(listed.headers.get('www-authenticate'), null)
})

test('refuses missing, made-up and signed-out tokens', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin(adminName, ['*'])
  const authorization = { Authorization: `Bearer ${token}` }
  for (const headers of [{}, { Authorization: 'Bearer made-up' }, { 'X-SFTPGO-TOKEN': 'x'.repeat(4000) }])
    assert.equal((await world.call('GET', '/api/v2/users', undefined, headers)).status, 401)
  assert.equal((await world.call('GET', '/api/v2/users', undefined, authorization)).status, 200)
  assert.equal((await world.call('GET', '/api/v2/logout', undefined, authorization)).status, 200)
  assert.equal((await world.call('GET', '/api/v2/users', undefined, authorization)).status, 401)
})

test('shuts a disabled admin out at the next request', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin('temp', ['*'])
  const authorization = { Authorization: `Bearer ${token}` }
  assert.equal((await world.call('GET', '/api/v2/users', undefined, authorization)).status, 200)
  const admin = await world.database.admins.find('temp')
  assert.ok(admin)
  await world.database.admins.replace({ ...admin, status: 'disabled' }, Date.now())
  assert.equal((await world.call('GET', '/api/v2/users', undefined, authorization)).status, 401)
})

test('passes on why the platform does not let an account in', async () => {
  const cases: [ErrorCode, number][] = [
    ['access-denied', 401],
    ['too-many-attempts', 429],
    ['unsupported', 403],
    ['permission-denied', 403],
    ['unavailable', 503],
  ]
  let code: ErrorCode = 'access-denied'
  const directory = {
    verify: () => Promise.reject(new FileServerError(code, `the directory says ${code}`)),
  }
  await using world = await openHttpWorld({ directory })
  for (const [index, [next, expected]] of cases.entries()) {
    code = next
    const username = `owner-${index}`
    for (const answer of [
      await world.call('POST', '/api/v2/token', { username, password: 'x' }),
      await world.call('GET', '/api/v2/token', undefined, basic(username, 'x')),
    ]) {
      assert.equal(answer.status, expected, code)
      assert.equal(fieldOf(answer.body, 'message'), `the directory says ${code}`)
      assert.equal(answer.headers.get('retry-after'), expected === 429 ? '60' : null)
    }
  }
})

test('lets the owner in with the setup code, once', async () => {
  await using world = await openHttpWorld()
  const code = world.setupCode.issue()
  const credentials = { username: 'setup', password: code }
  assert.equal((await world.call('POST', '/api/v2/token', credentials)).status, 200)
  assert.equal((await world.call('POST', '/api/v2/token', credentials)).status, 401)
})

test('logs neither passwords nor tokens nor queries', async () => {
  await using world = await openHttpWorld()
  const token = await world.addAdmin(adminName, ['*'])
  await world.call('GET', '/api/v2/users?authorization=platform-secret', undefined, {
    'X-SFTPGO-TOKEN': token,
  })
  await world.call('GET', '/api/v2/token', undefined, basic(adminName, 'a wrong password'))
  const log = world.logged.join('\n')
  assert.match(log, /"path":"\/api\/v2\/users"/)
  for (const secret of [adminPassword, 'a wrong password', token, 'platform-secret'])
    assert.ok(!log.includes(secret), `found ${secret}`)
})
