import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminSettingsOf } from '../../../src/core/accounts/admin.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { adminName, adminPassword, fieldOf, openHttpWorld, type HttpWorld } from './http-world.ts'

const password = 'a long password'
const day = 24 * 60 * 60_000

const newAdmin = (username: string, fields: object = {}) => ({
  username,
  password,
  permissions: ['view_users'],
  ...fields,
})

/** Requests of the API by whoever holds `token`. */
function withToken(world: HttpWorld, token: unknown) {
  return (method: string, path: string, body?: unknown) =>
    world.call(method, `/api/v2${path}`, body, { 'X-SFTPGO-TOKEN': String(token) })
}

async function signIn(world: HttpWorld, username: string, secret = password) {
  const { status, body } = await world.call('POST', '/api/v2/token', { username, password: secret })
  assert.equal(status, 200)
  return withToken(world, fieldOf(body, 'access_token'))
}

test('admins are added, listed, read, replaced and removed', async () => {
  await using world = await openHttpWorld()
  const added = await world.signedIn('POST', '/admins', newAdmin('ann', { email: 'ann@example.com' }))
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('location'), '/api/v2/admins/ann')
  const expected = { username: 'ann', source: 'local', status: 1, permissions: ['view_users'] }
  assert.partialDeepStrictEqual(added.body, { ...expected, email: 'ann@example.com', last_login: 0 })
  assert.ok(!JSON.stringify(added.body).includes('argon2'))

  const listed = await world.signedIn('GET', '/admins?order=DESC')
  assert.ok(Array.isArray(listed.body))
  assert.deepEqual(
    listed.body.map((one) => fieldOf(one, 'username')),
    [adminName, 'ann'],
  )
  const replaced = await world.signedIn('PUT', '/admins/ann', { permissions: ['view_conns'], status: 0 })
  assert.equal(replaced.status, 200)
  const read = await world.signedIn('GET', '/admins/ann')
  assert.partialDeepStrictEqual(read.body, { status: 0, email: '', permissions: ['view_conns'] })
  await world.signedIn('PUT', '/admins/ann', { permissions: ['view_conns'] })
  assert.equal(fieldOf((await world.signedIn('GET', '/admins/ann')).body, 'status'), 0)

  assert.equal((await world.signedIn('DELETE', '/admins/ann')).status, 200)
  assert.equal((await world.signedIn('GET', '/admins/ann')).status, 404)
})

test('a change of an admin that was changed since it was read is refused', async () => {
  await using world = await openHttpWorld()
  const first = (await world.signedIn('POST', '/admins', newAdmin('ann'))).body as Record<string, unknown>
  const expected = { expected_updated_at: first['updated_at'] }
  await waitUntil('another millisecond', () => Date.now() > Number(first['updated_at']))
  await signIn(world, 'ann')
  assert.equal((await world.signedIn('PUT', '/admins/ann', { ...first, ...expected, status: 0 })).status, 200)
  const late = await world.signedIn('PUT', '/admins/ann', {
    ...first,
    ...expected,
    email: 'late@example.com',
  })
  assert.deepEqual([late.status, fieldOf(late.body, 'error')], [409, 'busy'])
  assert.partialDeepStrictEqual((await world.signedIn('GET', '/admins/ann')).body, { status: 0, email: '' })
  assert.equal((await world.signedIn('PUT', '/admins/ann', first)).status, 200)
})

test('what is wrong with an admin is answered with its field', async () => {
  await using world = await openHttpWorld()
  const wrong: [string, object][] = [
    ['username', { username: 'a..b' }],
    ['username', { username: 'setup' }],
    ['password', { password: 'short' }],
    ['password', { username: 'a long name', password: 'a long name' }],
    ['permissions', { permissions: [] }],
    ['permissions', { permissions: ['fly'] }],
    ['email', { email: 'no address' }],
    ['status', { status: 2 }],
  ]
  for (const [field, fields] of wrong) {
    const { status, body } = await world.signedIn('POST', '/admins', newAdmin('ann', fields))
    assert.deepEqual([status, fieldOf(body, 'field')], [400, field], JSON.stringify(body))
  }
})

test('admins need manage_admins to see or change admins, and cannot give what they do not hold', async () => {
  await using world = await openHttpWorld()
  const viewer = withToken(world, await world.addAdmin('viewer', ['view_users', 'manage_system']))
  const manager = withToken(world, await world.addAdmin('manager', ['manage_admins', 'view_users']))
  for (const [method, path, body] of [
    ['GET', '/admins', undefined],
    ['GET', '/admins/viewer', undefined],
    ['POST', '/admins', newAdmin('new')],
    ['PUT', '/admins/viewer', { permissions: ['*'] }],
    ['DELETE', '/admins/manager', undefined],
  ] as const)
    assert.equal((await viewer(method, path, body)).status, 403, `${method} ${path}`)
  assert.equal((await manager('POST', '/admins', newAdmin('new', { permissions: ['*'] }))).status, 403)
  assert.equal((await manager('DELETE', '/admins/manager')).status, 403)
  assert.equal((await manager('POST', '/admins', newAdmin('new'))).status, 201)
})

test('a local admin changes the own password and stays signed in there alone', async () => {
  await using world = await openHttpWorld()
  await world.addAdmin('ann', ['view_users'])
  const here = await signIn(world, 'ann', adminPassword)
  const elsewhere = await signIn(world, 'ann', adminPassword)
  const change = (current_password: string, new_password: string) =>
    here('PUT', '/admin/changepwd', { current_password, new_password })
  const wrong = await change('wrong', password)
  assert.deepEqual([wrong.status, fieldOf(wrong.body, 'field')], [400, 'current_password'])
  assert.equal((await change(adminPassword, 'short')).status, 400)
  assert.equal((await change(adminPassword, password)).status, 200)
  assert.equal((await here('GET', '/users')).status, 200)
  assert.equal((await elsewhere('GET', '/users')).status, 401)
  await signIn(world, 'ann', password)
})

test('a key is shown once, opens the API with the permissions of its admin, and is ended by its id', async () => {
  await using world = await openHttpWorld()
  const ann = withToken(world, await world.addAdmin('ann', ['view_users']))
  const request = { name: 'nightly', expires_at: Date.now() + day }
  const made = await ann('POST', '/admin/tokens', request)
  assert.equal(made.status, 201)
  assert.equal(made.headers.get('cache-control'), 'no-store')
  assert.partialDeepStrictEqual(made.body, { ...request, kind: 'key', is_current: false })
  const text = String(fieldOf(made.body, 'access_token'))
  const key = withToken(world, text)
  assert.equal((await key('GET', '/users')).status, 200)
  assert.equal((await key('GET', '/admins')).status, 403)
  assert.equal((await key('POST', '/admin/tokens', request)).status, 403)

  const listed = await key('GET', '/admin/tokens')
  assert.ok(!JSON.stringify(listed.body).includes(text))
  assert.ok(Array.isArray(listed.body))
  assert.deepEqual(
    listed.body.map((one) => [fieldOf(one, 'kind'), fieldOf(one, 'is_current')]),
    [
      ['token', false],
      ['key', true],
    ],
  )
  const id = String(fieldOf(made.body, 'id'))
  assert.equal((await world.signedIn('DELETE', `/admin/tokens/${id}`)).status, 404)
  assert.equal((await ann('DELETE', `/admin/tokens/${id}`)).status, 200)
  assert.equal((await key('GET', '/users')).status, 401)
  assert.ok(!world.logged.join('\n').includes(text))
})

test('a key has a name and ends within a year', async () => {
  await using world = await openHttpWorld()
  for (const [field, request] of [
    ['name', { name: '', expires_at: Date.now() + day }],
    ['expires_at', { name: 'x', expires_at: 0 }],
    ['expires_at', { name: 'x', expires_at: Date.now() - 1 }],
    ['expires_at', { name: 'x', expires_at: Date.now() + 400 * day }],
  ] as const) {
    const { status, body } = await world.signedIn('POST', '/admin/tokens', request)
    assert.deepEqual([status, fieldOf(body, 'field')], [400, field])
  }
})

test('a replacement without a status does not open an admin that is disabled meanwhile', async (t) => {
  await using world = await openHttpWorld()
  await world.addAdmin('ann', ['view_users'])
  await world.signedIn('GET', '/version')
  const { admins } = world.database
  const find = admins.find.bind(admins)
  const finding = t.mock.method(admins, 'find', async (username: string) => {
    const found = await find(username)
    if (username !== 'ann' || !found) return found
    finding.mock.restore()
    await admins.replace({ ...adminSettingsOf(found), status: 'disabled' }, Date.now(), {})
    return found
  })
  const change = { permissions: ['view_users'], description: 'new' }
  assert.equal((await world.signedIn('PUT', '/admins/ann', change)).status, 200)
  const ann = await admins.find('ann')
  assert.deepEqual([ann?.status, ann?.description], ['disabled', 'new'])
})
