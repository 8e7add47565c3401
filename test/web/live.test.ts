import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

let world: WebWorld

before(async () => {
  world = await openWebWorld()
  await world.product.addUser('bob', { upload_bandwidth: 64 })
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

/** The live page, closed at the end of the test. */
async function openLive(): Promise<Page & AsyncDisposable> {
  const page = await world.openPage('web/admin/connections')
  await page.waitForSelector('h1')
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

/** An upload by FTP that lasts until it is ended. */
function startUpload(name: string): ChildProcess & Disposable {
  const target = `ftp://127.0.0.1:${world.product.ftpPort}/${encodeURIComponent(name)}`
  const args = ['--silent', '--user', 'bob:bob-password', '--upload-file', '-', target]
  const child = spawn('curl', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.on('error', () => undefined)
  child.stdin.write(Buffer.alloc(4 * 1024 * 1024))
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill() })
}

const row = (page: Page) => page.locator('.live-sessions tbody', { hasText: 'bob' })

describe('live page', () => {
  it('shows who is connected and what moves, without being asked again', async () => {
    await using page = await openLive()
    await page.getByText('Nobody is connected').waitFor()
    using _upload = startUpload('measurements.bin')
    await row(page).getByText('/measurements.bin').waitFor()
    await row(page).getByText('FTP', { exact: true }).waitFor()
    await row(page)
      .getByText(/^[1-9][\d.,]* KiB\/s$/)
      .waitFor()
    await page.getByText('One session').waitFor()
    const label = () => page.getByRole('img').getAttribute('aria-label')
    await waitUntil('traffic in the chart', async () => /uploads [1-9]/.test((await label()) ?? ''))
    assert.equal(await page.locator('.page-actions').innerText(), 'Live')
  })

  it('disconnects a client when asked twice, and tells why it ended', async () => {
    using _upload = startUpload('big.bin')
    await using page = await openLive()
    await row(page).getByText('/big.bin').waitFor()
    await page.getByRole('button', { name: 'Disconnect bob (FTP)' }).click()
    await page.getByText('transfers that run in it are broken off').waitFor()
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click()
    await page.getByText('bob was disconnected.').waitFor()
    await page.locator('.live-ended').getByText('Disconnected by an admin').waitFor()
    await page.getByText('Nobody is connected').waitFor()
    assert.deepEqual((await world.product.api('GET', '/connections')).body, [])
  })

  it('asks every two seconds where streams do not come through', async () => {
    await using page = await openLive()
    await page.route('**/live/stream', (route) => route.abort())
    await world.allow('network', async () => {
      await page.reload()
      await page.getByText('Every 2 seconds').waitFor()
    })
    using _upload = startUpload('polled.bin')
    await row(page).getByText('/polled.bin').waitFor()
  })

  it('asks for nothing while nobody looks', async () => {
    await using page = await openLive()
    await page.locator('.page-actions').getByText('Live', { exact: true }).waitFor()
    const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/live/stream'))
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
    await ended
    const started = page.waitForRequest('**/live/stream')
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: false, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
    await started
  })

  it('lets those who may not disconnect look alone', async () => {
    const body = { username: 'looker', password: 'looker-password', permissions: ['view_conns'] }
    assert.equal((await world.product.api('POST', '/admins', body)).status, 201)
    await world.signInAdmin('looker', 'looker-password')
    using _upload = startUpload('watched.bin')
    await using page = await openLive()
    await row(page).getByText('/watched.bin').waitFor()
    assert.equal(await page.getByRole('button', { name: /Disconnect/ }).count(), 0)
    await world.signInAdmin()
  })

  it('can be used by everybody, in every look', async () => {
    using _upload = startUpload('ñ <b>not bold.bin')
    const prepare = async (page: Page) => {
      await row(page).getByText('<b>not bold').waitFor()
      await assertAccessible(page, 'live')
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    await takeScreenshots(world, [{ name: 'admin-live', path: 'web/admin/connections', prepare }])
  })
})
