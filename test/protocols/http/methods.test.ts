import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basePath, fieldOf, openHttpWorld } from './http-world.ts'

test('a path that other methods are served at is 405 with those, for everybody and below the base path', async () => {
  await using world = await openHttpWorld()
  const asks: readonly (readonly [string, string, string])[] = [
    ['DELETE', '/api/v2/users', 'GET, HEAD, POST'],
    ['OPTIONS', '/api/v2/users?limit=1', 'GET, HEAD, POST'],
    ['POST', '/api/v2/users/ann', 'DELETE, GET, HEAD, PUT'],
    ['GET', '/api/v2/users/ann/2fa/disable', 'PUT'],
    ['GET', '/api/v2/backups/plan', 'POST'],
    ['DELETE', '/api/v2/user/uploads', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/healthz', 'GET, HEAD'],
    ['POST', '/web/admin/assets/x.js', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
  ]
  for (const prefix of ['', basePath.slice(0, -1)])
    for (const [method, path, allow] of asks) {
      const { status, headers, body } = await world.call(method, `${prefix}${path}`)
      assert.deepEqual([status, headers.get('allow')], [405, allow], `${method} ${prefix}${path}`)
      assert.equal(fieldOf(body, 'error'), 'method-not-allowed')
    }
})

test('a path that nothing is served at stays 404, with any method', async () => {
  await using world = await openHttpWorld()
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD'])
    for (const path of ['/api/v2/nothing', '/api/v2/users/ann/nothing', '/api/v2/usersX', '/api/v2/users//'])
      assert.deepEqual(
        await world.call(method, path).then(({ status, headers }) => [status, headers.get('allow')]),
        [404, null],
        `${method} ${path}`,
      )
  assert.equal((await world.call('GET', '/web/admin/assets/no.such')).status, 404)
  assert.equal((await world.signedIn('DELETE', '/users/nobody')).status, 404)
})
