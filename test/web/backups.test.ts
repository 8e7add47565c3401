import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { BackupFileResource } from '../../src/contract/backup.ts'
import type { SettingsState } from '../../src/contract/setting.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'

const passphrase = 'correct horse'

let world: WebWorld

before(async () => {
  world = await openWebWorld()
  await world.product.addUser('bob')
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function openBackups(): Promise<Page & AsyncDisposable> {
  const page = await world.openPage('web/admin/maintenance')
  await page.getByRole('heading', { name: 'Scheduled backups' }).waitFor()
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

async function backups(): Promise<readonly BackupFileResource[]> {
  return (await world.product.api('GET', '/backups')).body as BackupFileResource[]
}

const dialog = (page: Page) => page.locator('dialog[open]')

async function makeBackup(page: Page, secret: string): Promise<string> {
  const before = (await backups()).map(({ name }) => name)
  await page.getByRole('button', { name: 'Make a backup' }).click()
  await dialog(page).getByLabel('Passphrase', { exact: true }).fill(secret)
  await dialog(page).getByLabel('The same again').fill(secret)
  await dialog(page)
    .getByRole('button', { name: /^Make (it without|an encrypted)/ })
    .click()
  await dialog(page).waitFor({ state: 'detached' })
  const made = (await backups()).find(({ name }) => !before.includes(name))
  assert.ok(made)
  await page.getByRole('row', { name: made.name }).waitFor()
  return made.name
}

describe('backups', () => {
  it('warns of a backup without a passphrase, and of two that differ', async () => {
    await using page = await openBackups()
    await page.getByRole('button', { name: 'Make a backup' }).click()
    await dialog(page).getByText('holds the password hashes').waitFor()
    await dialog(page).getByLabel('Passphrase', { exact: true }).fill('one')
    await dialog(page).getByLabel('The same again').fill('other')
    await dialog(page).getByRole('button', { name: 'Make an encrypted backup' }).click()
    await dialog(page).getByText('The two are not the same.').waitFor()
    await page.keyboard.press('Escape')
    assert.deepEqual(await backups(), [])
  })

  it('makes a backup, downloads it and deletes it when asked twice', async () => {
    await using page = await openBackups()
    const name = await makeBackup(page, '')
    await page.getByRole('row', { name }).getByText('Not encrypted').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Download ${name}` }).click(),
    ])
    assert.equal(download.suggestedFilename(), name)
    assert.match(await readFile(await download.path(), 'utf8'), /"bob"/)
    await page.getByRole('button', { name: `Delete ${name}` }).click()
    await dialog(page).getByText('Users and their files stay as they are').waitFor()
    await dialog(page).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No backups yet').waitFor()
    assert.deepEqual(await backups(), [])
  })

  it('shows what a restore would change before it changes anything', async () => {
    await using page = await openBackups()
    const name = await makeBackup(page, passphrase)
    await world.product.addUser('later')
    assert.equal((await world.product.api('DELETE', '/users/bob')).status, 200)
    await page.getByRole('button', { name: `Restore ${name}` }).click()
    await dialog(page).getByRole('button', { name: 'Show what would change' }).click()
    await dialog(page).getByText('Enter the passphrase of this backup.').waitFor()
    await dialog(page).getByLabel('Passphrase').fill('wrong')
    await world.allow(400, async () => {
      await dialog(page).getByRole('button', { name: 'Show what would change' }).click()
      await dialog(page).locator('.field-error').waitFor()
    })
    await dialog(page).getByLabel('Passphrase').fill(passphrase)
    await dialog(page).getByLabel('Also remove what the backup does not hold').check()
    await dialog(page).getByRole('button', { name: 'Show what would change' }).click()
    await dialog(page).getByRole('row', { name: 'bob' }).getByText('Added').waitFor()
    await dialog(page).getByRole('row', { name: 'later' }).getByText('Removed').waitFor()
    assert.equal((await world.product.api('GET', '/users/bob')).status, 404)
    await dialog(page).getByRole('button', { name: 'Restore now' }).click()
    await dialog(page).getByText('The backup was restored.').waitFor()
    await assertAccessible(page, 'result of a restore')
    assert.equal((await world.product.api('GET', '/users/bob')).status, 200)
    assert.equal((await world.product.api('GET', '/users/later')).status, 404)
  })

  it('sets the schedule and its encryption, and ends that again', async () => {
    await using page = await openBackups()
    await page.getByLabel('Every').fill('9999')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Enter a whole number from 0 to 8,760.').waitFor()
    await page.getByLabel('Every').fill('24')
    await page.getByLabel('Backups to keep').fill('3')
    await page.getByLabel('Passphrase', { exact: true }).fill(passphrase)
    await page.getByLabel('The same again').fill(passphrase)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Scheduled backups are encrypted with the passphrase').waitFor()
    const read = async () => (await world.product.api('GET', '/settings')).body as SettingsState
    const { current, has_backup_passphrase: isEncrypted } = await read()
    assert.deepEqual([current.backup_interval_hours, current.backup_keep, isEncrypted], [24, 3, true])
    await page.getByLabel('No longer encrypt scheduled backups').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Set a passphrase to encrypt them').waitFor()
    assert.equal((await read()).has_backup_passphrase, false)
  })

  it('can be used by everybody, in every look', async () => {
    const fits = async (page: Page) => {
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    const list = async (page: Page) => {
      await assertAccessible(page, 'backups')
      await fits(page)
    }
    const make = async (page: Page) => {
      await page.getByRole('button', { name: 'Make a backup' }).click()
      await assertAccessible(page, 'a new backup')
    }
    const plan = async (page: Page) => {
      await page
        .getByRole('button', { name: /^Restore / })
        .first()
        .click()
      await dialog(page).getByLabel('Passphrase').fill(passphrase)
      await dialog(page).getByRole('button', { name: 'Show what would change' }).click()
      await dialog(page).getByText('Nothing has changed yet').waitFor()
      await assertAccessible(page, 'the plan of a restore')
    }
    assert.equal((await world.product.api('DELETE', '/users/bob')).status, 200)
    const path = 'web/admin/maintenance'
    await takeScreenshots(world, [
      { name: 'admin-backups', path, ready: 'table', prepare: list },
      { name: 'admin-backups-make', path, ready: 'table', prepare: make },
      { name: 'admin-backups-plan', path, ready: 'table', prepare: plan },
    ])
  })
})
