import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { purposeOf } from '../../../src/core/accounts/second-factor.ts'
import { SecretBox } from '../../../src/core/auth/secret-box.ts'
import { makeTotpSecret } from '../../../src/core/auth/totp.ts'
import { fieldOf, openHttpWorld, userBody, type HttpWorld } from './http-world.ts'

async function makeBackup(world: HttpWorld, passphrase?: string): Promise<string> {
  const { status, body } = await world.signedIn('POST', '/backups', passphrase ? { passphrase } : {})
  assert.equal(status, 201)
  return String(fieldOf(body, 'name'))
}

test('backups need manage_system', async () => {
  await using world = await openHttpWorld()
  const headers = { 'X-SFTPGO-TOKEN': await world.addAdmin('other', ['manage_admins', 'view_status']) }
  const body = { name: 'a.json' }
  for (const [method, path, sent] of [
    ['GET', '', undefined],
    ['POST', '', {}],
    ['POST', '/plan', body],
    ['POST', '/restore', body],
    ['POST', '/remove', body],
    ['POST', '/links', body],
    ['GET', '/links/x', undefined],
  ] as const)
    assert.equal((await world.call(method, `/api/v2/backups${path}`, sent, headers)).status, 403, path)
})

test('a backup is made, listed, planned, restored and removed', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/users', userBody('ann'))
  const name = await makeBackup(world)
  const listed = await world.signedIn('GET', '/backups')
  assert.partialDeepStrictEqual(listed.body, [{ name, is_encrypted: false, is_scheduled: false }])
  await world.signedIn('DELETE', '/users/ann')
  await world.signedIn('POST', '/users', userBody('bob'))
  const request = { name, remove_others: true }
  const plan = await world.signedIn('POST', '/backups/plan', request)
  assert.equal(plan.status, 200)
  assert.deepEqual(fieldOf(plan.body, 'changes'), [
    { kind: 'user', name: 'ann', change: 'add', fields: [] },
    { kind: 'user', name: 'bob', change: 'remove', fields: [] },
  ])
  const restored = await world.signedIn('POST', '/backups/restore', request)
  assert.deepEqual([restored.status, restored.body], [200, plan.body])
  assert.equal((await world.signedIn('GET', '/users/ann')).status, 200)
  assert.equal((await world.signedIn('GET', '/users/bob')).status, 404)
  assert.equal((await world.signedIn('POST', '/backups/remove', { name })).status, 200)
  assert.deepEqual((await world.signedIn('GET', '/backups')).body, [])
  assert.equal((await world.signedIn('POST', '/backups/restore', request)).status, 404)
})

test('the plan and the answer of a restore tell whose second factor the key of this server cannot open', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/users', userBody('ann'))
  const ann = { kind: 'user', name: 'ann' } as const
  const secret = new SecretBox(randomBytes(32)).seal(purposeOf(ann), makeTotpSecret())
  const { secondFactors } = world.database
  await secondFactors.turnOn(ann, { secret, protocols: ['SSH'], recoveryCodes: [], lastStep: 0 }, 1)
  const name = await makeBackup(world)
  await secondFactors.turnOff(ann, 2)
  for (const route of ['plan', 'restore']) {
    const { status, body } = await world.signedIn('POST', `/backups/${route}`, { name })
    assert.deepEqual([status, fieldOf(body, 'unusable_totp')], [200, [ann]], route)
  }
})

test('a passphrase is asked for by its field, and told to nobody', async () => {
  await using world = await openHttpWorld()
  const name = await makeBackup(world, 'a secret phrase')
  assert.match(name, /\.json\.enc$/)
  for (const passphrase of [undefined, 'a wrong phrase']) {
    const { status, body } = await world.signedIn('POST', '/backups/plan', { name, passphrase })
    assert.deepEqual([status, fieldOf(body, 'field')], [400, 'passphrase'])
  }
  const passphrase = 'a secret phrase'
  assert.equal((await world.signedIn('POST', '/backups/plan', { name, passphrase })).status, 200)
  assert.doesNotMatch(world.logged.join('\n'), /secret phrase|wrong phrase/)
})

test('names that lead elsewhere are refused', async () => {
  await using world = await openHttpWorld()
  for (const name of ['../test.db', '/etc/passwd', '..json', 'test.db'])
    for (const route of ['plan', 'restore', 'remove', 'links']) {
      const { status, body } = await world.signedIn('POST', `/backups/${route}`, { name })
      assert.deepEqual([status, fieldOf(body, 'field')], [400, 'name'], `${route} ${name}`)
    }
})

test('a link downloads the backup, for the admin who asked for it alone', async () => {
  await using world = await openHttpWorld()
  const name = await makeBackup(world)
  const { status, body } = await world.signedIn('POST', '/backups/links', { name })
  assert.equal(status, 200)
  assert.equal(fieldOf(body, 'name'), name)
  const path = String(fieldOf(body, 'url')).replace(/^api\/v2/, '')
  const { headers, body: content } = await world.signedIn('GET', path)
  assert.equal(headers.get('content-disposition'), `attachment; filename="${name}"`)
  assert.equal(headers.get('content-type'), 'application/octet-stream')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(Buffer.byteLength(String(content)), fieldOf(body, 'size'))
  assert.partialDeepStrictEqual(JSON.parse(String(content)), { version: 1, server_version: '3.0.0-test' })
  const other = { 'X-SFTPGO-TOKEN': await world.addAdmin('other', ['*']) }
  assert.equal((await world.call('GET', `/api/v2${path}`, undefined, other)).status, 404)
  assert.equal((await world.signedIn('POST', '/backups/links', { name: 'gone.json' })).status, 404)
})
