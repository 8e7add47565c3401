import { mkdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'

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
