import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { basePath, openHttpWorld } from './http-world.ts'

test('shows the start page with its style at the base path and at the root', async () => {
  await using world = await openHttpWorld()
  for (const base of [basePath, '/', basePath.replace('@', '%40')]) {
    const page = await world.call('GET', `${base}?authorization=x`)
    assert.equal(page.status, 200, base)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    const links = [...String(page.body).matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? '')
    assert.ok(links.includes('start.css'))
    for (const link of links) {
      assert.doesNotMatch(link, /^(\/|[a-z]+:)/, 'a link that is not relative')
      assert.equal((await world.call('GET', `${base}${link}`)).status, 200, link)
    }
    const style = await world.call('GET', `${base}start.css`)
    assert.match(style.headers.get('content-type') ?? '', /^text\/css/)
  }
})

test('holds nothing that the content security policy would block', async () => {
  const html = await readFile(join(import.meta.dirname, '../../../src/web/start/index.html'), 'utf8')
  assert.doesNotMatch(html, /<script|<style|\sstyle=|\son\w+=|data:/i)
})

test('leads to the base path with its slash, by a relative address', async () => {
  await using world = await openHttpWorld()
  const { status, headers } = await world.call('GET', `${basePath.slice(0, -1)}?authorization=x`)
  assert.equal(status, 302)
  const location = headers.get('location') ?? ''
  assert.equal(location, './sftpgo/?authorization=x')
  assert.equal(new URL(location, `https://console.example${basePath.slice(0, -1)}`).pathname, basePath)
})

test('answers the health check and the API below the base path', async () => {
  await using world = await openHttpWorld()
  for (const base of ['/', basePath]) {
    const health = await world.call('GET', `${base}healthz`)
    assert.equal(health.status, 200)
    assert.equal(health.body, 'ok')
    assert.equal((await world.call('GET', `${base}api/v2/users`)).status, 401)
    assert.match(String((await world.call('GET', `${base}robots.txt`)).body), /Disallow: \//)
  }
  assert.equal((await world.call('GET', '/users/other/plugins/sftpgo/healthz')).status, 404)
})
