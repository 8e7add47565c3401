import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { SettingsState } from '../../src/contract/setting.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { runProgram } from '../support/run-program.ts'

let world: WebWorld

before(async () => {
  world = await openWebWorld({ env: { SFTP_BANNER: 'Hello' } })
  await world.product.addUser('bob')
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function openSettings(): Promise<Page & AsyncDisposable> {
  const page = await world.openPage('web/admin/configs')
  await page.waitForSelector('table')
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

async function current(): Promise<SettingsState['current']> {
  return ((await world.product.api('GET', '/settings')).body as SettingsState).current
}

async function canListByPlainFtp(): Promise<boolean> {
  const address = `ftp://127.0.0.1:${world.product.ftpPort}/`
  return (await runProgram('curl', ['--silent', '--user', 'bob:bob-password', address])).isOk
}

const frame = (page: Page, label: string) =>
  page.locator('.settings-frame', { has: page.getByLabel(label, { exact: true }) })

describe('settings', () => {
  it('change at once, say so, and go back to the environment', async () => {
    await using page = await openSettings()
    assert.equal(await canListByPlainFtp(), true)
    const tls = 'FTP encryption (TLS)'
    await frame(page, tls).getByText('From the environment').waitFor()
    await page.getByLabel(tls, { exact: true }).selectOption({ label: 'Required for everything' })
    await page.getByText('Clients without TLS cannot work').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(`Saved: ${tls}.`).waitFor()
    assert.equal(await canListByPlainFtp(), false)
    await frame(page, tls).getByText('Changed here').waitFor()
    await page.getByLabel('Idle time', { exact: true }).fill('77')
    await frame(page, tls)
      .getByRole('button', { name: `Reset ${tls}` })
      .click()
    await frame(page, tls).getByText('From the environment').waitFor()
    assert.equal((await current()).ftp_tls, 'allowed')
    assert.equal(
      await page.getByLabel('Idle time', { exact: true }).inputValue(),
      '77',
      'what was typed stays',
    )
    await page.getByRole('button', { name: 'Discard changes' }).click()
    assert.notEqual(await page.getByLabel('Idle time', { exact: true }).inputValue(), '77')
  })

  it('are sent only when they can be, and only those that changed', async () => {
    await using page = await openSettings()
    await page.getByLabel('SSH banner', { exact: true }).fill('Good morning')
    await page.getByLabel('Sign-in attempts per connection', { exact: true }).fill('0')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Enter a whole number from 1 to 100.').waitFor()
    assert.equal((await current()).sftp_banner, 'Hello')
    await page.getByLabel('Sign-in attempts per connection', { exact: true }).fill('3')
    const [request] = await Promise.all([
      page.waitForRequest((sent) => sent.method() === 'PUT'),
      page.getByRole('button', { name: 'Save' }).click(),
    ])
    assert.deepEqual(request.postDataJSON(), { set: { sftp_banner: 'Good morning', max_auth_tries: 3 } })
    await page.getByText('Saved: SSH banner, Sign-in attempts per connection.').waitFor()
  })

  it('keep what is typed while a save is under way', async () => {
    await using page = await openSettings()
    const [idle, tries] = ['Idle time', 'Sign-in attempts per connection'].map((label) =>
      page.getByLabel(label, { exact: true }),
    )
    assert.ok(idle && tries)
    const held = Promise.withResolvers<void>()
    await page.route('**/api/v2/settings', async (route) => {
      await held.promise
      await route.continue()
    })
    await idle.fill('88')
    const sent = page.waitForRequest((request) => request.method() === 'PUT')
    await page.getByRole('button', { name: 'Save' }).click()
    await sent
    await idle.fill('99')
    await tries.fill('4')
    held.resolve()
    await page.getByText('Saved: Idle time.').waitFor()
    assert.deepEqual([await idle.inputValue(), await tries.inputValue()], ['99', '4'])
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved: Idle time, Sign-in attempts per connection.').waitFor()
    const { idle_timeout, max_auth_tries } = await current()
    assert.deepEqual([idle_timeout, max_auth_tries], [99, 4])
  })

  it('show a refusal of the server at the field', async () => {
    await using page = await openSettings()
    await page.getByLabel('SSH banner', { exact: true }).fill('\u0007')
    await world.allow(400, async () => {
      await page.getByRole('button', { name: 'Save' }).click()
      await frame(page, 'SSH banner').locator('.field-error').waitFor()
    })
  })

  it('are not lost by leaving the page without being asked', async () => {
    await using page = await openSettings()
    await page.getByLabel('Idle time', { exact: true }).fill('61')
    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByText('Your changes to the settings have not been saved.').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await page.getByLabel('Idle time', { exact: true }).inputValue(), '61')
    await page.getByRole('link', { name: 'Health' }).click()
    await page.locator('dialog[open] .button-danger').click()
    await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor()
  })

  it('show the environment without its secrets', async () => {
    await using page = await openSettings()
    const row = (name: string) => page.locator('tbody tr', { has: page.locator('th', { hasText: name }) })
    assert.match(await row('SFTP_BANNER').innerText(), /Hello/)
    assert.match(await row('SFTP_BANNER').innerText(), /Not the default/)
    assert.match(await row('ADMIN_PASSWORD').innerText(), /\(set\)/)
    assert.doesNotMatch(await page.innerText('body'), /test-admin-password/)
  })

  it('can be used by everybody, in every look', async () => {
    const prepare = async (page: Page) => {
      await assertAccessible(page, 'settings')
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    await takeScreenshots(world, [
      { name: 'admin-settings', path: 'web/admin/configs', ready: 'table', prepare },
    ])
  })
})
