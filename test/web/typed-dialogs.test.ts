import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { looks } from '../support/browser/take-screenshots.ts'
import { openAdminWorld, type AdminWorld } from './admin-world.ts'

const question = (page: Page) => page.getByRole('dialog', { name: 'Close without saving?' })
const answer = (page: Page, name: string) => question(page).getByRole('button', { name, exact: true }).click()

/** Holds the answer to a change back until `goOn`. */
async function holdRequest(page: Page, path: string) {
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  await page.route(`**/${path}`, async (route) => {
    if (route.request().method() === 'POST') {
      begun.resolve()
      await released.promise
    }
    await route.continue()
  })
  return {
    begun: begun.promise,
    goOn: released.resolve,
    [Symbol.asyncDispose]: async () => released.resolve(),
  }
}

interface Sample {
  readonly path: string
  /** The button that opens it, and what is chosen behind it. */
  readonly opener: string
  readonly item?: string
  readonly title: string
  readonly label: string
}

const samples: readonly Sample[] = [
  { path: 'maintenance', opener: 'Make a backup', title: 'Make a backup', label: 'Passphrase' },
  { path: 'maintenance', opener: 'Restore ', title: 'Restore a backup', label: 'Passphrase' },
  { path: 'profile', opener: 'New key', title: 'New key', label: 'Name' },
  { path: 'profile', opener: 'Turn on', title: 'Set up the second factor', label: 'Code from the app' },
  { path: 'managers', opener: 'Add an admin', title: 'Add an admin', label: 'User name' },
  { path: 'folders', opener: 'Actions for shared', item: 'Edit', title: 'shared', label: 'Description' },
]

describe('a dialog', () => {
  let admin: AdminWorld
  before(async () => {
    admin = await openAdminWorld()
    await admin.addFolder('shared', 'site/in')
    assert.equal((await admin.product.api('POST', '/backups', { passphrase: 'some words' })).status, 201)
    await admin.product.addUser('ann')
    await mkdir(admin.product.homeOf('ann'), { recursive: true })
  })
  after(() => admin[Symbol.asyncDispose]())

  async function openFiles(): Promise<Page & AsyncDisposable> {
    await admin.web.signInUser('ann')
    const page = await admin.web.openPage('web/client/profile')
    await page.getByRole('link', { name: 'Files', exact: true }).click()
    await page.getByRole('button', { name: 'New folder' }).click()
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
  }

  for (const { path, opener, item, title, label } of samples)
    it(`named "${title}" asks before what was typed in it is lost`, async () => {
      await using page = await admin.openAdmin(path)
      const dialog = page.getByRole('dialog', { name: title, exact: true })
      const open = async () => {
        await page.getByRole('button', { name: new RegExp(`^${opener}`) }).click()
        if (item !== undefined) await page.getByRole('menuitem', { name: item }).click()
      }
      await open()
      await dialog.getByLabel(label, { exact: true }).waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })

      await open()
      await dialog.getByLabel(label, { exact: true }).fill('typed')
      await page.keyboard.press('Escape')
      await answer(page, 'Cancel')
      assert.equal(await dialog.getByLabel(label, { exact: true }).inputValue(), 'typed')
      await dialog.getByRole('button', { name: 'Close', exact: true }).click()
      await answer(page, 'Discard')
      await dialog.waitFor({ state: 'detached' })
      assert.equal(await question(page).count(), 0)
    })

  it('with something typed in it stays when Escape is pressed again and again, and when it is clicked beside', async () => {
    await using page = await openFiles()
    const name = page.getByRole('dialog').getByLabel('Name')
    await name.fill('typed')
    for (let turn = 0; turn < 5; turn++) await page.keyboard.press('Escape')
    await question(page).waitFor()
    for (const { look, colorScheme, viewport } of looks) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      await assertAccessible(page, `the question in ${look}`)
      await admin.web.screenshot(`typed-dialog-${look}`, page)
    }
    await answer(page, 'Cancel')
    await page.mouse.click(5, 5)
    assert.equal(await name.inputValue(), 'typed')
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('row', { name: 'typed' }).waitFor()
    // What is done holds nobody.
    await page.goBack()
    await page.getByRole('heading', { name: 'Your profile' }).waitFor()
  })

  it('with something typed in it is asked about before Back leaves the page', async () => {
    await using page = await openFiles()
    const { href } = new URL(page.url())
    await page.getByRole('dialog').getByLabel('Name').fill('other')
    await page.goBack()
    await answer(page, 'Cancel')
    assert.equal(await page.getByRole('dialog').getByLabel('Name').inputValue(), 'other')
    assert.equal(page.url(), href)
    await page.goBack()
    await answer(page, 'Discard')
    await page.getByRole('heading', { name: 'Your profile' }).waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
  })

  it('that makes a key is not left until the key was seen', async () => {
    await using page = await admin.openAdmin('profile')
    await using sending = await holdRequest(page, 'api/v2/admin/tokens')
    await page.getByRole('button', { name: 'New key' }).click()
    const dialog = page.getByRole('dialog', { name: 'New key', exact: true })
    await dialog.getByLabel('Name', { exact: true }).fill('typed')
    await dialog.getByRole('button', { name: 'Make the key' }).click()
    await sending.begun
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press('Escape')
    assert.ok(await dialog.getByRole('button', { name: 'Cancel' }).isDisabled())
    assert.equal(await dialog.getByRole('button', { name: 'Close' }).count(), 0)
    assert.equal(await question(page).count(), 0)
    sending.goOn()
    const made = page.getByRole('dialog', { name: 'Your new key' })
    await made.waitFor()
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press('Escape')
    await made.getByRole('button', { name: 'I have copied it' }).click()
    await made.waitFor({ state: 'detached' })
    assert.equal(await page.locator(':focus').innerText(), 'New key')
  })

  it('leaves the page behind it to be asked about', async () => {
    await using page = await admin.openAdmin('users')
    await page.getByRole('link', { name: 'Backups' }).click()
    await page.getByLabel('Backups to keep').fill('9')
    await page.getByRole('button', { name: 'Make a backup' }).click()
    await page.getByRole('dialog').getByLabel('Passphrase', { exact: true }).fill('typed')
    await page.keyboard.press('Escape')
    await answer(page, 'Discard')
    await page.goBack()
    await page.getByRole('dialog', { name: 'Leave this page?' }).waitFor()
  })

  it('that restores a backup is neither left nor asked about while it does', async () => {
    await using page = await admin.openAdmin('users')
    await page.getByRole('link', { name: 'Backups' }).click()
    await using sending = await holdRequest(page, 'api/v2/backups/restore')
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: /^Restore / }).click()
    await dialog.getByLabel('Passphrase', { exact: true }).fill('some words')
    await dialog.getByLabel('Also remove what the backup does not hold').check()
    await dialog.getByRole('button', { name: 'Show what would change' }).click()
    await dialog.getByRole('button', { name: 'Restore now' }).click()
    await sending.begun
    const { href } = new URL(page.url())
    await page.goBack()
    await page.waitForURL(href)
    // As long as a question would take to be drawn.
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))')
    assert.equal(await question(page).count(), 0)
    sending.goOn()
    await dialog.getByText('The backup was restored.').waitFor()
    assert.equal(await question(page).count(), 0)
    await page.goBack()
    await page.getByRole('heading', { name: 'Users' }).waitFor()
  })
})
