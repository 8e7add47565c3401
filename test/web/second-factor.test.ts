import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { totpAt } from '../../src/core/auth/totp.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { looks } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { adminName, adminPassword } from '../support/product.ts'
import { choose } from './admin-world.ts'

describe('the second factor in the pages', () => {
  let world: WebWorld
  before(async () => {
    world = await openWebWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  async function addUser(username: string): Promise<void> {
    await world.product.addUser(username)
    await mkdir(world.product.homeOf(username), { recursive: true })
  }

  /** What is to be seen, in each look: accessible, no wider than a phone, and as a picture to be looked at. */
  async function lookAt(page: Page, name: string): Promise<void> {
    for (const { look, colorScheme, viewport } of looks) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      await assertAccessible(page, `${name} in ${look}`)
      const width = await page.evaluate<number>('document.scrollingElement.scrollWidth')
      assert.ok(width <= viewport.width, `${name} in ${look}: ${width}`)
      await world.screenshot(`second-factor-${name}-${look}`, page)
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1280, height: 800 })
  }

  /** Sets it up in the page that shows the card; answers the secret and the recovery codes. */
  async function setUp(page: Page, name: string): Promise<{ secret: string; codes: string[] }> {
    await page.getByRole('button', { name: 'Turn on' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set up the second factor' })
    const secret = await dialog.getByLabel('Secret', { exact: true }).innerText()
    await dialog.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    await lookAt(page, `${name}-setup`)
    await dialog.getByLabel('Code from the app').fill('12')
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    await dialog.getByText('Enter the six digits that the app shows now.').waitFor()
    await dialog.getByLabel('Code from the app').fill(totpAt(secret.trim(), Date.now()))
    await dialog.getByRole('button', { name: 'Turn on' }).click()
    const shown = page.getByRole('dialog', { name: 'Recovery codes' })
    const codes = (await shown.locator('pre').innerText()).trim().split('\n')
    await lookAt(page, `${name}-codes`)
    return { secret: secret.trim(), codes }
  }

  async function giveCode(page: Page, code: string): Promise<void> {
    await page.getByLabel('Authentication code').fill(code)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  async function signIn(page: Page, username: string, password: string): Promise<void> {
    await page.getByLabel('User name').fill(username)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  it('is set up by a user, who signs in with it, with recovery codes, and turns it off', async () => {
    await addUser('ann')
    await world.signInUser('ann')
    const page = await world.openPage('web/client/profile')
    const { secret, codes } = await setUp(page, 'client')
    assert.equal(new Set(codes).size, 12)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ])
    assert.deepEqual((await readFile(await download.path(), 'utf8')).trim().split('\n'), codes)
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('The code is asked for over SSH, FTP, HTTP.').waitFor()
    await page.getByText('12 recovery codes are left.').waitFor()
    await lookAt(page, 'client-on')

    await world.context.clearCookies({ name: /user/i })
    await page.goto(new URL('web/client/login', world.url).href)
    await world.allow(401, () => signIn(page, 'ann', 'wrong'))
    await page
      .getByText(/wrong|not right/i)
      .first()
      .waitFor()
    assert.equal(await page.getByLabel('Authentication code').count(), 0, 'no step after a wrong password')
    await world.allow(401, () => signIn(page, 'ann', 'ann-password'))
    const field = page.getByRole('textbox', { name: 'Authentication code', exact: true })
    await field.waitFor()
    assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Enter the code.').waitFor()
    assert.equal(await field.getAttribute('aria-invalid'), 'true')
    await page.getByText(/or one of your recovery codes/).waitFor()
    await lookAt(page, 'client-sign-in')
    await world.allow(401, () => giveCode(page, 'not a code'))
    await page.getByText('The code is not right, or was used already.').waitFor()
    await giveCode(page, totpAt(secret, Date.now() + 30_000))
    await page.getByText('This folder is empty').waitFor()

    await page.goto(new URL('web/client/profile', world.url).href)
    await page.getByRole('button', { name: 'New recovery codes' }).click()
    const dialog = page.getByRole('dialog', { name: 'New recovery codes' })
    await dialog.getByLabel('Password', { exact: true }).fill('wrong')
    await world.allow(400, () => dialog.getByRole('button', { name: 'New recovery codes' }).click())
    await dialog.getByText('The password is not right.').waitFor()
    await dialog.getByLabel('Password', { exact: true }).fill('ann-password')
    await dialog.getByRole('button', { name: 'New recovery codes' }).click()
    const renewed = await page.getByRole('dialog').locator('pre').innerText()
    assert.ok(!renewed.includes(codes[0] ?? ''))
    await page.getByRole('button', { name: 'I have kept them' }).click()

    await page.getByRole('button', { name: 'Change where it is asked for' }).click()
    await page.getByLabel('FTP and FTPS').uncheck()
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('ann-password')
    await page.getByRole('dialog').getByRole('button', { name: 'Change where it is asked for' }).click()
    await page.getByText('The code is asked for over SSH, HTTP.').waitFor()

    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('ann-password')
    await lookAt(page, 'client-off')
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
    await page.getByRole('button', { name: 'Turn on' }).waitFor()
    await world.signInUser('ann')
    await page.close()
  })

  it('is set up by a local admin, asked for at the sign-in, and taken off users by an admin', async () => {
    await world.signInAdmin()
    const page = await world.openPage('web/admin/profile')
    const { codes } = await setUp(page, 'admin')
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('The code is asked for when you sign in.').waitFor()
    await lookAt(page, 'admin-on')
    await world.context.clearCookies({ name: /admin/i })
    await page.goto(new URL('web/admin/login', world.url).href)
    await world.allow(401, () => signIn(page, adminName, adminPassword))
    await page.getByLabel('Authentication code').waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await world.allow(401, () => signIn(page, adminName, adminPassword))
    await page.getByLabel('Authentication code').waitFor()
    await lookAt(page, 'admin-sign-in')
    await giveCode(page, codes[0] ?? '')
    await page.getByRole('navigation').first().waitFor()

    await addUser('bob')
    await world.signInUser('bob')
    const client = await world.openPage('web/client/profile')
    await client.getByRole('button', { name: 'Turn on' }).click()
    const secret = (await client.getByLabel('Secret', { exact: true }).innerText()).trim()
    await client.getByLabel('Code from the app').fill(totpAt(secret, Date.now()))
    await client.getByRole('dialog').getByRole('button', { name: 'Turn on' }).click()
    await client.getByRole('button', { name: 'I have kept them' }).click()
    await client.close()
    await page.goto(new URL('web/admin/users', world.url).href)
    await choose(page, 'bob', 'Turn off the second factor')
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off the second factor' }).click()
    await page.getByText('The second factor of bob is off.').waitFor()
    await world.signInUser('bob')
    await page.close()
  })
})
