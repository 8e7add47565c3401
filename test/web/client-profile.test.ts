import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { ConnectionResource } from '../../src/contract/connection.ts'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGyLhKEAlDN9grvBeI0EUbT7/2F9mEQ+1d5JEvWS08xS ann at home'

describe('the profile in the WebClient', () => {
  let world: WebWorld

  before(async () => {
    world = await openWebWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  async function openProfile(username: string, fields: Record<string, unknown> = {}): Promise<Page> {
    await world.product.addUser(username, fields)
    await mkdir(world.product.homeOf(username), { recursive: true })
    await world.signInUser(username)
    const page = await world.openPage('web/client/profile')
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    return page
  }

  it('shows who one is, how much room there is, and how to connect', async () => {
    const page = await openProfile('ann', {
      email: 'ann@example.org',
      quota_size: 1024 * 1024,
      quota_files: 10,
    })
    await page.getByText('ann@example.org').waitFor()
    await page.getByText('0 B of 1 MiB').waitFor()
    await page.getByText('0 of 10').waitFor()
    await page.locator('.connect').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await assertAccessible(page, `the profile in ${colorScheme}`)
    }
    await page.setViewportSize({ width: 390, height: 844 })
    await assertAccessible(page, 'the profile on a phone')
    assert.equal(await page.evaluate<number>('document.scrollingElement.scrollWidth'), 390)
    await page.close()
    await takeScreenshots(world, [{ name: 'client-profile', path: 'web/client/profile', ready: '.connect' }])
  })

  it('tells while a password is typed whether it is long enough', async () => {
    const page = await openProfile('fay')
    const field = page.getByLabel('New password', { exact: true })
    for (const [typed, hint] of [
      ['', 'The longer the better: some words are easy to remember.'],
      ['seven77', 'Use 8 characters at least.'],
      ['eight888', 'Good enough. A longer one is better.'],
      ['fourteen-signs', 'A good length.'],
    ] as const) {
      await field.fill(typed)
      await page.getByText(hint, { exact: true }).waitFor()
      // It is read out with the field.
      const id = await field.getAttribute('aria-describedby')
      assert.equal(await page.locator(`[id="${id}"]`).innerText(), hint)
    }
    await page.close()
  })

  it('changes the password of the one who knows the present one', async () => {
    const page = await openProfile('bob')
    const field = (name: string) => page.getByLabel(name, { exact: true })
    const change = () => page.getByRole('button', { name: 'Change the password' }).click()
    await field('Present password').fill('wrong')
    await field('New password').fill('short')
    await field('New password again').fill('other')
    await change()
    await page.getByText('Use 8 characters at least.').first().waitFor()
    await page.getByText('The two are not the same.').waitFor()
    await field('New password').fill('bobs-new-password')
    await field('New password again').fill('bobs-new-password')
    await world.allow(400, change)
    await page.getByText('The password is not right').waitFor()
    assert.equal(await field('New password').inputValue(), 'bobs-new-password')
    await field('Present password').fill('bob-password')
    await change()
    await page.getByText('The password was changed').waitFor()
    assert.equal(await field('Present password').inputValue(), '')
    await world.signInUser('bob', 'bobs-new-password')
    await page.close()
  })

  it('takes public keys in and away, and refuses private ones', async () => {
    const page = await openProfile('cat')
    const field = page.getByLabel('New public key')
    const add = () => page.getByRole('button', { name: 'Add the key' }).click()
    await field.fill('-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----')
    await add()
    await page.getByText('This is a private key.').waitFor()
    await field.fill(key)
    await add()
    await page.getByText('The key was added').waitFor()
    await page.getByText('ann at home').waitFor()
    await page
      .getByText(/SHA256:[A-Za-z0-9+/]{43}/)
      .first()
      .waitFor()
    await field.fill(key)
    await add()
    await page.getByText('This key is in the list already.').waitFor()
    await assertAccessible(page, 'keys')
    const other = await world.openPage('web/client/profile')
    await other.getByRole('button', { name: 'Remove the key ann at home' }).click()
    await other.getByRole('dialog').getByRole('button', { name: 'Remove the key', exact: true }).click()
    await other.getByText('No keys yet.').waitFor()
    await other.close()
    // This page still shows the key that was removed in the other one.
    await field.fill(key.replace('IGyL', 'IGyM'))
    await world.allow(409, add)
    await page.getByText('It was changed by somebody else meanwhile.').waitFor()
    await page.getByText('No keys yet.').waitFor()
    await page.close()
  })

  it('shows where one is signed in, and ends the others', async () => {
    const page = await openProfile('dan')
    const other = await fetch(`${world.product.httpUrl}/api/v2/session/user`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'WinSCP <b>6</b>' },
      body: JSON.stringify({ username: 'dan', password: 'dan-password' }),
    })
    assert.equal(other.status, 200)
    // Its session is another one after a sign-in over the page.
    const connections = (await world.product.api('GET', '/connections')).body as ConnectionResource[]
    const own = connections.find(
      ({ username, client_version: client }) => username === 'dan' && !/WinSCP/.test(client),
    )
    await world.product.api('DELETE', `/connections/${encodeURIComponent(own?.connection_id ?? '')}`)
    await world.allow(401, async () => {
      await page.getByRole('button', { name: 'Refresh the connections' }).click()
      await page.getByLabel('Password', { exact: true }).fill('dan-password')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    })
    await page.getByText('WinSCP <b>6</b>').waitFor()
    await page.getByText('This browser').waitFor()
    await page.getByText('Chrome on Linux').waitFor()
    await page.getByRole('button', { name: 'Sign out all others' }).click()
    const dialog = page.getByRole('dialog', { name: 'End one connection?' })
    await dialog.getByRole('button', { name: 'Sign out all others' }).click()
    await page.getByText('WinSCP <b>6</b>').waitFor({ state: 'detached' })
    const { body } = await world.product.api('GET', '/connections')
    assert.equal(JSON.stringify(body).match(/"username":"dan"/g)?.length, 1)
    await page.close()
  })

  it('speaks another language and has other colours when that is chosen', async () => {
    const page = await openProfile('eve')
    await page.getByLabel('Theme', { exact: true }).last().selectOption('dark')
    assert.equal(await page.evaluate<string>('document.documentElement.dataset.theme'), 'dark')
    await page.getByLabel('Language', { exact: true }).last().selectOption('es')
    await page.getByRole('heading', { name: 'Su cuenta' }).waitFor()
    await waitUntil(
      'the language',
      async () => (await page.evaluate('document.documentElement.lang')) === 'es',
    )
    await world.screenshot('client-profile-es', page)
    await page.getByRole('link', { name: 'Archivos' }).click()
    await page.getByText('Esta carpeta está vacía').waitFor()
    await assertAccessible(page, 'files in Spanish')
    await world.screenshot('client-files-es', page)
    await page.close()
  })
})
