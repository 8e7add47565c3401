import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { totpAt } from '../../src/core/auth/totp.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { waitUntil } from '../support/wait-until.ts'
import { choose, openAdminWorld, type AdminWorld } from './admin-world.ts'

/** What has the focus: its name, else its text. */
const focused = `(() => {
  const { activeElement: element } = document
  return element === document.body ? 'nothing' : (element.ariaLabel || element.name || element.textContent)
})()`

async function assertFocused(page: Page, expected: string): Promise<void> {
  let seen = ''
  try {
    await waitUntil(expected, async () => (seen = await page.evaluate<string>(focused)) === expected, 4000)
  } catch {
    assert.equal(seen, expected)
  }
}

const dialog = (page: Page) => page.locator('dialog[open]')

describe('the focus', () => {
  let admin: AdminWorld
  before(async () => {
    admin = await openAdminWorld()
  })
  after(() => admin[Symbol.asyncDispose]())

  async function openClient(username: string, path: string): Promise<Page & AsyncDisposable> {
    await admin.product.addUser(username)
    await mkdir(admin.product.homeOf(username), { recursive: true })
    await writeFile(`${admin.product.homeOf(username)}/note.txt`, 'a note\n')
    await admin.web.signInUser(username)
    const page = await admin.web.openPage(`web/client/${path}`)
    await page.waitForSelector('h1')
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
  }

  it('goes to the code of a second factor, and stays in the card that turned it on', async () => {
    await using page = await openClient('ann', 'profile')
    await page.getByRole('button', { name: 'Turn on' }).click()
    const secret = (await dialog(page).getByLabel('Secret', { exact: true }).innerText()).trim()
    await dialog(page).getByLabel('Code from the app').fill(totpAt(secret, Date.now()))
    await dialog(page).getByRole('button', { name: 'Turn on' }).click()
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await assertFocused(page, 'Second factor')

    await admin.web.context.clearCookies({ name: /user/i })
    await page.goto(new URL('web/client/login', admin.web.url).href)
    await page.getByLabel('User name').fill('ann')
    await page.getByLabel('Password', { exact: true }).fill('ann-password')
    await admin.web.allow(401, () => page.keyboard.press('Enter'))
    await assertFocused(page, 'otp')
    await page.getByRole('button', { name: 'Back' }).click()
    await assertFocused(page, 'username')
  })

  it('goes to the next row when a row is deleted, else to the one before, else to the heading', async () => {
    for (const name of ['del-1', 'del-2', 'del-3']) await admin.product.addUser(name)
    await using page = await admin.openAdmin('users')
    await page.getByLabel('Search').fill('del-')
    await page.getByText('del-3').waitFor()
    const remove = async (name: string) => {
      await choose(page, name, 'Delete')
      await dialog(page).getByRole('button', { name: 'Delete' }).click()
      await page.getByText(`${name} was deleted`).waitFor()
    }
    await remove('del-2')
    await assertFocused(page, 'Actions for del-3')
    await remove('del-3')
    await assertFocused(page, 'Actions for del-1')
    await remove('del-1')
    await assertFocused(page, 'Users')
  })

  it('goes back to the button when a text is copied by selecting it', async () => {
    await using page = await admin.openAdmin('user')
    await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))`)
    await page.getByRole('button', { name: /^Copy/ }).first().click()
    await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' })
    assert.match(await page.evaluate<string>(focused), /^Copy/)
  })

  it('goes to the text, which is selected, when it cannot be copied', async () => {
    await using page = await admin.openAdmin('user')
    await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))`)
    await page.evaluate(`document.execCommand = () => false`)
    await page.getByRole('button', { name: /^Copy/ }).first().click()
    const shown = page.getByRole('dialog', { name: 'It could not be copied' })
    await shown.waitFor()
    const password = await page.locator('input[name=password]').inputValue()
    const selected = `document.activeElement.value.slice(
      document.activeElement.selectionStart, document.activeElement.selectionEnd)`
    assert.equal(await page.evaluate<string>(selected), password)
    await assertAccessible(page, 'what could not be copied')
    await page.keyboard.press('Escape')
    await shown.waitFor({ state: 'detached' })
    assert.match(await page.evaluate<string>(focused), /^Copy/)
  })

  it('goes to the title of a dialog that shows something else', async () => {
    await using page = await admin.openAdmin('profile')
    await page.getByRole('button', { name: 'New key' }).click()
    await dialog(page).getByLabel('Name').fill('script')
    await page.keyboard.press('Tab')
    await dialog(page).getByRole('button', { name: 'Make' }).click()
    await dialog(page).getByText('shown').first().waitFor()
    await assertFocused(page, 'Your new key')
  })

  it('goes to the next row when a session is ended', async () => {
    for (const name of ['kim', 'leo']) {
      await admin.product.addUser(name)
      await admin.startSession(name)
    }
    await using page = await admin.openAdmin('connections')
    await page.getByRole('button', { name: 'Disconnect leo (HTTP)' }).click()
    await dialog(page).getByRole('button', { name: 'Disconnect', exact: true }).click()
    await page.getByText('leo was disconnected.').waitFor()
    await page.getByRole('button', { name: 'Disconnect leo (HTTP)' }).waitFor({ state: 'detached' })
    await assertFocused(page, 'Disconnect kim (HTTP)')
  })

  it('goes to the next row when a backup is deleted, and to the heading after the last one', async () => {
    for (let made = 0; made < 2; made++)
      assert.equal((await admin.product.api('POST', '/backups', {})).status, 201)
    await using page = await admin.openAdmin('maintenance')
    const removals = page.getByRole('button', { name: /^Delete / })
    await removals.nth(1).waitFor()
    const buttons = await removals.all()
    const labels = await Promise.all(buttons.map((button) => button.getAttribute('aria-label')))
    for (const [at, label] of labels.entries()) {
      assert.ok(label)
      await page.getByRole('button', { name: label, exact: true }).click()
      await dialog(page).getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('button', { name: label, exact: true }).waitFor({ state: 'detached' })
      await assertFocused(page, labels[at + 1] ?? 'Backups on the server')
    }
  })

  it('goes to the plan of a restore', async () => {
    assert.equal((await admin.product.api('POST', '/backups', {})).status, 201)
    await using page = await admin.openAdmin('maintenance')
    await page
      .getByRole('button', { name: /^Restore / })
      .first()
      .click()
    await dialog(page).getByRole('button', { name: 'Show' }).click()
    await assertFocused(page, 'What the restore would change')
  })

  it('goes into the drawer of a phone, and back with Escape', async () => {
    await using page = await admin.openAdmin('users')
    await page.setViewportSize({ width: 390, height: 844 })
    const button = page.getByRole('button', { name: 'Menu', exact: true })
    assert.equal(await button.getAttribute('aria-expanded'), 'false')
    await button.click()
    await assertFocused(page, 'Users')
    assert.equal(await button.getAttribute('aria-expanded'), 'true')
    await assertAccessible(page, 'the drawer')
    await page.keyboard.press('Escape')
    await page.getByRole('navigation').waitFor({ state: 'hidden' })
    await assertFocused(page, 'Menu')
  })

  it('goes into the text that is edited', async () => {
    await using page = await openClient('eve', 'files')
    await page.getByText('note.txt').first().dblclick()
    await page.getByRole('button', { name: 'Edit' }).click()
    await assertFocused(page, 'Text of the file')
  })
})
