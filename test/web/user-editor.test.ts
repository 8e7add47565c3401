import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { waitUntil } from '../support/wait-until.ts'
import { choose, openAdminWorld, type AdminWorld } from './admin-world.ts'

let world: AdminWorld

before(async () => {
  world = await openAdminWorld()
})
after(() => world[Symbol.asyncDispose]())

const openSection = (page: Page, name: string) =>
  page.locator('summary', { has: page.getByRole('heading', { name }) }).click()

describe('editor of a user', () => {
  it('makes a user with every kind of setting, and the folder that it needs', async () => {
    await using page = await world.openAdmin('user')
    await page.getByLabel('User name').fill('Ñandú & co')
    await page.getByLabel('Description').fill('all of it')
    await page.getByLabel('E-mail').fill('n@example.com')
    await page.getByLabel('Expires').fill('2032-03-04T05:06')
    await page.getByRole('button', { name: 'Add a storage' }).click()
    const mount = page.locator('.editor-row').first()
    await mount.getByLabel('Storage').selectOption('storage:site')
    await mount.getByLabel('Directory in it').fill('in')
    await mount.getByLabel('Shown to the user as').fill('shared')
    await mount.getByLabel('Space counts').selectOption('own')
    await mount.getByLabel('Space', { exact: true }).fill('1.5')
    await page.getByLabel('Start directory').fill('/shared')
    await openSection(page, 'Permissions')
    await page.getByLabel('What is allowed').selectOption('read')
    await page.getByLabel('What is allowed').selectOption('custom')
    await page.getByRole('button', { name: 'Add a directory' }).click()
    const row = page.getByRole('group', { name: 'New directory' })
    await row.getByRole('textbox', { name: 'Directory' }).fill('/up-*')
    await page.getByRole('group', { name: '/up-*' }).getByLabel('Upload new files').check()
    await page.getByRole('button', { name: 'Add a rule for names' }).click()
    await page.getByLabel('Allowed names').fill('*.csv\n*.txt')
    await page.getByLabel('Hide refused files').check()
    await openSection(page, 'Limits')
    await page.locator('[name=quota_files]').fill('10')
    await page.getByLabel('Sessions at a time').fill('3')
    await page.getByLabel('Upload speed').fill('64')
    await openSection(page, 'Access')
    await page.getByLabel('FTP, FTPS').uncheck()
    await page.getByLabel('Encryption of FTP').selectOption('2')
    await page.getByLabel('Password over SSH').uncheck()
    await assertAccessible(page, 'the editor with everything open')
    const password = await page.getByRole('textbox', { name: 'Password' }).inputValue()
    await page.getByRole('button', { name: 'Create the user' }).click()
    await page.getByRole('dialog', { name: 'Connect as Ñandú & co' }).waitFor()
    await page.locator('.connect-password', { hasText: password }).waitFor()
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press('Escape')
    await page.locator('.connect-password', { hasText: password }).waitFor()
    await page.getByRole('button', { name: 'I have the password' }).click()
    await page.waitForURL(/\/users$/)

    const user = await world.userOf('Ñandú & co')
    const [folder] = user.virtual_folders
    assert.deepEqual(
      {
        permissions: user.permissions,
        filters: user.filters,
        folder: [folder?.name, folder?.virtual_path, folder?.quota_size, folder?.quota_files],
        limits: [user.quota_size, user.quota_files, user.max_sessions, user.upload_bandwidth],
        about: [user.description, user.email, user.has_password, user.status],
      },
      {
        permissions: { '/': ['list', 'download'], '/up-*': ['list', 'download', 'upload'] },
        filters: {
          denied_login_methods: ['password-over-SSH'],
          denied_protocols: ['FTP'],
          file_patterns: [
            { path: '/', allowed_patterns: ['*.csv', '*.txt'], denied_patterns: [], deny_policy: 1 },
          ],
          max_upload_file_size: 0,
          start_directory: '/shared',
          ftp_security: 2,
          totp_config: { enabled: false, config_name: '', protocols: [] },
          recovery_codes: [],
        },
        folder: ['site-in', '/shared', 1.5 * 1024 ** 3, 0],
        limits: [0, 10, 3, 64],
        about: ['all of it', 'n@example.com', true, 1],
      },
    )
    assert.equal(user.home_dir, world.product.homeOf('Ñandú & co'))
    assert.equal(folder?.mapped_path, join(world.product.storagesDirectory, 'site/in'))
  })

  it('changes what was changed and keeps the rest, also what it does not show', async () => {
    const odd = join(world.product.storagesDirectory, 'sftpgo_data/odd')
    await world.product.addUser('edited', { additional_info: 'of a script', home_dir: odd, quota_size: 1025 })
    const earlier = await world.userOf('edited')
    await using page = await world.openAdmin('user#edited')
    await page.getByLabel('Description').fill('new words')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The user edited was saved').waitFor()
    const { updated_at: _at, ...user } = await world.userOf('edited')
    const { updated_at: _earlier, ...expected } = earlier
    assert.deepEqual(user, { ...expected, description: 'new words' })
  })

  it('opens the section of a field that the server refuses, and keeps what was typed', async () => {
    await world.product.addUser('there-already')
    await using page = await world.openAdmin('user')
    await page.getByLabel('User name').fill('refused')
    await openSection(page, 'Access')
    await page.getByLabel('SSH keys').fill('this is no key')
    await openSection(page, 'Access')
    await page.getByLabel('SSH keys').waitFor({ state: 'hidden' })
    await world.web.allow(400, () => page.getByRole('button', { name: 'Create the user' }).click())
    await page.getByText('A line is not an SSH public key.').waitFor()
    await waitUntil('the focus', () =>
      page.evaluate<boolean>(`document.activeElement.getAttribute('name') === 'public_keys'`),
    )
    await page.getByLabel('SSH keys').fill('')
    await page.getByLabel('User name').fill('there-already')
    await world.web.allow(409, () => page.getByRole('button', { name: 'Create the user' }).click())
    await page.getByText('exists already').waitFor()
    assert.equal(await page.getByLabel('User name').getAttribute('aria-invalid'), 'true')
  })

  it('undoes nothing that somebody else changed meanwhile, and keeps what was typed', async () => {
    await world.product.addUser('locked')
    await using page = await world.openAdmin('user#locked')
    await page.getByLabel('Description').fill('typed')
    const lockedOut = { ...(await world.userOf('locked')), status: 0, permissions: { '/': ['list'] } }
    assert.equal((await world.product.api('PUT', '/users/locked', lockedOut)).status, 200)
    await openSection(page, 'Limits')
    await page.getByRole('button', { name: 'Count used space' }).click()
    await page.getByText('The space used by locked has been counted').waitFor()
    await world.web.allow(409, () => page.getByRole('button', { name: 'Save' }).click())
    await page.getByText('changed by somebody else meanwhile').waitFor()
    assert.equal(await page.getByLabel('Description').inputValue(), 'typed')
    const { status, permissions, description } = await world.userOf('locked')
    assert.deepEqual([status, permissions, description], [0, { '/': ['list'] }, ''])
  })

  it('refuses half a date or number, which would end a limit', async () => {
    await world.product.addUser('limited', { quota_size: 1024 })
    await using page = await world.openAdmin('user#limited')
    await page.getByLabel('Expires').pressSequentially('12312030')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.field', { hasText: 'Expires' }).getByText('not complete').waitFor()
    await page.getByLabel('Expires').fill('2032-03-04T05:06')
    await openSection(page, 'Limits')
    await page.getByLabel('Space', { exact: true }).fill('')
    await page.getByLabel('Space', { exact: true }).pressSequentially('1e')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.field', { hasText: 'Space' }).getByText('not complete').waitFor()
    const { quota_size: quota, expiration_date: expiry } = await world.userOf('limited')
    assert.deepEqual([quota, expiry], [1024, 0])
    await page.getByLabel('Space', { exact: true }).fill('2')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.waitForURL(/\/users$/)
    assert.equal((await world.userOf('limited')).quota_size, 2048)
  })

  it('asks before changes are lost', async () => {
    await world.product.addUser('guarded')
    await using page = await world.openAdmin('user#guarded')
    await page.getByLabel('Description').fill('typed')
    await page.getByRole('link', { name: 'Folders' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await page.getByLabel('Description').inputValue(), 'typed')
    await page.getByRole('link', { name: 'Folders' }).click()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('heading', { name: 'Folders' }).waitFor()
    assert.equal((await world.userOf('guarded')).description, '')
  })

  it('asks before changes are lost by going back in the browser', async () => {
    await world.product.addUser('backed')
    await using page = await world.openAdmin('users')
    await page.getByRole('link', { name: 'backed' }).click()
    await page.getByLabel('Description').fill('typed')
    const address = page.url()
    for (let turn = 0; turn < 2; turn++) {
      await page.goBack()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
      assert.deepEqual([page.url(), await page.getByLabel('Description').inputValue()], [address, 'typed'])
    }
    await page.goBack()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.waitForURL(/\/users$/)
    await page.getByPlaceholder('Search names').waitFor()
  })

  it('duplicates the rules of a user, whatever its name is', async () => {
    const name = "copy #1 & 'x'?"
    await world.product.addUser(name, {
      permissions: { '/': ['list', 'download'] },
      max_sessions: 4,
      home_dir: join(world.product.storagesDirectory, 'site/in'),
    })
    await using page = await world.openAdmin('users')
    await page.getByPlaceholder('Search names').fill(name)
    await choose(page, name, 'Duplicate')
    await page.getByRole('heading', { name: `New user like ${name}` }).waitFor()
    await page.getByText('both would see the same files').waitFor()
    await page.getByLabel('Directory in it').fill('copy')
    await page.getByText('both would see the same files').waitFor({ state: 'detached' })
    await page.getByLabel('User name').fill('its-copy')
    await page.getByRole('button', { name: 'Create the user' }).click()
    await page.getByRole('dialog').waitFor()
    const copy = await world.userOf('its-copy')
    assert.deepEqual(
      [copy.permissions, copy.max_sessions, copy.email],
      [{ '/': ['list', 'download'] }, 4, ''],
    )
  })

  it('uses a folder again that leads to the same directory', async () => {
    await world.addFolder('there', 'site/again')
    await using page = await world.openAdmin('user')
    await page.getByLabel('User name').fill('second')
    await page.getByRole('button', { name: 'Add a storage' }).click()
    await page.getByLabel('Storage').selectOption('storage:site')
    await page.getByLabel('Directory in it').fill('/again/')
    await page.getByRole('button', { name: 'Create the user' }).click()
    await page.getByRole('dialog').waitFor()
    assert.deepEqual(
      (await world.userOf('second')).virtual_folders.map(({ name }) => name),
      ['there'],
    )
  })

  it('keeps a home that lies in no storage, and shows its path', async () => {
    const outside = join(world.product.storagesDirectory, '.hidden/x')
    await world.product.addUser('outside', { home_dir: outside })
    await using page = await world.openAdmin('user#outside')
    assert.equal(await page.getByLabel('Where the files lie').inputValue(), 'other')
    await page.locator('.field-hint', { hasText: outside }).waitFor()
    await page.getByLabel('Description').fill('x')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.waitForURL(/\/users$/)
    assert.equal((await world.userOf('outside')).home_dir, outside)
  })
})

describe('list of folders', () => {
  it('shows who has them, changes the description, counts, and deletes', async () => {
    await world.addFolder('listed', 'site/in')
    const mount = { name: 'listed', virtual_path: '/in', quota_size: -1, quota_files: -1 }
    for (const name of ['reader', 'writer']) await world.product.addUser(name, { virtual_folders: [mount] })
    await using page = await world.openAdmin('folders')
    await page.getByPlaceholder('Search folders').fill('listed')
    await page.getByRole('row', { name: /listed Site A \(site\) › in .*reader.*writer/ }).waitFor()
    await assertAccessible(page, 'the folders')
    await choose(page, 'listed', 'Edit')
    await page.getByLabel('Description').fill('for both')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The folder listed was saved').waitFor()
    await page.getByRole('row', { name: /listed for both/ }).waitFor()
    await choose(page, 'listed', 'Count used space')
    await page.getByText('has been counted').waitFor()
    await choose(page, 'listed', 'Delete')
    await page.getByText('2 users lose this folder').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No folder matches').waitFor()
    assert.deepEqual((await world.userOf('writer')).virtual_folders, [])
  })
})
