import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

async function choose(page: Page, menu: string, language: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click()
  await page.getByRole('menuitemradio', { name: language }).click()
}

async function openWorld(language: string): Promise<WebWorld> {
  const world = await openWebWorld({ language })
  await world.product.addUser('ann', { expiration_date: new Date('2033-03-04T12:00').getTime() })
  await mkdir(world.product.homeOf('ann'), { recursive: true })
  await world.signInAdmin()
  return world
}

describe('dates', () => {
  for (const [browser, english, spanish] of [
    ['en-GB', '4 Mar 2033', '4 mar 2033'],
    ['en-US', 'Mar 4, 2033', '4 mar 2033'],
    ['es-MX', 'Mar 4, 2033', '4 mar 2033'],
  ] as const)
    it(`are those of a browser in ${browser} where the page is in its language, else those of the page`, async () => {
      await using world = await openWorld(browser)
      const page = await world.openPage('web/admin/users')
      await choose(page, browser === 'es-MX' ? 'Idioma' : 'Language', 'Español')
      await page.getByRole('row', { name: spanish }).waitFor()
      await choose(page, 'Idioma', 'English')
      await page.getByRole('row', { name: english }).waitFor()
    })
})

describe('the choice of a language', () => {
  const isFocused = (page: Page, label: string) =>
    waitUntil(`the focus on ${label}`, async () => {
      // Later than whatever else takes the focus when a page begins.
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))')
      const name = await page.evaluate<string>(
        `document.activeElement.ariaLabel ?? document.activeElement.labels?.[0]?.textContent`,
      )
      return name === label
    })

  it('keeps the focus on its menu, on a page and before the sign-in', async () => {
    await using world = await openWorld('en-US')
    const page = await world.openPage('web/admin/users')
    await choose(page, 'Language', 'Español')
    await page.getByRole('heading', { name: 'Usuarios' }).waitFor()
    await isFocused(page, 'Idioma')
    await page.goto(new URL('web/client/login', world.url).href)
    await page.getByLabel('Usuario').waitFor()
    await choose(page, 'Idioma', 'English')
    await page.getByLabel('User name').waitFor()
    await isFocused(page, 'Language')
    // The next time the page begins as ever.
    await page.reload()
    await isFocused(page, 'User name')
  })

  it('that was taken back takes the focus from no later page', async () => {
    await using world = await openWorld('en-US')
    const page = await world.openPage('web/admin/user')
    await page.getByLabel('User name').fill('typed')
    const asked = page.waitForEvent('dialog')
    const chosen = choose(page, 'Language', 'Español')
    await (await asked).dismiss()
    await chosen
    await delay(3_500)
    page.on('dialog', (dialog) => void dialog.accept())
    await page.goto(new URL('web/client/login', world.url).href)
    await isFocused(page, 'Usuario')
  })

  it('keeps the focus on its field in the profile', async () => {
    await using world = await openWorld('en-US')
    await world.signInUser('ann')
    const page = await world.openPage('web/client/profile')
    await page.getByRole('combobox', { name: 'Language' }).selectOption('Español')
    await page.getByRole('heading', { name: 'Idioma y colores' }).waitFor()
    await isFocused(page, 'Idioma')
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'SELECT')
  })
})
