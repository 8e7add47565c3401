import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminPages, clientPages } from '../../../src/contract/pages.ts'
import { basePath, openHttpWorld, type HttpWorld } from './http-world.ts'

/** Where an answer leads, as the browser would follow it. */
async function redirectOf(world: HttpWorld, path: string): Promise<string> {
  const { status, headers } = await world.call('GET', path)
  assert.equal(status, 302, path)
  const location = headers.get('location') ?? ''
  assert.doesNotMatch(
    location,
    /^(\/|[a-z]+:)/,
    'an address that is not relative breaks below another base path',
  )
  const url = new URL(location, `https://console.example${path}`)
  return `${url.pathname}${url.hash}`
}

test('leads an owner without users to the first steps, and everybody else to the files', async () => {
  await using world = await openHttpWorld()
  for (const base of [basePath, '/', basePath.replace('@', '%40')])
    assert.equal(await redirectOf(world, base), `${base}web/admin/setup`)
  await world.signedIn('POST', '/users', { username: 'bob', permissions: { '/': ['*'] } })
  for (const base of [basePath, '/']) assert.equal(await redirectOf(world, base), `${base}web/client/files`)
})

test('shows each page of both apps below any base path, with no copy kept by the browser', async () => {
  await using world = await openHttpWorld()
  for (const [area, pages] of [['admin', adminPages] as const, ['client', clientPages] as const])
    for (const page of pages)
      for (const base of [basePath, '/']) {
        const answer = await world.call('GET', `${base}web/${area}/${page}?authorization=x`)
        assert.equal(answer.status, 200, page)
        assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
        assert.equal(answer.headers.get('cache-control'), 'no-cache')
        assert.equal(answer.body, `${area}.html of the test`)
      }
})

test('keeps assets for a year: their names change with their content', async () => {
  await using world = await openHttpWorld()
  for (const area of ['admin', 'client']) {
    const asset = await world.call('GET', `${basePath}web/${area}/assets/page-1a2b3c.js`)
    assert.equal(asset.status, 200)
    assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.match(asset.headers.get('content-type') ?? '', /javascript/)
  }
})

test('gives a page or an asset whole, whatever part of it is asked for', async () => {
  await using world = await openHttpWorld()
  for (const path of ['web/admin/users', 'web/admin/assets/page-1a2b3c.js'])
    for (const method of ['GET', 'HEAD'])
      for (const range of ['bytes=0-1', 'bytes=999999-']) {
        const answer = await world.call(method, `${basePath}${path}`, undefined, { range })
        assert.equal(answer.status, 200, `${method} ${path} ${range}`)
        assert.equal(answer.headers.get('accept-ranges'), null)
      }
})

test('sends nothing from outside the directory of assets', async () => {
  await using world = await openHttpWorld()
  for (const name of [
    '..%2fadmin.html',
    '%2e%2e/admin.html',
    '../admin.html',
    '.',
    '',
    'none.js',
    '%00',
    '..%5cadmin.html',
  ])
    assert.notEqual((await world.call('GET', `/web/admin/assets/${name}`)).status, 200, name)
})

test('bookmarks of earlier versions lead to the pages of today', async () => {
  await using world = await openHttpWorld()
  assert.equal(await redirectOf(world, `${basePath}web/admin`), `${basePath}web/admin/login`)
  assert.equal(await redirectOf(world, `${basePath}web/client/`), `${basePath}web/client/login`)
  assert.equal(await redirectOf(world, '/web/admin/user/bob%20%231'), '/web/admin/user#bob%20%231')
  assert.equal(await redirectOf(world, '/web/admin/changepwd'), '/web/admin/profile')
  assert.equal(await redirectOf(world, '/web/client/editfile'), '/web/client/files')
  assert.equal((await world.call('GET', '/web/admin/nothing')).status, 404)
})

test('leads to the base path with its slash, by a relative address', async () => {
  await using world = await openHttpWorld()
  const { status, headers } = await world.call('GET', `${basePath.slice(0, -1)}?authorization=x`)
  assert.equal(status, 302)
  assert.equal(headers.get('location'), './sftpgo/?authorization=x')
})

test('answers the health check and the API below the base path', async () => {
  await using world = await openHttpWorld()
  for (const base of ['/', basePath]) {
    const health = await world.call('GET', `${base}healthz`)
    assert.equal(health.status, 200)
    assert.equal(health.body, 'ok')
    assert.equal((await world.call('GET', `${base}api/v2/users`)).status, 401)
    assert.equal((await world.call('GET', `${base}robots.txt`)).status, 200)
  }
  assert.equal((await world.call('GET', '/users/other/plugins/sftpgo/healthz')).status, 404)
})
