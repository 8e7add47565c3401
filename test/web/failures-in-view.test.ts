import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { waitUntil } from '../support/wait-until.ts'
import { openAdminWorld, type AdminWorld } from './admin-world.ts'

/** Whether all of the failure can be seen: nothing covers its corners. */
const isSeen = `(() => {
  const alert = document.querySelector('dialog[open] .banner-failed, form .banner-failed')
  if (!alert) return false
  const { left, right, top, bottom } = alert.getBoundingClientRect()
  return [[left + 9, top + 9], [right - 9, bottom - 9]].every(([x, y]) => alert.contains(document.elementFromPoint(x, y)))
})()`

describe('a save that failed is seen where it was asked for', () => {
  let world: AdminWorld

  before(async () => {
    world = await openAdminWorld()
    await world.product.addUser('ann', { description: 'as it was' })
  })
  after(() => world[Symbol.asyncDispose]())

  async function assertSeen(page: Page, status: number, text: string, save: () => Promise<void>) {
    await world.web.allow(status, async () => {
      await save()
      await page.getByRole('alert').getByText(text).waitFor()
    })
    await waitUntil('a failure that is in view', () => page.evaluate<boolean>(isSeen))
  }

  const click = (page: Page, name: string) => () =>
    page.getByRole('button', { name, exact: true }).first().click()

  /** The database is away, as far as a save is told. */
  const refuseSaves = (page: Page) =>
    page.route('**/api/v2/**', (route) =>
      route.request().method() === 'GET'
        ? route.continue()
        : route.fulfill({ status: 503, json: { message: 'no', error: 'unavailable' } }),
    )

  for (const [look, viewport] of [
    ['on a screen', { width: 1280, height: 800 }],
    ['on a phone', { width: 390, height: 600 }],
  ] as const)
    describe(look, () => {
      it('in the editor of a user whom somebody else changed', async () => {
        await using page = await world.openAdmin('user#ann')
        await page.setViewportSize(viewport)
        await page.getByLabel('Description').fill(`changed ${look}`)
        const { status } = await world.product.api('PUT', '/users/ann', {
          ...(await world.userOf('ann')),
          description: `meanwhile ${look}`,
        })
        assert.equal(status, 200)
        await assertSeen(page, 409, 'changed by somebody else', click(page, 'Save'))
        await assertSeen(page, 409, 'changed by somebody else', async () => {
          await page.getByLabel('Description').scrollIntoViewIfNeeded()
          await click(page, 'Save')()
        })
      })

      it('in the editor of a new user', async () => {
        await using page = await world.openAdmin('user')
        await page.setViewportSize(viewport)
        await refuseSaves(page)
        await page.getByLabel('User name').fill('new')
        await assertSeen(page, 503, 'cannot do this right now', click(page, 'Create the user'))
      })

      it('in the settings', async () => {
        await using page = await world.openAdmin('configs')
        await page.setViewportSize(viewport)
        await refuseSaves(page)
        await page.getByLabel('SSH banner').fill('hello')
        await page.evaluate('document.scrollingElement.scrollTo(0, 100000)')
        await assertSeen(page, 503, 'cannot do this right now', click(page, 'Save'))
      })

      it('in the dialog of an admin', async () => {
        await using page = await world.openAdmin('managers')
        await page.setViewportSize(viewport)
        await refuseSaves(page)
        await click(page, 'Add an admin')()
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('User name').fill('other')
        await dialog.getByRole('checkbox').first().check()
        await assertSeen(page, 503, 'cannot do this right now', () =>
          dialog.locator('button[type=submit]').click(),
        )
      })
    })
})
