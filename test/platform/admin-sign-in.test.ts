import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode, type ErrorCode, type FileServerError } from '../../src/core/errors.ts'
import { ThingerAdminDirectory } from '../../src/platform/admin-directory.ts'
import { startFakeThinger, type FakeThinger } from '../support/fake-thinger/fake-thinger.ts'
import { clientFor, waitUntil } from '../support/fake-thinger/platform-fixture.ts'
import type { FakeThingerOptions } from '../support/fake-thinger/options.ts'

const password = 'S3cret! &+%ñ'
const alice = { user: 'alice', password, role: 'user' } as const

async function start(options: FakeThingerOptions = {}) {
  const fake = await startFakeThinger({ users: [alice], ...options })
  return { fake, directory: new ThingerAdminDirectory(clientFor(fake, { timeoutMs: 500 })) }
}

async function refuses(fails: Promise<unknown>, code: ErrorCode): Promise<FileServerError> {
  let thrown: unknown
  await assert.rejects(fails, (error) => {
    thrown = error
    return hasCode(error, code)
  })
  return thrown as FileServerError
}

const targets = (fake: FakeThinger): string[] =>
  fake.requests.map(({ method, target }) => `${method} ${target}`)

describe('admin sign-in with the Thinger.io account', () => {
  it('checks the password, then the right to this plugin with the own token of the admin', async () => {
    const { fake, directory } = await start()
    await using _ = fake
    assert.deepEqual(await directory.verify('alice', password), { username: 'alice' })
    assert.deepEqual(targets(fake), ['POST /oauth/token', 'GET /v1/users/alice/plugins/sftpgo'])
    const [grant, check] = fake.requests
    assert.deepEqual(Object.fromEntries(new URLSearchParams(grant?.body)), {
      grant_type: 'password',
      username: 'alice',
      password,
    })
    assert.equal(grant?.authorization, undefined)
    assert.notEqual(check?.authorization, `Bearer ${fake.pluginToken}`)
  })

  it('lets an instance admin in under their own name', async () => {
    const { fake, directory } = await start({
      users: [alice, { user: 'root', password: 'toor', role: 'admin' }],
    })
    await using _ = fake
    assert.deepEqual(await directory.verify('root', 'toor'), { username: 'root' })
  })

  it('refuses a wrong password, an unknown and a disabled account alike', async () => {
    const { fake, directory } = await start({
      users: [alice, { user: 'off', password: 'x', enabled: false }],
    })
    await using _ = fake
    const errors = [
      await refuses(directory.verify('alice', 'wrong'), 'access-denied'),
      await refuses(directory.verify('nobody', password), 'access-denied'),
      await refuses(directory.verify('off', 'x'), 'access-denied'),
    ]
    assert.equal(new Set(errors.map(({ message }) => message)).size, 1)
  })

  it('asks nobody about an empty name or password', async () => {
    const { fake, directory } = await start()
    await using _ = fake
    await refuses(directory.verify('', password), 'access-denied')
    await refuses(directory.verify('alice', ''), 'access-denied')
    await refuses(directory.verify('alice', 'x'.repeat(5000)), 'access-denied')
    assert.deepEqual(fake.requests, [])
  })

  it('refuses a valid account that may not manage this plugin', async () => {
    const users = [
      alice,
      { user: 'bob', password: 'b' },
      { user: 'mia', password: 'm', role: 'member' },
    ] as const
    const { fake, directory } = await start({ users })
    await using _ = fake
    await refuses(directory.verify('bob', 'b'), 'permission-denied')
    await refuses(directory.verify('mia', 'm'), 'permission-denied')
  })

  it('refuses an account whose platform has no such plugin', async () => {
    const { fake, directory } = await start({ plugin: { user: 'alice', plugin: 'sftpgo' } })
    await using _ = fake
    const elsewhere = new ThingerAdminDirectory(clientFor(fake, { plugin: 'other' }))
    await refuses(elsewhere.verify('alice', password), 'permission-denied')
    assert.ok(directory)
  })

  for (const mfa of ['error401', 'body200', 'error403'] as const) {
    for (const htmlErrors of [false, true]) {
      it(`lets nobody in past a second factor (${mfa}, ${htmlErrors ? 'HTML' : 'JSON'} errors)`, async () => {
        const { fake, directory } = await start({ users: [{ ...alice, mfa }], quirks: { htmlErrors } })
        await using _ = fake
        const error = await refuses(directory.verify('alice', password), 'unsupported')
        assert.match(error.message, /access token.*setup code/)
        assert.deepEqual(targets(fake), ['POST /oauth/token'])
        await refuses(directory.verify('alice', 'wrong'), 'access-denied')
      })
    }
  }

  it('reports the limit of the platform after too many failures', async () => {
    const { fake, directory } = await start()
    await using _ = fake
    for (let attempt = 0; attempt < 5; attempt++)
      await refuses(directory.verify('alice', 'no'), 'access-denied')
    await refuses(directory.verify('alice', password), 'too-many-attempts')
  })
})

describe('admin sign-in with an access token in place of the password', () => {
  it('never sends the token to the password check', async () => {
    const { fake, directory } = await start({ users: [{ ...alice, mfa: 'error401' }] })
    await using _ = fake
    const token = fake.issueAccessToken('alice')
    assert.deepEqual(await directory.verify('alice', token), { username: 'alice' })
    assert.deepEqual(await directory.verify('whatever', `${token}\n`), { username: 'alice' })
    assert.deepEqual(new Set(targets(fake)), new Set(['GET /v1/users/alice/plugins/sftpgo']))
  })

  it('refuses a forged, an expired and a powerless token', async () => {
    const { fake, directory } = await start({ users: [alice, { user: 'bob', password: 'b' }] })
    await using _ = fake
    const [header = '', , signature = ''] = fake.issueAccessToken('bob').split('.')
    const claims = Buffer.from('{"usr":"alice","iat":1}').toString('base64url')
    await refuses(directory.verify('alice', [header, claims, signature].join('.')), 'access-denied')
    await refuses(directory.verify('alice', fake.world.issueAccessToken('alice', -1)), 'access-denied')
    const weak = fake.world.issueNamedToken('alice', 'weak', { Device: { '*': '*' } })
    await refuses(directory.verify('alice', weak), 'permission-denied')
    await refuses(directory.verify('alice', fake.issueAccessToken('bob')), 'permission-denied')
  })

  it('is not fooled by a server that answers everything with a page', async () => {
    const { fake, directory } = await start({ quirks: { htmlErrors: true, status: 200 } })
    await using _ = fake
    await refuses(directory.verify('alice', fake.issueAccessToken('alice')), 'unavailable')
    await refuses(directory.verify('alice', password), 'unavailable')
  })
})

describe('admin sign-in while the platform is unwell', () => {
  for (const quirks of [
    { status: 503 },
    { status: 500, htmlErrors: true },
    { status: 404 },
    { latencyMs: 2000 },
  ]) {
    it(`is unavailable with ${JSON.stringify(quirks)}`, async () => {
      const { fake, directory } = await start({ quirks })
      await using _ = fake
      await refuses(directory.verify('alice', password), 'unavailable')
    })
  }

  it('is unavailable when the platform is down or was never there', async () => {
    const { fake, directory } = await start()
    await using _ = fake
    fake.setDown(true)
    await refuses(directory.verify('alice', password), 'unavailable')
    await refuses(directory.verify('alice', fake.issueAccessToken('alice')), 'unavailable')
    const nowhere = new ThingerAdminDirectory(clientFor(fake, { baseUrl: 'http://127.0.0.1:1' }))
    await refuses(nowhere.verify('alice', password), 'unavailable')
  })

  it('lets nobody in when the second half of the check fails', async () => {
    const { fake, directory } = await start()
    await using _ = fake
    fake.quirks.latencyMs = 60
    const attempt = directory.verify('alice', password)
    attempt.catch(() => {})
    await waitUntil(() => fake.requests.length === 1)
    fake.quirks.status = 503
    await refuses(attempt, 'unavailable')
  })

  it('sends a password once, and never after a redirect', async () => {
    await using thief = await startFakeThinger({ users: [alice] })
    const { fake, directory } = await start({ quirks: { redirectTo: `${thief.url}/oauth/token` } })
    await using _ = fake
    await refuses(directory.verify('alice', password), 'unavailable')
    await refuses(directory.verify('alice', thief.issueAccessToken('alice')), 'unavailable')
    assert.deepEqual(thief.requests, [])
  })
})
