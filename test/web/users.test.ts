import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { waitUntil } from '../support/wait-until.ts'
import { choose, openAdminWorld, type AdminWorld } from './admin-world.ts'

let world: AdminWorld

before(async () => {
  world = await openAdminWorld()
})
after(() => world[Symbol.asyncDispose]())

describe('list of users', () => {
  it('shows fifty at a time and finds others on the server', async () => {
    for (let number = 0; number < 52; number++)
      await world.product.addUser(`list-${String(number).padStart(2, '0')}`, {
        password: '',
        ...(number === 51 ? { description: 'the greenhouse' } : {}),
      })
    await using page = await world.openAdmin('users')
    await page.getByText('1 to 50').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 50)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('51 to').waitFor()
    await page.getByPlaceholder('Search names').fill('GREENHOUSE')
    await page.getByRole('link', { name: 'list-51' }).waitFor()
    await waitUntil('one match', async () => (await page.locator('tbody tr').count()) === 1)
    await page.getByPlaceholder('Search names').fill('no..such%')
    await page.getByText('No user matches').waitFor()
  })

  it('tells status, place, used space, last sign-in and expiry of each', async () => {
    await world.product.addUser('told', {
      home_dir: join(world.product.storagesDirectory, 'site/in'),
      quota_size: 1024 ** 3,
      expiration_date: Date.UTC(2031, 4, 5, 12),
    })
    await world.product.addUser('late', { expiration_date: 1000 })
    await using page = await world.openAdmin('users')
    await page.getByPlaceholder('Search names').fill('told')
    const row = page.getByRole('row', { name: /^told / })
    await row.waitFor()
    const text = await row.innerText()
    for (const expected of ['Active', 'Site A (site) › in', '0 B of 1 GiB', 'Never', 'May 5, 2031'])
      assert.ok(text.includes(expected), `${expected} in ${text}`)
    await page.getByPlaceholder('Search names').fill('late')
    await page.getByRole('row', { name: /late Expired/ }).waitFor()
  })

  it('disables and enables a user, and changes nothing else', async () => {
    await world.product.addUser('toggled', { additional_info: 'kept', public_keys: [], quota_files: 7 })
    await using page = await world.openAdmin('users')
    await page.getByPlaceholder('Search names').fill('toggled')
    await choose(page, 'toggled', 'Disable')
    await page.getByText('toggled can no longer sign in').waitFor()
    const off = await world.userOf('toggled')
    assert.deepEqual(
      [off.status, off.additional_info, off.quota_files, off.has_password],
      [0, 'kept', 7, true],
    )
    await choose(page, 'toggled', 'Enable')
    await page.getByText('toggled can sign in again').waitFor()
    assert.equal((await world.userOf('toggled')).status, 1)
  })

  it('counts used space anew and shows it', async () => {
    await world.product.addUser('counted')
    const home = world.product.homeOf('counted')
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'there.bin'), Buffer.alloc(2048))
    await using page = await world.openAdmin('users')
    await page.getByPlaceholder('Search names').fill('counted')
    await choose(page, 'counted', 'Count used space')
    await page.getByText('The space used by counted has been counted').waitFor()
    await page.getByRole('row', { name: /counted.*2 KiB/ }).waitFor()
  })

  it('deletes a user after it has told what happens to the files', async () => {
    await world.product.addUser('doomed')
    await using page = await world.openAdmin('users')
    await page.getByPlaceholder('Search names').fill('doomed')
    await choose(page, 'doomed', 'Delete')
    await page.getByRole('dialog').getByText('The files stay where they are').waitFor()
    await assertAccessible(page, 'the question before a deletion')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('The user doomed was deleted').waitFor()
    assert.equal((await world.product.api('GET', '/users/doomed')).status, 404)
    await page.getByText('No user matches').waitFor()
  })

  it('hides what the admin may not do', async () => {
    const viewer = { username: 'viewer', password: 'viewer-password-1', permissions: ['view_users'] }
    assert.equal((await world.product.api('POST', '/admins', viewer)).status, 201)
    await world.product.addUser('watched')
    await world.web.signInAdmin('viewer', 'viewer-password-1')
    try {
      await using page = await world.openAdmin('users')
      await page.getByPlaceholder('Search names').fill('watched')
      await page.getByRole('button', { name: 'Actions for watched' }).click()
      const items = page.getByRole('menuitem').filter({ visible: true })
      await items.first().waitFor()
      assert.deepEqual(await items.allInnerTexts(), ['How to connect'])
      assert.equal(await page.getByRole('button', { name: 'New user' }).count(), 0)
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: 'watched' }).click()
      await page.getByText('You may look at users, but not change them').waitFor()
      assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled())
    } finally {
      await world.web.signInAdmin()
    }
  })
})

describe('pages of users', () => {
  it('are accessible in the dark, and fit a phone', async () => {
    await world.product.addUser('looked-at', { quota_size: 1024 ** 3, description: 'A user to look at' })
    const page = await world.web.openPage('web/admin/users')
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const path of ['users', 'user', 'user#looked-at', 'folders', 'setup', 'users#bulk']) {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.goto(new URL(`web/admin/${path}`, world.web.url).href)
      await page.reload()
      await page.waitForSelector('main :is(table, form, .empty)')
      await assertAccessible(page, `${path} in the dark`)
      await page.setViewportSize({ width: 390, height: 844 })
      const sideways = `Math.max(...['html', 'main', '.page'].map((name) => {
        const { scrollWidth, clientWidth } = document.querySelector(name)
        return scrollWidth - clientWidth
      }))`
      assert.equal(await page.evaluate(sideways), 0, path)
    }
    await page.close()
    await takeScreenshots(world.web, [
      { name: 'users', path: 'web/admin/users', ready: 'table' },
      { name: 'user', path: 'web/admin/user#looked-at', ready: 'form' },
      { name: 'setup', path: 'web/admin/setup', ready: 'form' },
      { name: 'bulk', path: 'web/admin/users#bulk', ready: 'form' },
    ])
  })
})
