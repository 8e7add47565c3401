import assert from 'node:assert/strict'
import { test } from 'node:test'
import { totpAt } from '../../../src/core/auth/totp.ts'
import { addUser, newBrowser } from './files/browser.ts'
import {
  adminPassword,
  basePath,
  fieldOf,
  openHttpWorld,
  userBody,
  type Answer,
  type HttpWorld,
} from './http-world.ts'

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>

const password = 'ann-password'

/** A code that was not used yet, if none but the one that turned it on was: of the step after, which is taken as well. */
function freshCode(secret: string): string {
  return totpAt(secret, Date.now() + 30_000)
}

/** Turns the second factor on as SFTPGo's clients do: generate, validate, save; `isRepeated`: with the code again. */
async function turnOn(call: Call, kind: 'user' | 'admin', protocols?: string[], isRepeated = false) {
  const made = await call('POST', `/${kind}/totp/generate`, { config_name: 'Default' })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  assert.equal(made.headers.get('cache-control'), 'no-store')
  const secret = String(fieldOf(made.body, 'secret'))
  const passcode = totpAt(secret, Date.now())
  const proven = await call('POST', `/${kind}/totp/validate`, { config_name: 'Default', secret, passcode })
  assert.equal(proven.status, 200, JSON.stringify(proven.body))
  const saved = await call('POST', `/${kind}/totp/save`, {
    ...{ enabled: true, config_name: 'Default', secret: { status: 'Plain', payload: secret } },
    ...(protocols && { protocols }),
    ...(isRepeated && { passcode }),
  })
  assert.equal(saved.status, 200, JSON.stringify(saved.body))
  assert.equal(saved.headers.get('cache-control'), 'no-store')
  return { secret, recoveryCodes: fieldOf(saved.body, 'recovery_codes') as string[] }
}

function signIn(world: HttpWorld, otp?: string, given = password): Promise<Answer> {
  return world.call('POST', '/api/v2/session/user', { username: 'ann', password: given, otp })
}

function errorOf({ status, body }: Answer): string {
  return `${status} ${String(fieldOf(body, 'error'))}`
}

test('a user turns it on, signs in with a code, and nothing of it is answered again', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const call: Call = (method, path, body) => browser.call(method, path, body)
  assert.deepEqual(await browser.ask('GET', '/user/2fa'), {
    ...{ enabled: false, config_name: '', protocols: [], recovery_codes_left: 0 },
  })
  assert.deepEqual((await call('GET', '/user/totp/configs')).body, [
    { name: 'Default', issuer: 'SFTPGo', algo: 'sha1' },
  ])
  const { secret, recoveryCodes } = await turnOn(call, 'user', ['SSH', 'HTTP'])
  assert.equal(recoveryCodes.length, 12)
  assert.equal(errorOf(await signIn(world)), '401 second-factor-needed')
  assert.equal(errorOf(await signIn(world, '000000', 'wrong')), '401 access-denied')
  assert.equal(errorOf(await signIn(world, undefined, 'wrong')), '401 access-denied')
  const now = freshCode(secret)
  assert.equal((await signIn(world, now)).status, 200)
  assert.equal(errorOf(await signIn(world, now)), '401 access-denied')
  assert.equal((await signIn(world, recoveryCodes[0])).status, 200)
  assert.equal(errorOf(await signIn(world, recoveryCodes[0])), '401 access-denied')
  const codes = (await call('GET', '/user/2fa/recoverycodes')).body as { used: boolean }[]
  assert.deepEqual([codes.length, codes.filter(({ used }) => used).length], [12, 1])
  const answers = [
    await call('GET', '/user/2fa'),
    await call('GET', '/user/2fa/recoverycodes'),
    await call('GET', '/user/profile'),
    await world.signedIn('GET', '/users/ann'),
    await world.signedIn('GET', '/users'),
  ]
  for (const text of [...answers.map(({ body }) => JSON.stringify(body)), ...world.logged])
    for (const hidden of [secret, now, 'v1.', ...recoveryCodes]) assert.ok(!text.includes(hidden), text)
  const config = { enabled: true, config_name: 'Default', protocols: ['SSH', 'HTTP'] }
  assert.deepEqual(fieldOf(fieldOf(answers[3]?.body, 'filters'), 'totp_config'), config)
})

test('a user changes protocols, renews recovery codes and turns it off, each with the password or a code', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const call: Call = (method, path, body) => browser.call(method, path, body)
  const { secret, recoveryCodes } = await turnOn(call, 'user', ['HTTP'], true)
  const save = (body: object) => call('POST', '/user/totp/save', body)
  assert.equal(errorOf(await save({ enabled: true, protocols: ['FTP'] })), '400 invalid-argument')
  assert.equal((await save({ enabled: true, protocols: ['FTP'], passcode: freshCode(secret) })).status, 200)
  assert.deepEqual(fieldOf((await call('GET', '/user/2fa')).body, 'protocols'), ['FTP'])
  assert.equal((await signIn(world)).status, 200, 'no code over HTTP any more')
  const renew = (body: object) => call('POST', '/user/2fa/recoverycodes', body)
  assert.equal(errorOf(await renew({})), '400 invalid-argument')
  assert.equal(errorOf(await renew({ password: 'wrong' })), '400 invalid-argument')
  const renewed = await renew({ password })
  assert.equal((renewed.body as string[]).length, 12)
  assert.equal(renewed.headers.get('cache-control'), 'no-store')
  assert.equal(errorOf(await save({ enabled: false })), '400 invalid-argument')
  assert.equal(errorOf(await save({ enabled: false, passcode: recoveryCodes[0] })), '400 invalid-argument')
  assert.equal((await save({ enabled: false, password })).status, 200)
  assert.equal(fieldOf((await call('GET', '/user/2fa')).body, 'enabled'), false)
})

test('only who is signed in reaches them, users in their browsers and admins without a key', async () => {
  await using world = await openHttpWorld()
  await addUser(world, 'ann')
  for (const path of [
    '/user/totp/generate',
    '/admin/totp/generate',
    '/user/2fa/recoverycodes',
    '/admin/totp/save',
  ])
    assert.equal((await world.call('POST', `/api/v2${path}`, { enabled: false })).status, 401, path)
  const until = Date.now() + 1_000_000
  const key = await world.signedIn('POST', '/admin/tokens', { name: 'script', expires_at: until })
  const headers = { 'X-SFTPGO-TOKEN': String(fieldOf(key.body, 'access_token')) }
  const byKey = await world.call('POST', '/api/v2/admin/totp/generate', {}, headers)
  assert.equal(errorOf(byKey), '403 permission-denied')
})

test('an admin needs password and code for a token, by the header X-SFTPGO-OTP or in the body', async () => {
  await using world = await openHttpWorld()
  const call: Call = (method, path, body) => world.signedIn(method, path, body)
  const { secret, recoveryCodes } = await turnOn(call, 'admin', undefined, true)
  const credentials = { username: 'root-admin', password: adminPassword }
  const basic = `Basic ${Buffer.from(`root-admin:${adminPassword}`).toString('base64')}`
  const byHeader = (otp?: string) =>
    world.call('GET', `${basePath}api/v2/token`, undefined, {
      Authorization: basic,
      ...(otp === undefined ? {} : { 'X-SFTPGO-OTP': otp }),
    })
  const missing = await byHeader()
  assert.equal(errorOf(missing), '401 second-factor-needed')
  assert.match(missing.headers.get('www-authenticate') ?? '', /^Basic /)
  assert.equal(errorOf(await byHeader('abc')), '401 access-denied')
  const now = freshCode(secret)
  assert.equal((await byHeader(now)).status, 200)
  assert.equal(errorOf(await byHeader(now)), '401 access-denied')
  const byBody = (otp?: string) => world.call('POST', '/api/v2/token', { ...credentials, otp })
  assert.equal(errorOf(await byBody()), '401 second-factor-needed')
  assert.equal((await byBody(recoveryCodes[1])).status, 200)
  const inBrowser = (otp?: string) => world.call('POST', '/api/v2/session/admin', { ...credentials, otp })
  assert.equal(errorOf(await inBrowser()), '401 second-factor-needed')
  assert.equal((await inBrowser(recoveryCodes[0])).status, 200)
  assert.equal(
    (await call('POST', '/admin/totp/save', { enabled: false, password: adminPassword })).status,
    200,
  )
  assert.equal((await byBody()).status, 200)
})

test('an admin with the right turns off the second factor of a user and of another admin', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  await turnOn((method, path, body) => browser.call(method, path, body), 'user', ['HTTP'])
  const viewer = await world.addAdmin('viewer', ['view_users'])
  const headers = { Authorization: `Bearer ${viewer}` }
  await turnOn((method, path, body) => world.call(method, `/api/v2${path}`, body, headers), 'admin')
  for (const path of ['/users/ann/2fa/disable', '/admins/viewer/2fa/disable']) {
    assert.equal((await world.call('PUT', `/api/v2${path}`, undefined, headers)).status, 403, path)
    assert.equal((await world.signedIn('PUT', path)).status, 200, path)
  }
  assert.equal((await signIn(world)).status, 200)
  const token = await world.call('POST', '/api/v2/token', { username: 'viewer', password: adminPassword })
  assert.equal(token.status, 200)
  assert.equal((await world.signedIn('PUT', '/users/nobody/2fa/disable')).status, 404)
  assert.equal((await world.signedIn('PUT', '/admins/root-admin/2fa/disable')).status, 403)
})

test('a replacement of an account neither turns a second factor on nor off', async () => {
  await using world = await openHttpWorld()
  const browser = await newBrowser(world, 'ann')
  const on = { filters: { totp_config: { enabled: true, protocols: ['HTTP'] } } }
  const put = (body: object) => world.signedIn('PUT', '/users/ann', body)
  const refused = [
    await put(userBody('ann', on)),
    await world.signedIn('POST', '/users', userBody('bob', on)),
  ]
  for (const answer of refused) {
    assert.equal(errorOf(answer), '400 invalid-argument')
    assert.equal(fieldOf(answer.body, 'field'), 'filters.totp_config.enabled')
  }
  await turnOn((method, path, body) => browser.call(method, path, body), 'user', ['HTTP'])
  const { body: read } = await world.signedIn('GET', '/users/ann')
  assert.equal((await put(read as object)).status, 200, 'what was read can be sent back')
  assert.equal((await put(userBody('ann', { filters: { totp_config: { enabled: false } } }))).status, 200)
  assert.equal((await put(userBody('ann', { password: 'another password' }))).status, 200)
  assert.equal(errorOf(await signIn(world, undefined, 'another password')), '401 second-factor-needed')
})
