import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { newBrowser, signInAs, type Browser } from '../protocols/http/files/browser.ts'
import { fieldOf, openHttpWorld, userBody, type HttpWorld } from '../protocols/http/http-world.ts'
import { filled, type Route, routesOf } from './http-routes.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl thief'
const password = 'a right long password'

/** What changes something where nobody stops it; to all other routes an empty object is sent. */
const effective: Readonly<Record<string, (world: HttpWorld) => object>> = {
  'PUT /api/v2/user/keys': () => ({ public_keys: [key] }),
  'POST /api/v2/users': () => userBody('mallory', { password }),
  'PUT /api/v2/users/{username}': () => userBody('kim', { email: 'mallory@example.com' }),
  'POST /api/v2/folders': (world) => ({ name: 'loot', mapped_path: world.root }),
  'POST /api/v2/admins': () => ({ username: 'mallory', password, permissions: ['view_users'] }),
  'PUT /api/v2/settings': () => ({ set: { max_connections: 7 } }),
}

interface Held {
  readonly what: string
  /** Sends the body; answers the status. */
  readonly release: () => Promise<number>
}

/** A request whose head the server has and waits for the rest of. */
async function hold(
  world: HttpWorld,
  { method, path }: Route,
  headers: Readonly<Record<string, string>>,
  { chunked }: { readonly chunked: boolean },
): Promise<Held> {
  const body = JSON.stringify(effective[`${method} ${path}`]?.(world) ?? {})
  const request: ClientRequest = httpRequest({
    ...{ host: '127.0.0.1', port: world.port, method, path: filled(path, 'kim'), agent: false },
    headers: {
      ...headers,
      ...(chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': Buffer.byteLength(body) }),
      'Content-Type': 'application/json',
      Expect: '100-continue',
    },
  })
  // Those that are never released are cut when the server stops.
  request.on('error', () => {}).flushHeaders()
  await once(request, 'continue')
  return {
    what: `${method} ${path}${chunked ? ' in chunks' : ''}`,
    release: async () => {
      request.end(body)
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode ?? 0
    },
  }
}

/** One request of each route that is no reading, of either form; all wait for their body when it resolves. */
async function holdAll(
  world: HttpWorld,
  as: 'user' | 'admin',
  headers: Readonly<Record<string, string>>,
): Promise<readonly Held[]> {
  const routes = (await routesOf(world)).filter(
    (route) => route.as === as && !['GET', 'HEAD', 'OPTIONS'].includes(route.method),
  )
  for (const name of Object.keys(effective).filter((one) => one.includes('/user/') === (as === 'user')))
    assert.ok(
      routes.some(({ method, path }) => `${method} ${path}` === name),
      name,
    )
  const held = await Promise.all(
    routes.flatMap((route) => [false, true].map((chunked) => hold(world, route, headers, { chunked }))),
  )
  // The heads were looked at in turn: whoever is answered now came after them.
  await world.call('GET', '/api/v2/session/admin', undefined, headers)
  return held
}

async function accounts({ database }: HttpWorld): Promise<unknown> {
  const all = { offset: 0, limit: 100, order: 'ASC' } as const
  const [users, folders, admins] = await Promise.all([
    database.users.list(all),
    database.folders.list(all),
    database.admins.list(all),
  ])
  return { users, folders, admins, settings: [...(await database.settings.list())] }
}

async function assertRefused(world: HttpWorld, held: readonly Held[], status: number): Promise<void> {
  const before = await accounts(world)
  const answers: [string, number][] = []
  for (const { what, release } of held) answers.push([what, await release()])
  assert.deepEqual(await accounts(world), before)
  for (const [what, answered] of answers) assert.equal(answered, status, what)
}

async function changeUser(world: HttpWorld, fields: object): Promise<void> {
  const { body } = await world.signedIn('GET', '/users/kim')
  assert.equal((await world.signedIn('PUT', '/users/kim', { ...(body as object), ...fields })).status, 200)
}

/** `owner` is signed in with a browser of their own beside the one that holds bodies back. */
const userEnds: Readonly<
  Record<string, (world: HttpWorld, owner: Browser, held: Browser) => Promise<unknown>>
> = {
  'changed the password': (_world, owner) =>
    owner.ask('POST', '/user/password', { current_password: 'kim-password', new_password: password }),
  'changed the keys': (_world, owner) => owner.ask('PUT', '/user/keys', { public_keys: [] }),
  'was disabled': (world) => changeUser(world, { status: 0 }),
  'was removed': (world) => world.signedIn('DELETE', '/users/kim'),
  'signed out': (_world, _owner, held) => held.ask('DELETE', '/session/user'),
}

describe('a body that comes after its user', { concurrency: 1 }, () => {
  for (const [what, end] of Object.entries(userEnds))
    test(`${what} does nothing, on every route`, async () => {
      await using world = await openHttpWorld()
      const thief = await newBrowser(world, 'kim')
      const owner = await signInAs(world, 'kim')
      const held = await holdAll(world, 'user', thief.headers)
      assert.ok(held.length > 30, String(held.length))
      await end(world, owner, thief)
      await assertRefused(world, held, 401)
    })
})

const adminEnds: Readonly<Record<string, (world: HttpWorld, token: string) => Promise<unknown>>> = {
  'was disabled': (world) => world.signedIn('PUT', '/admins/mole', { status: 0, permissions: ['*'] }),
  'was given another password': (world) =>
    world.signedIn('PUT', '/admins/mole', { password: `another ${password}`, permissions: ['*'] }),
  'was removed': (world) => world.signedIn('DELETE', '/admins/mole'),
  'signed out': (world, token) =>
    world.call('GET', '/api/v2/logout', undefined, { Authorization: `Bearer ${token}` }),
}

describe('a body that comes after its admin', { concurrency: 1 }, () => {
  for (const [what, end] of Object.entries(adminEnds))
    test(`${what} does nothing, on every route`, async () => {
      await using world = await openHttpWorld()
      await newBrowser(world, 'kim')
      await world.signedIn('GET', '/version')
      const token = await world.addAdmin('mole', ['*'])
      const held = await holdAll(world, 'admin', { Authorization: `Bearer ${token}` })
      assert.ok(held.length > 50, String(held.length))
      const { status } = (await end(world, token)) as { status: number }
      assert.equal(status, 200)
      await assertRefused(world, held, 401)
    })

  test('lost the permission does nothing', async () => {
    await using world = await openHttpWorld()
    await newBrowser(world, 'kim')
    const token = await world.addAdmin('mole', ['*'])
    const names = ['POST /api/v2/users', 'PUT /api/v2/users/{username}', 'DELETE /api/v2/users/{username}']
    const routes = (await routesOf(world)).filter(({ method, path }) => names.includes(`${method} ${path}`))
    assert.equal(routes.length, names.length)
    const held = await Promise.all(
      routes.map((route) => hold(world, route, { Authorization: `Bearer ${token}` }, { chunked: false })),
    )
    await world.signedIn('PUT', '/admins/mole', { permissions: ['view_users'] })
    await assertRefused(world, held, 403)
  })
})

test('a body that is late, of who is still signed in, is as good as another', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'kim')
  const route = (await routesOf(world)).find(({ path }) => path === '/api/v2/user/keys')
  assert.ok(route)
  const held = await hold(world, route, browser.headers, { chunked: true })
  assert.equal(await held.release(), 200)
  const { body } = await world.signedIn('GET', '/users/kim')
  assert.deepEqual(fieldOf(body, 'public_keys'), [key])
})
