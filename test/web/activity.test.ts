import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

const folderCount = 110

let world: WebWorld

before(async () => {
  world = await openWebWorld()
  await world.product.addUser('bob')
  await world.product.addUser('ann')
  const folders = Array.from({ length: folderCount }, (_, index) => ['--quote', `MKD folder-${index}`])
  await ftp('bob', '/report.txt', ...folders.flat(), '--upload-file', '-')
  await ftp('ann', '/%3Cimg%20src=x%3E.txt', '--upload-file', '-')
  await ftp('ann', '/missing.txt')
  await waitUntil('the log', async () =>
    JSON.stringify((await world.product.api('POST', '/events/search', {})).body).includes('"ann"'),
  )
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function ftp(user: string, path: string, ...args: readonly string[]): Promise<void> {
  const address = `ftp://127.0.0.1:${world.product.ftpPort}${path}`
  await runProgram('curl', ['--silent', '--user', `${user}:${user}-password`, ...args, address], {
    input: 'twelve bytes',
  })
}

async function openActivity(detail = ''): Promise<Page & AsyncDisposable> {
  const page = await world.openPage(`web/admin/events${detail}`)
  await page.waitForSelector('table')
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

const rows = (page: Page) => page.locator('tbody tr')

/** Waits until every row that is shown holds a text. */
async function waitForRows(page: Page, count: number, text: string | RegExp): Promise<void> {
  await waitUntil(`${count} rows with ${text}`, async () => {
    const all = await rows(page).count()
    return all === count && (await rows(page).filter({ hasText: text }).count()) === count
  })
}

describe('activity', () => {
  it('is loaded again by a button when its code could not be loaded', async () => {
    const page = await world.openPage('web/admin/users')
    await page.route(/assets\/activity-.*\.js$/, (route) => route.fulfill({ status: 404, body: '' }))
    await world.allow(404, async () => {
      await page.getByRole('link', { name: 'Activity' }).click()
      await page.getByText('could not be loaded').waitFor()
    })
    await page.unroute(/assets\/activity-.*\.js$/)
    await page.getByRole('button', { name: 'Try again' }).click()
    await rows(page).first().waitFor()
    await page.close()
  })

  it('tells who did what, the newest first', async () => {
    await using page = await openActivity()
    const uploaded = rows(page).filter({ hasText: 'Uploaded' }).first()
    const text = await uploaded.innerText()
    for (const part of ['ann', 'FTP', '<img src=x>.txt', '12 B', '127.0.0.1'])
      assert.ok(text.includes(part), `${part} in ${text}`)
    await rows(page).filter({ hasText: 'with a password' }).first().waitFor()
  })

  it('loads older entries when asked', async () => {
    await using page = await openActivity()
    assert.equal(await rows(page).count(), 100)
    await page.getByRole('button', { name: 'Load older entries' }).click()
    await rows(page).filter({ hasText: 'folder-0' }).first().waitFor()
    await waitUntil('all entries', async () => (await rows(page).count()) > folderCount)
    await page.getByRole('button', { name: 'Load older entries' }).waitFor({ state: 'detached' })
  })

  it('narrows by user, path and kind, and keeps that behind # in the address', async () => {
    await using page = await openActivity()
    await page.getByLabel('User').fill('bob')
    await page.getByLabel('Path').fill('FOLDER-10')
    await waitForRows(page, 11, /bob[^]*folder-10/)
    await page.getByRole('button', { name: 'All actions' }).click()
    await page.getByLabel('Deleted a file').check()
    await page.keyboard.press('Escape')
    await page.getByText('Nothing matches the filter').waitFor()
    await page.getByRole('button', { name: 'One action' }).click()
    await page.getByLabel('Made a folder').check()
    await page.getByLabel('Deleted a file').uncheck()
    await page.keyboard.press('Escape')
    await waitForRows(page, 11, 'Made a folder')
    const address = new URL(page.url())
    assert.equal(address.search, '')
    assert.match(decodeURIComponent(address.hash), /user=bob.*actions=mkdir/)
    await page.reload()
    await waitForRows(page, 11, 'Made a folder')
    assert.equal(await page.getByLabel('User').inputValue(), 'bob')
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await waitUntil('everything', async () => (await rows(page).count()) === 100)
    assert.equal(await page.getByLabel('User').inputValue(), '')
  })

  it('says that a user is found by the whole name', async () => {
    await using page = await openActivity()
    const field = page.getByLabel('User (whole name)', { exact: true })
    await field.fill('bo')
    await page.getByText('Nothing matches the filter').waitFor()
    await field.fill('bob')
    await waitForRows(page, 100, 'bob')
  })

  it('narrows by protocol and time', async () => {
    await using page = await openActivity()
    await page.getByLabel('Protocol').selectOption('SFTP')
    await page.getByText('Nothing matches the filter').waitFor()
    // The protocol is chosen before what is typed counts.
    await page.getByLabel('User').fill('bob')
    await page.getByLabel('Protocol').selectOption('FTP')
    await page.waitForSelector('table')
    // Later than the page's own timer.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 500))')
    assert.match(
      decodeURIComponent(new URL(page.url()).hash),
      /user=bob.*protocol=FTP|protocol=FTP.*user=bob/,
    )
    await page.getByLabel('From').fill('2099-01-01T00:00')
    await page.getByText('Nothing matches the filter').waitFor()
    await page.getByLabel('From').fill('2020-01-01T00:00')
    await page.waitForSelector('table')
  })

  it('tells a refused filter and goes on', async () => {
    await using page = await openActivity()
    await page.getByLabel('Until').fill('2020-01-01T00:00')
    await page.getByText('Nothing matches the filter').waitFor()
    await world.allow(400, async () => {
      await page.getByLabel('From').fill('2021-01-01T00:00')
      await page.getByText('The end must be later than the beginning.').waitFor()
    })
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.waitForSelector('table')
  })

  it('shows what happened meanwhile', async () => {
    await using page = await openActivity()
    await world.product.addUser('late')
    await waitUntil('the new user', async () => {
      await page.getByRole('button', { name: 'Refresh' }).click()
      return (await rows(page).first().innerText()).includes('user late')
    })
  })

  it('exports what matches as CSV and JSON', async () => {
    await using page = await openActivity('#user%3Dbob%26actions%3Dupload')
    await waitForRows(page, 1, '/report.txt')
    for (const [item, check] of [
      ['As CSV', (text: string) => assert.equal(text.trim().split('\r\n').length, 2)],
      ['As JSON', (text: string) => assert.equal((JSON.parse(text) as unknown[]).length, 1)],
    ] as const) {
      await page.getByRole('button', { name: 'Export' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: item }).click(),
      ])
      assert.match(download.suggestedFilename(), /^activity-\d{8}T\d{6}\.(csv|json)$/)
      const text = await readFile(await download.path(), 'utf8')
      assert.match(text, /report\.txt/)
      check(text)
    }
  })

  it('can be used by everybody, in every look', async () => {
    const prepare = async (page: Page) => {
      await assertAccessible(page, 'activity')
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    const menu = async (page: Page) => {
      // The address is the one before: without this the page would stay as it is.
      await page.reload()
      await page.getByRole('button', { name: 'All actions' }).click()
      await assertAccessible(page, 'kinds of actions')
    }
    const path = 'web/admin/events#user%3Dann'
    await takeScreenshots(world, [
      { name: 'admin-activity', path, ready: 'table', prepare },
      { name: 'admin-activity-kinds', path, ready: 'table', prepare: menu },
    ])
  })
})
