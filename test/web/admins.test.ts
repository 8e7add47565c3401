import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { AdminResource } from '../../src/contract/admin.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { waitUntil } from '../support/wait-until.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { adminName, adminPassword } from '../support/product.ts'

let world: WebWorld

before(async () => {
  world = await openWebWorld()
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function openAdmin(path: 'managers' | 'profile'): Promise<Page & AsyncDisposable> {
  const page = await world.openPage(`web/admin/${path}`)
  await page.waitForSelector('table')
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
}

async function adminOf(name: string): Promise<AdminResource> {
  return (await world.product.api('GET', `/admins/${name}`)).body as AdminResource
}

async function addAdmin(username: string, permissions: readonly string[]): Promise<void> {
  const body = { username, password: `${username}-password`, permissions }
  assert.equal((await world.product.api('POST', '/admins', body)).status, 201)
}

/** Status of a sign-in by the API. */
async function signIn(username: string, password: string): Promise<number> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const headers = { authorization: `Basic ${basic}` }
  return (await fetch(`${world.product.httpUrl}/api/v2/token`, { headers })).status
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

const dialog = (page: Page) => page.locator('dialog[open]')
const row = (page: Page, name: string) =>
  page.locator('tbody tr', { has: page.locator('th', { hasText: name }) })

describe('admins', () => {
  it('are added with a password that is made, and may what a preset says', async () => {
    await using page = await openAdmin('managers')
    await page.getByRole('button', { name: 'Add an admin' }).click()
    await dialog(page).getByRole('button', { name: 'Add an admin' }).click()
    await dialog(page).getByText('Enter the user name.').waitFor()
    await dialog(page).getByText('Choose at least one permission.').waitFor()
    await dialog(page).getByLabel('User name').fill('carol')
    await dialog(page).getByLabel('May do').selectOption({ label: 'Look only' })
    await dialog(page).getByLabel('Disconnect clients').check()
    await dialog(page).getByText('As ticked below').waitFor({ state: 'attached' })
    await dialog(page).getByLabel('Disconnect clients').uncheck()
    const password = await dialog(page).getByLabel('Password', { exact: true }).inputValue()
    await dialog(page).getByRole('button', { name: 'Add an admin' }).click()
    await page.getByText('carol was added.').waitFor()
    assert.match(await row(page, 'carol').innerText(), /Look only/)
    assert.equal(await signIn('carol', password), 200)
    const { permissions } = await adminOf('carol')
    assert.deepEqual(permissions.toSorted(), ['view_conns', 'view_events', 'view_status', 'view_users'])
  })

  it('keep what was typed when the name is taken', async () => {
    await using page = await openAdmin('managers')
    await page.getByRole('button', { name: 'Add an admin' }).click()
    await dialog(page).getByLabel('User name').fill(adminName)
    await dialog(page).getByLabel('May do').selectOption({ label: 'Everything' })
    await world.allow(409, async () => {
      await dialog(page).getByRole('button', { name: 'Add an admin' }).click()
      await dialog(page).getByText('exists already').waitFor()
    })
    assert.equal(await dialog(page).getByLabel('User name').inputValue(), adminName)
  })

  it('are edited, disabled, enabled and deleted', async () => {
    await addAdmin('dave', ['view_users'])
    await using page = await openAdmin('managers')
    await choose(page, 'dave', 'Edit')
    await dialog(page).getByLabel('Description').fill('night shift')
    await dialog(page).getByLabel('Settings and backups').check()
    await dialog(page).getByRole('button', { name: 'Save' }).click()
    await row(page, 'dave').getByText('night shift').waitFor()
    assert.deepEqual((await adminOf('dave')).permissions.toSorted(), ['manage_system', 'view_users'])
    assert.equal(await signIn('dave', 'dave-password'), 200, 'an empty password stays')
    await choose(page, 'dave', 'Disable')
    await row(page, 'dave').getByText('Disabled').waitFor()
    assert.equal(await signIn('dave', 'dave-password'), 401)
    await choose(page, 'dave', 'Enable')
    await row(page, 'dave').getByText('Active').waitFor()
    await choose(page, 'dave', 'Delete')
    await dialog(page).getByText('Users and files stay').waitFor()
    await dialog(page).getByRole('button', { name: 'Delete' }).click()
    await row(page, 'dave').waitFor({ state: 'detached' })
  })

  it('cannot disable or delete themselves', async () => {
    await using page = await openAdmin('managers')
    await row(page, adminName).getByText('you', { exact: true }).waitFor()
    await page.getByRole('button', { name: `Actions for ${adminName}`, exact: true }).click()
    const items = page.locator('.menu:popover-open [role=menuitem]')
    await items.first().waitFor()
    assert.deepEqual(await items.allInnerTexts(), ['Edit'])
  })

  it('give nothing that they do not have, and are told why a change is refused', async () => {
    await addAdmin('erin', ['manage_admins', 'view_users'])
    await world.signInAdmin('erin', 'erin-password')
    await using page = await openAdmin('managers')
    await page.getByRole('button', { name: 'Add an admin' }).click()
    assert.equal(await dialog(page).getByLabel('Settings and backups').isDisabled(), true)
    assert.equal(await dialog(page).getByLabel('See users and folders').isDisabled(), false)
    await dialog(page).getByText('You do not have this permission yourself.').first().waitFor()
    assert.doesNotMatch(await dialog(page).getByLabel('May do').innerText(), /Everything/)
    await page.keyboard.press('Escape')
    await choose(page, adminName, 'Delete')
    await world.allow(403, async () => {
      await dialog(page).getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('alert').getByText('This admin has permissions that you do not have').waitFor()
    })
    await world.signInAdmin()
  })
})

describe('own access', () => {
  it('shows its sessions, and ends another one when asked twice', async () => {
    await world.signInAdmin()
    await using page = await openAdmin('profile')
    await row(page, 'this one').waitFor()
    const others = page.getByRole('button', { name: 'End Browser' })
    const count = await others.count()
    assert.ok(count > 0)
    assert.equal(await row(page, 'this one').getByRole('button').count(), 0)
    await others.first().click()
    await dialog(page).getByText('signed out at once').waitFor()
    await dialog(page).getByRole('button', { name: 'End it' }).click()
    await page.getByText('The access was ended.').waitFor()
    await waitUntil('one session less', async () => (await others.count()) === count - 1)
  })

  it('makes a key that is shown once and works until it is ended', async () => {
    await using page = await openAdmin('profile')
    await page.getByRole('button', { name: 'New key' }).click()
    await dialog(page).getByRole('button', { name: 'Make the key' }).click()
    await dialog(page).getByText('Enter a name.').waitFor()
    await dialog(page).getByLabel('Name').fill('nightly')
    await dialog(page).getByLabel('Good until').fill('2099-01-01')
    await dialog(page).getByRole('button', { name: 'Make the key' }).click()
    await dialog(page).getByText('a year from now at most.').first().waitFor()
    const inAMonth = new Date(Date.now() + 30 * 24 * 60 * 60_000).toISOString().slice(0, 10)
    await dialog(page).getByLabel('Good until').fill(inAMonth)
    await dialog(page).getByRole('button', { name: 'Make the key' }).click()
    const key = await dialog(page).locator('pre').innerText()
    const status = async () => {
      const headers = { authorization: `Bearer ${key}` }
      return (await fetch(`${world.product.httpUrl}/api/v2/version`, { headers })).status
    }
    assert.equal(await status(), 200)
    await assertAccessible(page, 'a new key')
    await dialog(page).getByRole('button', { name: 'I have copied it' }).click()
    assert.ok(!(await page.innerText('body')).includes(key))
    await page.getByRole('button', { name: 'End nightly' }).click()
    await dialog(page).getByRole('button', { name: 'End it' }).click()
    await row(page, 'nightly').waitFor({ state: 'detached' })
    assert.equal(await status(), 401)
  })

  it('changes the own password for one that is typed twice, knowing the present one', async () => {
    await addAdmin('frank', ['view_users'])
    await world.signInAdmin('frank', 'frank-password')
    await using page = await openAdmin('profile')
    const fill = async (present: string, next: string, again: string) => {
      await page.getByLabel('Current password').fill(present)
      await page.getByLabel('New password', { exact: true }).fill(next)
      await page.getByLabel('New password again').fill(again)
      await page.getByRole('button', { name: 'Change the password' }).click()
    }
    await fill('wrong', 'frank-password-2', 'another')
    await page.getByText('The two are not the same.').waitFor()
    await world.allow(400, async () => {
      await fill('wrong', 'frank-password-2', 'frank-password-2')
      await page.getByText('The password is not right.').waitFor()
    })
    await fill('frank-password', 'frank-password-2', 'frank-password-2')
    await page.getByText('Your password was changed.').waitFor()
    assert.equal(await page.getByLabel('Current password').inputValue(), '')
    assert.equal(await signIn('frank', 'frank-password-2'), 200)
    await row(page, 'this one').waitFor()
    await world.signInAdmin()
  })

  it('tells an account of the platform where its password is changed', async () => {
    const owner = world.platform.world.findUser(world.platform.world.plugin.user)
    assert.ok(owner)
    await world.signInAdmin(owner.user, owner.password)
    await using page = await openAdmin('profile')
    await page.getByText('You sign in with your Thinger.io account').waitFor()
    assert.equal(await page.getByLabel('Current password').count(), 0)
    await world.signInAdmin(adminName, adminPassword)
  })

  it('and the list of admins can be used by everybody, in every look', async () => {
    const fits = async (page: Page) => {
      await assertAccessible(page, page.url())
      const width = await page.evaluate<number>('document.querySelector("main").scrollWidth - innerWidth')
      assert.ok(width <= 0, `the page is ${width} pixels too wide`)
    }
    const add = async (page: Page) => {
      await page.getByRole('button', { name: 'Add an admin' }).click()
      await assertAccessible(page, 'a new admin')
    }
    await takeScreenshots(world, [
      { name: 'admin-admins', path: 'web/admin/managers', ready: 'table', prepare: fits },
      { name: 'admin-admins-add', path: 'web/admin/managers', ready: 'table', prepare: add },
      { name: 'admin-profile', path: 'web/admin/profile', ready: 'table', prepare: fits },
    ])
  })
})
