import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Permission } from '../../../src/core/accounts/permissions.ts'
import { adminName, adminPassword, basePath, fieldOf, openHttpWorld, type HttpWorld } from './http-world.ts'

const permissions = { '/': ['*'] satisfies Permission[] }

interface Browser {
  readonly cookie: string
  readonly csrf: string
}

/** Signs in below `base` and keeps what a browser would keep. */
async function signIn(world: HttpWorld, area: 'admin' | 'user', body: object, base = '/'): Promise<Browser> {
  const answer = await world.call('POST', `${base}api/v2/session/${area}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { cookie, csrf: String(fieldOf(answer.body, 'csrf_token')) }
}

async function adminBrowser(world: HttpWorld): Promise<Browser> {
  await world.addAdmin('carol', ['*'])
  return signIn(world, 'admin', { username: 'carol', password: adminPassword })
}

async function userBrowser(world: HttpWorld, username = 'bob', fields: object = {}): Promise<Browser> {
  const password = `${username}-password`
  await world.signedIn('POST', '/users', { username, password, permissions, ...fields })
  return signIn(world, 'user', { username, password })
}

test('tells a stranger whether there are users and which ways in are open, and nothing else', async () => {
  await using world = await openHttpWorld()
  const before = await world.call('GET', '/api/v2/session/admin')
  assert.deepEqual(before.body, { has_users: false, ways: { thinger: false, setup_code: false } })
  world.setupCode.issue()
  await world.signedIn('POST', '/users', { username: 'bob', permissions })
  const after = await world.call('GET', '/api/v2/session/admin')
  assert.deepEqual(after.body, { has_users: true, ways: { thinger: false, setup_code: true } })
  assert.deepEqual((await world.call('GET', '/api/v2/session/user')).body, {})
})

test('keeps the session in a cookie that scripts, other sites and other paths do not get', async () => {
  await using world = await openHttpWorld()
  await world.addAdmin(adminName, ['*'])
  const body = { username: adminName, password: adminPassword }
  const cookieAt = async (base: string, headers = {}) =>
    (await world.call('POST', `${base}api/v2/session/admin`, body, headers)).headers.get('set-cookie') ?? ''
  const plain = await cookieAt(basePath)
  assert.match(plain, /^sftpgo_admin=[\w-]{43}; /)
  for (const part of ['HttpOnly', 'SameSite=Strict', `Path=${basePath}`])
    assert.ok(plain.split('; ').includes(part), `${part} in ${plain}`)
  assert.doesNotMatch(plain, /Secure|Max-Age|Expires/)
  assert.match(await cookieAt('/'), /; Path=\/;/)
  const encoded = basePath.replace('@', '%40')
  assert.ok((await cookieAt(encoded)).includes(`Path=${encoded};`))
  assert.match(await cookieAt(basePath, { 'X-Forwarded-Proto': 'https' }), /; Secure/)
})

test('an admin with a cookie reads at once and changes with the token of the page alone', async () => {
  await using world = await openHttpWorld()
  const { cookie, csrf } = await adminBrowser(world)
  assert.equal((await world.call('GET', '/api/v2/users', undefined, { cookie })).status, 200)
  const add = (headers: Record<string, string>) =>
    world.call('POST', '/api/v2/users', { username: 'eve', permissions }, { cookie, ...headers })
  for (const headers of [
    {},
    { 'X-CSRF-TOKEN': '' },
    { 'X-CSRF-TOKEN': csrf.slice(1) },
    { 'X-CSRF-TOKEN': [...csrf].reverse().join('') },
    { 'X-CSRF-TOKEN': csrf, 'Sec-Fetch-Site': 'cross-site' },
  ]) {
    const answer = await add(headers as Record<string, string>)
    assert.equal(answer.status, 403, JSON.stringify(headers))
    assert.equal(fieldOf(answer.body, 'error'), 'permission-denied')
  }
  assert.equal((await world.signedIn('GET', '/users/eve')).status, 404)
  assert.equal((await add({ 'X-CSRF-TOKEN': csrf })).status, 201)
})

test('other sites can neither read with a cookie nor sign anybody in', async () => {
  await using world = await openHttpWorld()
  const { cookie } = await adminBrowser(world)
  const read = await world.call('GET', '/api/v2/users', undefined, { cookie, 'Sec-Fetch-Site': 'cross-site' })
  assert.equal(read.status, 403)
  const body = { username: 'carol', password: adminPassword }
  for (const site of ['cross-site', 'same-site']) {
    const answer = await world.call('POST', '/api/v2/session/admin', body, { 'Sec-Fetch-Site': site })
    assert.equal(answer.status, 403, site)
    assert.equal(answer.headers.get('set-cookie'), null)
  }
})

test('a token of the platform in the Authorization header does not hide the cookie', async () => {
  await using world = await openHttpWorld()
  const { cookie } = await adminBrowser(world)
  const headers = { cookie, authorization: 'Bearer a.platform.token' }
  assert.equal((await world.call('GET', '/api/v2/users', undefined, headers)).status, 200)
})

test('signing out ends the session on the server and takes the cookie away', async () => {
  await using world = await openHttpWorld()
  for (const area of ['admin', 'user'] as const) {
    const { cookie, csrf } = area === 'admin' ? await adminBrowser(world) : await userBrowser(world)
    const signOut = (headers: object) =>
      world.call('DELETE', `/api/v2/session/${area}`, undefined, { cookie, ...headers })
    assert.equal((await signOut({})).status, 403, 'without the token of the page')
    const answer = await signOut({ 'X-CSRF-TOKEN': csrf })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('set-cookie') ?? '', /=; .*(Max-Age=0|Expires=Thu, 01 Jan 1970)/)
    const state = await world.call('GET', `/api/v2/session/${area}`, undefined, { cookie })
    assert.equal(fieldOf(state.body, 'session'), undefined)
  }
  assert.deepEqual(
    world.connections.list().filter(({ username }) => username === 'bob'),
    [],
  )
})

test("a user's cookie opens no route of admins, nor the other way round", async () => {
  await using world = await openHttpWorld()
  const admin = await adminBrowser(world)
  const user = await userBrowser(world)
  assert.equal((await world.call('GET', '/api/v2/users', undefined, { cookie: user.cookie })).status, 401)
  const swapped = user.cookie.replace('sftpgo_user', 'sftpgo_admin')
  assert.equal((await world.call('GET', '/api/v2/users', undefined, { cookie: swapped })).status, 401)
  const wrong = admin.cookie.replace('sftpgo_admin', 'sftpgo_user')
  assert.deepEqual((await world.call('GET', '/api/v2/session/user', undefined, { cookie: wrong })).body, {})
})

test('a signed-in user is a connection that an admin sees and can end', async () => {
  await using world = await openHttpWorld()
  const { cookie } = await userBrowser(world)
  const [connection] = world.connections.list()
  assert.equal(connection?.username, 'bob')
  assert.equal(connection?.protocol, 'HTTP')
  const ended = await world.signedIn('DELETE', `/connections/${connection?.connectionId}`)
  assert.equal(ended.status, 200)
  assert.deepEqual((await world.call('GET', '/api/v2/session/user', undefined, { cookie })).body, {})
  assert.deepEqual(world.connections.list(), [])
})

test('a disabled user is signed out of the browser at once', async () => {
  await using world = await openHttpWorld()
  const { cookie } = await userBrowser(world)
  await world.signedIn('PUT', '/users/bob', { permissions, status: 0 })
  assert.deepEqual((await world.call('GET', '/api/v2/session/user', undefined, { cookie })).body, {})
})

test('a user whose web access is denied gets the answer of a wrong password', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/users', {
    username: 'ftponly',
    password: 'ftponly-password',
    permissions,
    filters: { denied_protocols: ['HTTP'] },
  })
  const attempt = (username: string, password: string) =>
    world.call('POST', '/api/v2/session/user', { username, password })
  const denied = await attempt('ftponly', 'ftponly-password')
  const wrong = await attempt('ftponly', 'another')
  assert.equal(denied.status, 401)
  assert.deepEqual(denied.body, wrong.body)
  assert.equal(denied.headers.get('set-cookie'), null)
})

test('logs neither cookies nor page tokens', async () => {
  await using world = await openHttpWorld()
  const { cookie, csrf } = await adminBrowser(world)
  await world.call('POST', '/api/v2/users', { username: 'x', permissions }, { cookie, 'X-CSRF-TOKEN': csrf })
  const log = world.logged.join('\n')
  assert.ok(log.length > 0)
  for (const secret of [cookie.split('=')[1] ?? cookie, csrf]) assert.ok(!log.includes(secret))
})
