import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

let world: WebWorld

before(async () => {
  world = await openWebWorld({ platform: { storages: [{ user: 'alice', storage: 'site', name: 'Site A' }] } })
  await waitUntil('the storages of the platform', async () =>
    JSON.stringify((await world.product.api('GET', '/storages')).body).includes('"site"'),
  )
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function openHealth(): Promise<Page & AsyncDisposable> {
  const page = await world.openPage('web/admin/status')
  await page.getByText('Tested through').waitFor()
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

const line = (page: Page, subject: string | RegExp) =>
  page.locator('.health-line', { has: page.locator('.health-subject', { hasText: subject }) })

describe('health', () => {
  it('tells that clients reach the ports, and tests again when asked', async () => {
    await using page = await openHealth()
    const { sftpPort } = world.product
    assert.match(await line(page, `SFTP, port ${sftpPort}`).innerText(), /Good[^]*Clients reach it/)
    await line(page, /^FTP data, port/).waitFor()
    const answered = page.waitForResponse('**/api/v2/status/ports')
    await page.getByRole('button', { name: 'Test again' }).click()
    assert.equal((await answered).status(), 200)
  })

  it('tells what the server leans on', async () => {
    await using page = await openHealth()
    assert.match(await line(page, /^Database$/).innerText(), /Good[^]*SQLite answers/)
    assert.match(await line(page, 'Thinger.io').innerText(), /Good[^]*Connected since/)
    assert.match(await line(page, 'Version').innerText(), /Running since/)
    assert.match(await line(page, 'ssh-ed25519').innerText(), /SHA256:/)
    await page.getByRole('button', { name: 'Copy the value of ssh-ed25519' }).click()
    await page.getByText('Copied').first().waitFor({ state: 'attached' })
  })

  it('says what to do about what is not well, and that it is well afterwards', async () => {
    await using page = await openHealth()
    assert.match(await line(page, 'Site A').innerText(), /Warning[^]*Not mounted[^]*Check the storage/)
    assert.match(await line(page, '127.0.0.1').innerText(), /Warning[^]*Self-signed[^]*certificate/)
    assert.match(await line(page, 'Passive address').innerText(), /Warning[^]*FTP_PASSIVE_HOST/)
    const verdict = page.locator('.health-verdict')
    await verdict.getByText(/3 things need a look/).waitFor()
    await mkdir(join(world.product.storagesDirectory, 'site'), { recursive: true })
    await waitUntil('the storage', async () => {
      await page.getByRole('button', { name: 'Refresh' }).click()
      return /Good/.test(await line(page, 'Site A').innerText())
    })
    await verdict.getByText(/2 things need a look/).waitFor()
  })

  it('judges certificates by the clock of the server', async () => {
    await using page = await openHealth()
    await page.clock.setFixedTime(Date.now() + 100 * 365 * 24 * 60 * 60_000)
    const answered = page.waitForResponse('**/api/v2/status')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await answered
    await page.getByRole('button', { name: 'Refresh', disabled: false }).waitFor()
    assert.match(await line(page, '127.0.0.1').innerText(), /Warning[^]*Self-signed/)
  })

  it('tells when the test cannot be made', async () => {
    await using page = await openHealth()
    await page.route('**/api/v2/status/ports', (route) =>
      route.fulfill({ status: 500, json: { message: 'no', error: 'storage-failure' } }),
    )
    await world.allow(500, async () => {
      await page.getByRole('button', { name: 'Test again' }).click()
      await page.getByRole('alert').getByText('The server could not do it').waitFor()
    })
  })

  it('can be used by everybody, in every look', async () => {
    const prepare = async (page: Page) => {
      await page.getByText('Tested through').waitFor()
      await assertAccessible(page, 'health')
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    await takeScreenshots(world, [{ name: 'admin-health', path: 'web/admin/status', prepare }])
  })
})
