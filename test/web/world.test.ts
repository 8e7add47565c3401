import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { looks, takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Width and height, as the header of a PNG tells them. */
async function sizeOf(png: string): Promise<readonly [number, number]> {
  const bytes = await readFile(png)
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

const status = (world: WebWorld, path: string, init = '{}') =>
  world.frame.evaluate<number>(
    `fetch(${JSON.stringify(new URL(path, world.url).href)}, ${init}).then(({ status }) => status)`,
  )

describe('browser test world', () => {
  it('shows the plugin in a frame of the console, below the address that the platform gives it', async () => {
    await using world = await openWebWorld()
    assert.ok(world.url.endsWith('/users/alice/plugins/sftpgo/'))
    assert.equal(world.page.url(), `${world.platform.url}/console/`)
    assert.ok(world.frame.url().startsWith(world.url), world.frame.url())
    assert.equal(await status(world, 'healthz'), 200)
    assert.equal(await world.frame.evaluate('window.top === window'), false)
  })

  it('opens pages without the console as well, in the same browser window', async () => {
    await using world = await openWebWorld()
    await world.signInAdmin()
    const page = await world.openPage('api/v2/session/admin')
    const state = JSON.parse(await page.innerText('body')) as { session?: { username: string } }
    assert.equal(state.session?.username, 'admin')
  })

  it('signs the browser in as a user', async () => {
    await using world = await openWebWorld()
    await world.product.addUser('ann')
    await world.signInUser('ann')
    const page = await world.openPage('api/v2/session/user')
    assert.match(await page.innerText('body'), /"username":"ann"/)
    await assert.rejects(world.signInUser('ann', 'wrong'), /ann cannot sign in: 401/)
  })

  it('has the language, the colours and the size that a test asks for', async () => {
    await using world = await openWebWorld({
      language: 'es-ES',
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    })
    const seen = await world.frame.evaluate<unknown[]>(
      `[navigator.language, matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]`,
    )
    assert.deepEqual(seen, ['es-ES', true, 390])
    assert.deepEqual(await sizeOf(await world.screenshot('world-phone')), [390, 844])
  })

  it('runs on a platform with quirks and a product with settings of the test', async () => {
    await using world = await openWebWorld({
      quirks: { latencyMs: 1 },
      env: { SFTP_BANNER: 'Hello' },
      platform: { storages: [{ user: 'alice', storage: 'site' }] },
    })
    assert.equal(world.platform.quirks.latencyMs, 1)
    const storages = await waitUntil('the storages of the platform', async () => {
      const { body } = await world.product.api('GET', '/storages')
      return JSON.stringify(body).includes('"site"') && body
    })
    assert.ok(storages)
  })

  it('tells errors of the console, of scripts and of requests', async () => {
    const world = await openWebWorld()
    await world.frame.evaluate(`console.error('a logged error')`)
    await world.frame.evaluate(`setTimeout(() => { throw new Error('a thrown error') })`)
    assert.equal(await status(world, 'api/v2/nothing'), 404)
    await waitUntil('all errors', () => world.consoleErrors.length >= 3)
    const all = world.consoleErrors.join('\n')
    for (const expected of [/a logged error/, /a thrown error/, /^404 GET .*\/api\/v2\/nothing$/m])
      assert.match(all, expected)
    assert.equal(world.consoleErrors.length, 3)
    await assert.rejects(async () => world[Symbol.asyncDispose](), /a logged error/)
  })

  it('tells requests outside the address of the plugin', async () => {
    const world = await openWebWorld()
    assert.equal(await status(world, `${world.platform.url}/console/`), 200)
    assert.deepEqual(world.foreignRequests, [])
    await world.allow(401, () => status(world, `${world.platform.url}/v1/users/alice`))
    assert.deepEqual(world.foreignRequests, [`GET ${world.platform.url}/v1/users/alice`])
    await assert.rejects(async () => world[Symbol.asyncDispose](), /foreignRequests/)
  })

  it('lets a request fail as the test expects, while it expects it', async () => {
    await using world = await openWebWorld()
    assert.equal(await world.allow(404, () => status(world, 'api/v2/nothing')), 404)
    await world.allow('network', async () => {
      world.platform.setDown(true)
      await assert.rejects(status(world, 'healthz'))
      world.platform.setDown(false)
    })
    await assert.rejects(
      world.allow(500, () => status(world, 'healthz'), 100),
      /it never came: a request that fails with 500/,
    )
    assert.deepEqual(world.consoleErrors, [])
  })

  it('finds what is not accessible, under the policy of the pages', async () => {
    await using world = await openWebWorld()
    await world.frame.evaluate(`document.title = 'Page'
      document.documentElement.lang = 'en'
      document.body.innerHTML = '<main><h1>Heading</h1></main>'`)
    await assertAccessible(world.frame, 'a page')
    await world.frame.evaluate(`document.querySelector('main').innerHTML += '<input id="nameless">'`)
    await assert.rejects(assertAccessible(world.frame, 'a page'), (error: Error) => {
      assert.match(error.message, /a page is not accessible/)
      assert.match(error.message, /label \(critical\)/)
      assert.match(error.message, /<input id="nameless">/)
      return true
    })
  })

  it('takes screenshots of pages in every look', async () => {
    await using world = await openWebWorld()
    const paths = await takeScreenshots(world, [{ name: 'world', path: 'healthz', ready: 'body' }])
    assert.deepEqual(
      paths.map((path) => path.replace(/^.*\/test-artifacts\//, '')),
      ['web/world-light.png', 'web/world-dark.png', 'web/world-phone.png'],
    )
    const sizes = await Promise.all(paths.map(sizeOf))
    assert.deepEqual(
      sizes,
      looks.map(({ viewport }) => [viewport.width, viewport.height]),
    )
  })
})
