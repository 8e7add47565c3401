import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fieldOf, openHttpWorld, userBody, type HttpWorld } from './http-world.ts'

const folderBody = (world: HttpWorld, name: string, fields: object = {}) => ({
  name,
  mapped_path: join(world.root, name),
  ...fields,
})

test('adds, reads, replaces, lists and removes a folder', async () => {
  await using world = await openHttpWorld()
  const added = await world.signedIn('POST', '/folders', folderBody(world, 'one', { description: 'first' }))
  assert.equal(added.status, 201)
  assert.equal(added.headers.get('location'), '/api/v2/folders/one')
  assert.deepEqual((await world.signedIn('GET', '/folders/one')).body, added.body)

  const mapped_path = join(world.root, 'elsewhere')
  assert.equal((await world.signedIn('PUT', '/folders/one', { mapped_path })).status, 200)
  const { body } = await world.signedIn('GET', '/folders/one')
  assert.equal(fieldOf(body, 'mapped_path'), mapped_path)
  assert.equal(fieldOf(body, 'description'), '')
  assert.deepEqual((await world.signedIn('GET', '/folders')).body, [body])
  assert.equal((await world.signedIn('PUT', '/folders/one', { description: 'second' })).status, 200)
  const described = (await world.signedIn('GET', '/folders/one')).body
  assert.deepEqual(
    [fieldOf(described, 'mapped_path'), fieldOf(described, 'description')],
    [mapped_path, 'second'],
  )

  assert.equal((await world.signedIn('DELETE', '/folders/one')).status, 200)
  assert.equal((await world.signedIn('GET', '/folders/one')).status, 404)
  assert.equal((await world.signedIn('DELETE', '/folders/one')).status, 404)
  assert.equal((await world.signedIn('PUT', '/folders/one', { mapped_path })).status, 404)
})

test('refuses taken names, directories outside the storages and other file systems', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/folders', folderBody(world, 'one'))
  assert.equal((await world.signedIn('POST', '/folders', folderBody(world, 'one'))).status, 409)
  const cases: [string, object][] = [
    ['mapped_path', { mapped_path: '/etc' }],
    ['mapped_path', { mapped_path: undefined }],
    ['mapped_path', { mapped_path: join(world.root, '..', '..') + '/..' }],
    ['name', { name: 'a/b' }],
    ['filesystem.provider', { filesystem: { provider: 4 } }],
  ]
  for (const [field, fields] of cases) {
    const { status, body } = await world.signedIn('POST', '/folders', folderBody(world, 'two', fields))
    assert.equal(status, 400, JSON.stringify(fields))
    assert.equal(fieldOf(body, 'field'), field)
  }
})

test('shows a folder in its users, and its users in the folder', async () => {
  await using world = await openHttpWorld()
  await world.signedIn('POST', '/folders', folderBody(world, 'shared', { description: 'for all' }))
  const mount = { name: 'shared', virtual_path: '/in/shared', quota_size: 1000, quota_files: 0 }
  await world.signedIn('POST', '/users', userBody('ann', { virtual_folders: [mount] }))
  await world.ledger.add({ kind: 'folder', name: 'shared' }, { size: 10, files: 1 })

  const { body } = await world.signedIn('GET', '/users/ann')
  const [shown] = fieldOf(body, 'virtual_folders') as Record<string, unknown>[]
  const wanted = {
    ...mount,
    mapped_path: join(world.root, 'shared'),
    description: 'for all',
    used_quota_size: 10,
    used_quota_files: 1,
  }
  assert.deepEqual({ ...shown, ...wanted }, shown)
  assert.deepEqual(fieldOf((await world.signedIn('GET', '/folders/shared')).body, 'users'), ['ann'])

  await world.signedIn('DELETE', '/folders/shared')
  assert.deepEqual(fieldOf((await world.signedIn('GET', '/users/ann')).body, 'virtual_folders'), [])
})
