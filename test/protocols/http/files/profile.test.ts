import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectInfo } from '../../../../src/contract/connect.ts'
import type { ServerEvent } from '../../../../src/core/events/events.ts'
import { fieldOf, openHttpWorld } from '../http-world.ts'
import { newBrowser, signInAs } from './browser.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ann@laptop'

test('users see their own account and nothing that is secret', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann', { quotaSize: 5000, email: 'ann@example.com' })
  await ann.ask('POST', '/user/files/text', { path: '/a', text: '12345' })
  const profile = await ann.ask('GET', '/user/profile')
  assert.deepEqual(profile, {
    username: 'ann',
    email: 'ann@example.com',
    description: '',
    has_password: true,
    public_keys: [],
    expiration_date: 0,
    quota_size: 5000,
    quota_files: 0,
    used_quota_size: 5,
    used_quota_files: 1,
    last_password_change: profile['last_password_change'],
  })
})

test('a password is changed by who knows the present one, and the session goes on', async () => {
  await using world = await openHttpWorld()
  const events: ServerEvent[] = []
  world.events.onAny((event) => void events.push(event))
  const ann = await newBrowser(world, 'ann')
  const before = Date.now()
  const change = (current: string, next: string) =>
    ann.call('POST', '/user/password', { current_password: current, new_password: next })
  const wrong = await change('wrong password', 'a new password')
  assert.deepEqual([wrong.status, fieldOf(wrong.body, 'field')], [400, 'current_password'])
  for (const weak of ['short', 'ann-password']) {
    const answer = await change('ann-password', weak)
    assert.deepEqual([answer.status, fieldOf(answer.body, 'field')], [400, 'new_password'], weak)
  }
  assert.equal((await change('ann-password', 'a new password')).status, 200)
  const profile = await ann.ask('GET', '/user/profile')
  assert.ok(Number(profile['last_password_change']) >= before)
  const old = await world.call('POST', '/api/v2/session/user', { username: 'ann', password: 'ann-password' })
  assert.equal(old.status, 401)
  await signInAs(world, 'ann', 'a new password')
  const changes = events.filter((event) => event.type === 'account-changed')
  assert.deepEqual(changes, [
    {
      type: 'account-changed',
      ...{ admin: 'ann', remoteAddress: '127.0.0.1' },
      ...{ subject: 'user', name: 'ann', change: 'replaced', isOwn: true },
    },
  ])
  assert.doesNotMatch(world.logged.join('\n'), /a new password|ann-password/)
})

test('the user name is no password', async () => {
  await using world = await openHttpWorld()
  const long = await newBrowser(world, 'long-user-name')
  const answer = await long.call('POST', '/user/password', {
    current_password: 'long-user-name-password',
    new_password: 'Long-User-Name',
  })
  assert.deepEqual([answer.status, fieldOf(answer.body, 'field')], [400, 'new_password'])
})

test('guessing the present password is slowed down like guessing at the sign-in', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const guess = () =>
    ann.call('POST', '/user/password', { current_password: 'wrong', new_password: 'a new password' })
  for (let i = 0; i < 6; i++) await guess()
  const startedAt = performance.now()
  await guess()
  assert.ok(performance.now() - startedAt > 400)
})

test('public keys are replaced, checked and trimmed', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  await ann.ask('PUT', '/user/keys', { public_keys: [` ${key} `, '', key] })
  assert.deepEqual((await ann.ask('GET', '/user/profile'))['public_keys'], [key])
  const answer = await ann.call('PUT', '/user/keys', { public_keys: ['no key'] })
  assert.deepEqual([answer.status, fieldOf(answer.body, 'field')], [400, 'public_keys'])
  await ann.ask('POST', '/user/dirs', { path: '/' })
})

test('keys that are sent with those that were read bring none back that was removed since', async () => {
  await using world = await openHttpWorld()
  const ann = await newBrowser(world, 'ann')
  const put = (lines: string[], expected: string[]) =>
    ann.call('PUT', '/user/keys', { public_keys: lines, expected_public_keys: expected })
  assert.equal((await put([key], [])).status, 200)
  assert.equal((await put([], [key])).status, 200)
  const late = await put([key, `${key} again`], [key])
  assert.deepEqual([late.status, fieldOf(late.body, 'error')], [409, 'busy'])
  assert.deepEqual((await ann.ask('GET', '/user/profile'))['public_keys'], [])
})

test('users see and end their own connections alone', async () => {
  await using world = await openHttpWorld()
  const [ann, bob] = [await newBrowser(world, 'ann'), await newBrowser(world, 'bob')]
  const other = await signInAs(world, 'ann')
  const own = (await ann.ask('GET', '/user/connections')) as unknown as Record<string, unknown>[]
  assert.deepEqual(
    own.map(({ username, protocol }) => [username, protocol]),
    [
      ['ann', 'HTTP'],
      ['ann', 'HTTP'],
    ],
  )
  const id = String(own[1]?.['connection_id'])
  assert.equal((await bob.call('DELETE', `/user/connections/${id}`)).status, 404)
  await ann.ask('DELETE', `/user/connections/${id}`)
  assert.equal((await other.call('GET', '/user/profile')).status, 401)
  await ann.ask('GET', '/user/profile')
})

test('users are told how to connect', async () => {
  const info: ConnectInfo = {
    host: 'files.example',
    sftp_port: 2022,
    ftp_port: 0,
    ftp_passive_ports: [],
    ftp_tls: 'required',
    host_keys: [{ algorithms: ['ssh-ed25519'], fingerprint: 'SHA256:x' }],
  }
  await using world = await openHttpWorld({ reports: { connectInfo: () => Promise.resolve(info) } })
  const ann = await newBrowser(world, 'ann')
  assert.deepEqual(await ann.ask('GET', '/user/connect'), info)
})
