import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openAdminWorld, type AdminWorld } from './admin-world.ts'

describe('a search', () => {
  let admin: AdminWorld
  before(async () => {
    admin = await openAdminWorld()
    for (const name of ['one-a', 'one-b', 'two']) await admin.product.addUser(name)
    await admin.addFolder('shared', 'site/in')
  })
  after(() => admin[Symbol.asyncDispose]())

  /** What a screen reader is told. */
  const told = (page: Page, text: string) =>
    page.getByRole('status').getByText(text, { exact: true }).waitFor({ state: 'attached' })

  it('tells how many users match', async () => {
    await using page = await admin.openAdmin('users')
    await page.getByRole('searchbox').fill('one-')
    await told(page, '2 matches')
    await page.getByRole('searchbox').fill('one-a')
    await told(page, 'One match')
    await page.getByRole('searchbox').fill('nobody')
    await told(page, '0 matches')
  })

  it('tells how many folders match', async () => {
    await using page = await admin.openAdmin('folders')
    await page.getByRole('searchbox').fill('shar')
    await told(page, 'One match')
  })

  it('tells how many entries of the activity match', async () => {
    await using page = await admin.openAdmin('events')
    await page.getByLabel('User (whole name)', { exact: true }).fill('nobody')
    await page.keyboard.press('Enter')
    await told(page, '0 matches')
  })

  it('tells how many sessions match', async () => {
    for (const username of [...Array<string>(7).fill('two'), 'one-a']) await admin.startSession(username)
    await using page = await admin.openAdmin('connections')
    const search = page.getByRole('searchbox')
    await search.fill('two')
    await told(page, '7 matches')
    await search.fill('one-a')
    await told(page, 'One match')
    await search.fill('nobody')
    await told(page, '0 matches')
    await search.fill('')
    await page.getByRole('status').getByText('match').waitFor({ state: 'detached' })
  })
})
