import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { startFakeThinger, type FakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { call, type Reply } from '../support/fake-thinger/raw-call.ts'
import { temporaryDirectory, waitUntil } from '../support/fake-thinger/platform-fixture.ts'
import type { FakeUser } from '../support/fake-thinger/options.ts'

const alice: FakeUser = { user: 'alice', password: 'S3cret!', role: 'user' }

function signIn(fake: FakeThinger, fields: Record<string, string>): Promise<Reply> {
  return call(fake, 'POST', '/oauth/token', {
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
}

const grant = (username: string, password: string) => ({ grant_type: 'password', username, password })

function parse(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.text) as Record<string, unknown>
}

describe('fake platform: sign-in', () => {
  it('gives tokens for a right password and the documented error for a wrong one', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const good = await signIn(fake, grant('alice', 'S3cret!'))
    assert.equal(good.status, 200)
    assert.deepEqual(Object.keys(parse(good)), [
      'access_token',
      'expires_in',
      'refresh_token',
      'scope',
      'token_type',
    ])
    const bad = await signIn(fake, grant('alice', 'wrong'))
    assert.equal(bad.status, 401)
    assert.deepEqual(parse(bad), { error: { message: 'invalid username or password' } })
  })

  it('limits an account after five failures, even for the right password', async () => {
    await using fake = await startFakeThinger({ users: [alice, { user: 'bob', password: 'b' }] })
    for (let attempt = 0; attempt < 5; attempt++) {
      assert.equal((await signIn(fake, grant('alice', 'wrong'))).status, 401)
    }
    assert.equal((await signIn(fake, grant('alice', 'S3cret!'))).status, 429)
    assert.equal((await signIn(fake, grant('bob', 'b'))).status, 200)
  })

  it('kills a refresh token when it is used', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const first = parse(await signIn(fake, grant('alice', 'S3cret!'))).refresh_token as string
    const renewed = await signIn(fake, { grant_type: 'refresh_token', refresh_token: first })
    assert.equal(renewed.status, 200)
    const again = await signIn(fake, { grant_type: 'refresh_token', refresh_token: first })
    assert.equal(again.status, 401)
    assert.deepEqual(parse(again), { error: { message: 'invalid refresh token' } })
  })

  it('gives no access token to an account with a second factor', async () => {
    for (const [mfa, status] of [
      ['error401', 401],
      ['body200', 200],
      ['error403', 403],
    ] as const) {
      await using fake = await startFakeThinger({ users: [{ ...alice, mfa }] })
      const reply = await signIn(fake, grant('alice', 'S3cret!'))
      assert.equal(reply.status, status)
      assert.equal(parse(reply).access_token, undefined)
    }
  })

  it('refuses JSON bodies when told to take forms only', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const json = grant('alice', 'S3cret!')
    assert.equal((await call(fake, 'POST', '/oauth/token', { json })).status, 200)
    fake.quirks.formOnly = true
    assert.equal((await call(fake, 'POST', '/oauth/token', { json })).status, 415)
  })
})

describe('fake platform: permissions', () => {
  it('tells missing, insufficient and sufficient permission apart', async () => {
    await using fake = await startFakeThinger({ users: [alice, { user: 'bob', password: 'b' }] })
    const path = '/v1/users/alice/plugins/sftpgo'
    const bob = fake.issueAccessToken('bob')
    assert.equal((await call(fake, 'GET', path)).status, 401)
    assert.equal((await call(fake, 'GET', path, { bearer: 'nonsense' })).status, 401)
    assert.equal((await call(fake, 'GET', path, { bearer: bob })).status, 403)
    assert.equal((await call(fake, 'GET', path, { bearer: fake.issueAccessToken('alice') })).status, 200)
    assert.equal((await call(fake, 'GET', `${path}?authorization=${fake.pluginToken}`)).status, 200)
    assert.equal((await call(fake, 'GET', '/v1/users/alice', { bearer: fake.pluginToken })).status, 403)
  })

  it('lets an instance admin read what belongs to others, and a member nothing of plugins', async () => {
    const users = [alice, { user: 'root', password: 'r', role: 'admin' }] as const
    await using fake = await startFakeThinger({ users })
    const bearer = fake.issueAccessToken('root')
    assert.equal((await call(fake, 'GET', '/v1/users/alice/plugins/sftpgo', { bearer })).status, 200)
    await using other = await startFakeThinger({ users: [{ ...alice, role: 'member' }] })
    const member = other.issueAccessToken('alice')
    assert.equal((await call(other, 'GET', '/v1/users/alice/plugins', { bearer: member })).status, 403)
  })

  it('understands wildcards in the actions of a token', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const bearer = fake.world.issueNamedToken('alice', 'reader', { Storage: { '*': ['List*'] } })
    assert.equal((await call(fake, 'GET', '/v1/users/alice/storages', { bearer })).status, 200)
    assert.equal((await call(fake, 'GET', '/v1/users/alice/storages/x', { bearer })).status, 403)
  })

  it('shows proxies to instance admins only', async () => {
    const proxies = [{ proxy: 'sfptgo_sftp_plugin', name: 'SFTP', config: { protocol: 'tcp' } }]
    await using fake = await startFakeThinger({ users: [{ ...alice, role: 'admin' }], proxies })
    const bearer = fake.issueAccessToken('alice')
    const list = JSON.parse((await call(fake, 'GET', '/v1/proxies', { bearer })).text) as { proxy: string }[]
    assert.deepEqual(
      list.map(({ proxy }) => proxy),
      ['sfptgo_sftp_plugin'],
    )
    assert.equal((await call(fake, 'GET', '/v1/proxies', { bearer: fake.pluginToken })).status, 403)
  })
})

describe('fake platform: storages and properties', () => {
  it('creates a storage with its directory, once', async () => {
    await using directory = await temporaryDirectory()
    await using fake = await startFakeThinger({ users: [alice], storagesDir: directory.path })
    const bearer = fake.issueAccessToken('alice')
    const json = { storage: 'files', name: 'Files' }
    const path = '/v1/users/alice/storages'
    assert.equal((await call(fake, 'POST', path, { bearer, json })).status, 200)
    assert.equal((await call(fake, 'POST', path, { bearer, json })).status, 400)
    assert.equal((await call(fake, 'POST', path, { bearer, json: { ...json, type: 's3' } })).status, 400)
    assert.equal((await call(fake, 'POST', path, { bearer, json: { storage: 'a b', name: '' } })).status, 400)
    assert.equal(parse(await call(fake, 'GET', `${path}/files`, { bearer })).name, 'Files')
    assert.equal((await call(fake, 'DELETE', `${path}/files`, { bearer })).status, 200)
    assert.equal((await call(fake, 'GET', `${path}/files`, { bearer })).status, 404)
  })

  it('answers 404 for an unset property and replaces a set one', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const bearer = fake.pluginToken
    const path = '/v1/users/alice/plugins/sftpgo/properties'
    assert.equal((await call(fake, 'GET', `${path}/settings`, { bearer })).status, 404)
    for (const value of [1, 2]) {
      assert.equal(
        (await call(fake, 'POST', path, { bearer, json: { property: 'settings', value } })).status,
        200,
      )
    }
    assert.equal(parse(await call(fake, 'GET', `${path}/settings`, { bearer })).value, 2)
    assert.equal((await call(fake, 'POST', path, { bearer, json: { property: 'settings' } })).status, 400)
  })
})

describe('fake platform: bad days', () => {
  it('cuts connections while it is down', async () => {
    await using fake = await startFakeThinger()
    fake.setDown(true)
    await assert.rejects(call(fake, 'GET', '/v1/server/healthcheck'), { code: 'ECONNRESET' })
    fake.setDown(false)
    assert.equal((await call(fake, 'GET', '/v1/server/healthcheck')).status, 200)
  })

  it('answers errors as HTML pages, or one status to everything', async () => {
    await using fake = await startFakeThinger({ quirks: { htmlErrors: true } })
    const missing = await call(fake, 'GET', '/v1/nothing')
    assert.equal(missing.status, 404)
    assert.match(missing.text, /<title>not found<\/title>/)
    fake.quirks.status = 503
    assert.equal((await call(fake, 'GET', '/v1/server/healthcheck')).status, 503)
  })
})

describe('fake platform: events', () => {
  it('tells subscribers what they asked for', async () => {
    await using fake = await startFakeThinger({ users: [alice] })
    const address = `ws://127.0.0.1:${fake.port}/v1/users/alice/events`
    const socket = new WebSocket(`${address}?authorization=${fake.pluginToken}`)
    await once(socket, 'open')
    socket.send(JSON.stringify({ event: 'storage_created' }))
    await waitUntil(() => fake.events.subscribers === 1)
    const received = once(socket, 'message') as Promise<[{ data: string }]>
    fake.events.emit({ event: 'device_created' })
    fake.events.emit({ event: 'storage_created', storage: 'files' })
    const [message] = await received
    assert.deepEqual(JSON.parse(message.data), { event: 'storage_created', storage: 'files' })
    socket.close()
    const refused = new WebSocket(address)
    await once(refused, 'error')
  })
})
