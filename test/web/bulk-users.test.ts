import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { openAdminWorld, type AdminWorld } from './admin-world.ts'

let world: AdminWorld

before(async () => {
  world = await openAdminWorld()
})
after(() => world[Symbol.asyncDispose]())

describe('many users at once', () => {
  it('are made from a list, past a name that is taken, and their passwords are downloaded', async () => {
    await world.product.addUser('taken', { description: 'as it was' })
    const page = await world.web.openPage('web/admin/users')
    await page.getByRole('button', { name: 'Many at once' }).click()
    await page.getByLabel('Names, one a line').fill(' dev-1\ntaken\n=dev 2\ndev-1\n')
    await page.getByLabel('Where the files lie').selectOption('storage:site')
    await page.getByLabel('Directory in it').fill('devices')
    await page.getByLabel('Space', { exact: true }).fill('2')
    await page.getByLabel('Expires').pressSequentially('01022033')
    await page.getByRole('button', { name: 'Make 3 users' }).click()
    await page.locator('.field', { hasText: 'Expires' }).getByText('not complete').waitFor()
    await page.getByLabel('Expires').fill('2033-01-02T03:04')
    await assertAccessible(page, 'the form for many users')
    await world.web.allow(409, async () => {
      await page.getByRole('button', { name: 'Make 3 users' }).click()
      await page.getByRole('heading', { name: '2 users were made' }).waitFor()
    })
    await page.getByRole('row', { name: /taken This name is taken/ }).waitFor()
    await assertAccessible(page, 'the passwords of many users')
    await world.web.screenshot('bulk-results', page)

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'credentials.csv')
    const csv = await readFile(await download.path(), 'utf8')
    const { sftpPort, ftpPort } = world.product
    const [head, ...lines] = csv.split('\r\n')
    assert.equal(head, 'name,password,host,sftp_port,ftp_port')
    const place = `127\\.0\\.0\\.1,${sftpPort},${ftpPort}`
    assert.match(
      lines.toSorted().join('|'),
      new RegExp(`^\\|'=dev 2,\\w{16,},${place}\\|dev-1,\\w{16,},${place}$`),
    )

    const {
      permissions,
      home_dir: home,
      quota_size: quota,
      expiration_date: expiry,
    } = await world.userOf('dev-1')
    assert.deepEqual(
      [permissions, home, quota, expiry],
      [
        { '/': ['upload', 'create_dirs', 'chtimes'] },
        join(world.product.storagesDirectory, 'site/devices/dev-1'),
        2 * 1024 ** 3,
        new Date('2033-01-02T03:04').getTime(),
      ],
    )
    assert.equal((await world.userOf('taken')).description, 'as it was')
    const password = /^dev-1,(\w+),/m.exec(csv)?.[1] ?? ''
    await world.web.signInUser('dev-1', password)
    // What has been downloaded is safe: nothing asks.
    await page.getByRole('button', { name: 'Back to the users' }).click()
    await page.getByRole('link', { name: 'dev-1' }).waitFor()
    await page.close()
  })

  it('are not made of the lines of a table, and nothing is sent', async () => {
    await using page = await world.openAdmin('users#bulk')
    const start = page.getByRole('button', { name: 'Make 2 users' })
    for (const line of ['eve;secret;eve@example.com', 'eve,secret', 'eve\tsecret', '"eve"']) {
      await page.getByLabel('Names, one a line').fill(`bob\n${line}`)
      await start.click()
      const shown = page.locator('.field-error', { hasText: 'This line is not a name alone' })
      assert.match(await shown.innerText(), new RegExp(`: ${line.replace('\t', '\\s')}\\.`))
    }
    await assertAccessible(page, 'a line that is no name')
    await world.web.screenshot('bulk-line', page)
    assert.equal((await world.product.api('GET', '/users/bob')).status, 404)
    await page.getByLabel('Names, one a line').fill('bob\neve')
    await start.click()
    await page.getByRole('heading', { name: '2 users were made' }).waitFor()
  })

  it('are numbered, and the passwords are not lost by a click', async () => {
    const page = await world.web.openPage('web/admin/users#bulk')
    await page.getByLabel('Where the names come from').selectOption('count')
    await page.getByRole('button', { name: 'Make users' }).click()
    await page.getByText('Enter at least one name').waitFor()
    await page.getByLabel('Names begin with').fill('pump-')
    await page.getByLabel('How many').fill('12')
    await page.getByText('pump-01, pump-02 … pump-12').waitFor()
    await page.getByRole('button', { name: 'Make 12 users' }).click()
    await page.getByRole('heading', { name: '12 users were made' }).waitFor()
    assert.equal((await world.userOf('pump-12')).home_dir, world.product.homeOf('pump-12'))
    await page.getByRole('link', { name: 'Folders' }).click()
    await page.getByRole('dialog').getByText('cannot be seen again').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('row', { name: /pump-07 Made/ }).waitFor()
    await page.close()
  })

  it('stop when told to, and say so', async () => {
    const page = await world.web.openPage('web/admin/users#bulk')
    const names = Array.from({ length: 300 }, (_, at) => `stopped-${at}`)
    await page.getByLabel('Names, one a line').fill(names.join('\n'))
    await page.getByRole('button', { name: 'Make 300 users' }).click()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('You stopped before all of them were made').waitFor()
    assert.equal((await world.product.api('GET', '/users/stopped-299')).status, 404)
    await page.close()
  })
})
