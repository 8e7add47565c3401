import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Download, Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { samplePng } from '../support/browser/sample-files.ts'
import { takeScreenshots } from '../support/browser/take-screenshots.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

describe('files in the WebClient', () => {
  let world: WebWorld

  before(async () => {
    world = await openWebWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  /** A new user with files of these names; those that end in '/' are directories. */
  async function makeUser(
    username: string,
    names: readonly string[],
    fields: Record<string, unknown> = {},
  ): Promise<string> {
    await world.product.addUser(username, fields)
    const home = world.product.homeOf(username)
    await mkdir(home, { recursive: true })
    for (const name of names) {
      const path = join(home, name)
      await mkdir(name.endsWith('/') ? path : join(path, '..'), { recursive: true })
      if (!name.endsWith('/')) await writeFile(path, `content of ${name}`)
    }
    await world.signInUser(username)
    return home
  }

  async function openFiles(path = ''): Promise<Page> {
    const page = await world.openPage(`web/client/files${path}`)
    await page.locator('.files-rows .files-row').first().waitFor()
    return page
  }

  const namesIn = (page: Page) => page.locator('.files-open').allInnerTexts()
  const selectedIn = (page: Page) => page.locator('[aria-selected=true] .files-open').allInnerTexts()
  const isThere = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    )
  const select = (page: Page, name: string) => page.getByLabel(`Select ${name}`, { exact: true }).click()
  const action = (page: Page, name: string) =>
    page.getByRole('group', { name: 'Selection' }).getByRole('button', { name, exact: true }).click()

  async function download(page: Page, name: string): Promise<Download> {
    const [downloaded] = await Promise.all([page.waitForEvent('download'), action(page, name)])
    return downloaded
  }

  /** As the activity log has them. */
  async function downloadsOf(username: string): Promise<string[]> {
    const { body } = await world.product.api('POST', '/events/search', { username })
    const { records } = body as { records: { action: string; path: string }[] }
    return records
      .filter(({ action }) => action.startsWith('download'))
      .map(({ action, path }) => `${action} ${path}`)
  }

  /** The platform collects answers, and refuses long ones. */
  async function withBufferingProxy<T>(act: () => Promise<T>): Promise<T> {
    world.platform.quirks.bufferedResponses = true
    try {
      return await world.allow(502, act)
    } finally {
      world.platform.quirks.bufferedResponses = false
    }
  }

  it('are listed with directories first, and the way through them is in the address', async () => {
    await makeUser('ann', ['b.txt', 'z dir/inner #1/deep.txt', 'a10.txt', 'a9.txt'])
    const page = await openFiles()
    assert.deepEqual(await namesIn(page), ['z dir', 'a9.txt', 'a10.txt', 'b.txt'])
    await page.getByRole('button', { name: 'z dir' }).click()
    await page.getByRole('button', { name: 'inner #1' }).click()
    await page.getByRole('button', { name: 'deep.txt' }).waitFor()
    assert.ok(page.url().endsWith('/web/client/files#/z%20dir/inner%20%231'), page.url())
    await page.goBack()
    await page.getByRole('button', { name: 'inner #1' }).waitFor()
    await page.goForward()
    await page.getByRole('button', { name: 'deep.txt' }).waitFor()
    await page.getByRole('navigation', { name: 'Folder' }).getByText('z dir').click()
    await page.getByRole('button', { name: 'inner #1' }).waitFor()
    await page.close()
    const old = await openFiles('?path=%2Fz%20dir%2Finner%20%231')
    assert.deepEqual(await namesIn(old), ['deep.txt'])
    assert.ok(old.url().endsWith('/web/client/files#/z%20dir/inner%20%231'))
    await old.close()
  })

  it('are sorted and filtered', async () => {
    const home = await makeUser('bob', ['dir/', 'b.txt', 'a.txt'])
    await writeFile(join(home, 'large.log'), 'x'.repeat(5000))
    const page = await openFiles()
    const size = page.getByRole('columnheader', { name: 'Size' })
    await size.getByRole('button').click()
    assert.equal(await size.getAttribute('aria-sort'), 'descending')
    await waitUntil('the largest first', async () => (await namesIn(page))[1] === 'large.log')
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    await waitUntil('by name', async () => (await namesIn(page))[1] === 'a.txt')
    await page.getByLabel('Filter by name').fill('.TXT')
    await page.getByText('2 of 4 items').waitFor()
    assert.deepEqual(await namesIn(page), ['a.txt', 'b.txt'])
    await page.getByLabel('Filter by name').fill('nothing like that')
    await page.getByText('No name here has this in it').waitFor()
    await page.close()
  })

  it('are not opened by the second click on a name, and can be listed again after an answer that was cut', async () => {
    await makeUser('ben', ['outer/inner/deep.txt'])
    const page = await openFiles()
    const box = await page.getByRole('button', { name: 'outer', exact: true }).boundingBox()
    assert.ok(box)
    const [x, y] = [box.x + 10, box.y + box.height / 2]
    await page.mouse.click(x, y)
    await page.getByRole('button', { name: 'inner', exact: true }).waitFor()
    await page.mouse.down({ clickCount: 2 })
    await page.mouse.up({ clickCount: 2 })
    assert.match(page.url(), /\/outer$/)

    await page.route('**/user/dirs', (route) => route.fulfill({ status: 200, body: '{"entries":[{"na' }))
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('The server cannot be reached').waitFor()
    await page.unroute('**/user/dirs')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'inner', exact: true }).waitFor()
    await page.close()
  })

  it('are gone through and chosen by keys alone', async () => {
    await makeUser('cat', ['docs/in docs.txt', 'a.txt', 'b.txt', 'c.txt', 'dog.txt'])
    const page = await openFiles()
    await page.getByRole('grid').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    assert.deepEqual(await selectedIn(page), ['a.txt'])
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    assert.deepEqual(await selectedIn(page), ['a.txt', 'b.txt', 'c.txt'])
    await page.keyboard.press('Control+a')
    assert.equal((await selectedIn(page)).length, 5)
    await page.keyboard.press('Escape')
    assert.deepEqual(await selectedIn(page), [])
    await page.keyboard.type('dog')
    await page.keyboard.press('Space')
    assert.deepEqual(await selectedIn(page), ['dog.txt'])
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'in docs.txt' }).waitFor()
    await page.getByRole('grid').focus()
    await page.keyboard.press('Backspace')
    await page.getByRole('button', { name: 'dog.txt' }).waitFor()
    const active = await page.getByRole('grid').getAttribute('aria-activedescendant')
    await waitUntil('the keyboard at the folder it came from', async () =>
      (await page.locator('.files-active .files-open').allInnerTexts()).includes('docs'),
    )
    assert.notEqual(active, undefined)
    await page.close()
  })

  it('are made, renamed and deleted', async () => {
    const home = await makeUser('dan', ['old.txt', 'doomed/inside.txt', 'kept.txt'])
    const page = await openFiles()
    await page.getByRole('button', { name: 'New folder' }).click()
    await page.getByLabel('Name', { exact: true }).fill('made / here')
    await page.keyboard.press('Enter')
    await page.getByText('A name has no slash in it.').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('made here')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'made here' }).waitFor()

    await page.getByRole('grid').focus()
    await page.keyboard.type('old')
    await page.keyboard.press('F2')
    await page.getByLabel('Name', { exact: true }).fill('new.txt')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'new.txt' }).waitFor()
    assert.equal(await readFile(join(home, 'new.txt'), 'utf8'), 'content of old.txt')

    // What is hidden by the filter is not deleted with the rest.
    await select(page, 'kept.txt')
    await page.getByLabel('Filter by name').fill('o')
    await page.getByLabel('Select kept.txt').waitFor({ state: 'detached' })
    await page.getByLabel('Filter by name').fill('')
    await select(page, 'doomed')
    await select(page, 'new.txt')
    await page.keyboard.press('Delete')
    const dialog = page.getByRole('dialog', { name: 'Delete 2 items?' })
    await dialog.getByText('The folder is deleted with everything in it.').waitFor()
    await assertAccessible(page, 'the question before deleting')
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'doomed' }).waitFor({ state: 'detached' })
    await waitUntil('both gone', async () => (await readdir(home)).length === 2)
    await page.getByText(/^Done · 3 items/).waitFor()
    await page.close()
  })

  it('keep their name when another has it, and the reason is told', async () => {
    const home = await makeUser('eli', ['one.txt', 'two.txt'])
    const page = await openFiles()
    await select(page, 'one.txt')
    await action(page, 'Rename')
    await page.getByLabel('Name', { exact: true }).fill('two.txt')
    await world.allow(409, () => page.keyboard.press('Enter'))
    await page.getByText('Something with this name exists already.').waitFor()
    assert.equal(await readFile(join(home, 'two.txt'), 'utf8'), 'content of two.txt')
    await page.close()
  })

  it('are copied and moved to another folder, and what cannot be is told', async () => {
    const home = await makeUser('fay', ['a.txt', 'b.txt', 'target/a.txt', 'target/sub/'])
    const page = await openFiles()
    await select(page, 'a.txt')
    await action(page, 'Copy')
    const picker = page.getByRole('dialog', { name: 'Copy one item to…' })
    assert.ok(await picker.getByRole('button', { name: 'Copy here' }).isDisabled())
    await picker.getByRole('button', { name: 'target' }).click()
    await picker.getByRole('button', { name: 'sub' }).click()
    await assertAccessible(page, 'the folder picker')
    await world.screenshot('client-folder-picker', page)
    await picker.getByRole('button', { name: 'Copy here' }).click()
    await waitUntil('the copy', () => isThere(join(home, 'target/sub/a.txt')))
    assert.ok(await isThere(join(home, 'a.txt')))

    await select(page, 'a.txt')
    await select(page, 'b.txt')
    await action(page, 'Move')
    const mover = page.getByRole('dialog', { name: 'Move 2 items to…' })
    await mover.getByRole('button', { name: 'target' }).click()
    await mover.getByRole('button', { name: 'Move here' }).click()
    await waitUntil('b to be moved', () => isThere(join(home, 'target/b.txt')))
    await page.getByText('One item was left out').waitFor()
    assert.equal(await readFile(join(home, 'target/a.txt'), 'utf8'), 'content of target/a.txt')
    assert.ok(await isThere(join(home, 'a.txt')))
    await assertAccessible(page, 'jobs')
    await world.screenshot('client-jobs', page)
    await page.close()
  })

  it('are downloaded: one as it is, several as a ZIP', async () => {
    await makeUser('gil', ['report ñ.txt', 'dir/inside.txt'])
    const page = await openFiles()
    await select(page, 'report ñ.txt')
    const file = await download(page, 'Download')
    assert.equal(file.suggestedFilename(), 'report ñ.txt')
    assert.equal(await readFile(await file.path(), 'utf8'), 'content of report ñ.txt')
    await select(page, 'dir')
    const archive = await download(page, 'Download as ZIP')
    assert.match(archive.suggestedFilename(), /\.zip$/)
    const bytes = await readFile(await archive.path())
    assert.equal(bytes.subarray(0, 2).toString(), 'PK')
    assert.ok(bytes.includes('dir/inside.txt'))
    await page.close()
    const told = () => downloadsOf('gil')
    await waitUntil('all are told', async () => (await told()).length > 2)
    // The file alone, and both in the ZIP; nothing more by the way in which the page finds out how to fetch them.
    const [inside, report] = ['download /dir/inside.txt', 'download /report ñ.txt']
    assert.deepEqual((await told()).toSorted(), [inside, report, report])
  })

  it('are fetched piece by piece where long answers do not get through', async () => {
    const home = await makeUser('hal', ['x'])
    const content = Buffer.alloc(9 * 1024 * 1024, 'piece')
    await writeFile(join(home, 'large.bin'), content)
    const page = await openFiles()
    await select(page, 'large.bin')
    const file = await withBufferingProxy(() => download(page, 'Download'))
    assert.equal(file.suggestedFilename(), 'large.bin')
    assert.ok((await readFile(await file.path())).equals(content))
    await page.getByText('9 MiB / 9 MiB').waitFor()
    await page.close()
  })

  it('are put into a ZIP by the page where long answers do not get through', async () => {
    const home = await makeUser('hans', ['tree/small.txt', 'tree/deep/empty/'])
    // Nothing that a ZIP makes shorter.
    const content = randomBytes(9 * 1024 * 1024)
    await writeFile(join(home, 'tree/deep/large.bin'), content)
    const page = await openFiles()
    await select(page, 'tree')
    const file = await withBufferingProxy(() => download(page, 'Download as ZIP'))
    assert.equal(file.suggestedFilename(), 'tree.zip')
    const zip = await readFile(await file.path())
    for (const name of ['tree/', 'tree/small.txt', 'tree/deep/empty/', 'tree/deep/large.bin'])
      assert.ok(zip.includes(name), name)
    assert.ok(zip.includes('content of tree/small.txt'))
    assert.ok(zip.includes(content))
    await page.close()
  })

  it('offer what the user may do, and say why not for the rest', async () => {
    const permissions = { '/': ['list', 'download'] }
    await makeUser('ida', ['a.txt'], { permissions })
    const page = await openFiles()
    await select(page, 'a.txt')
    const bar = page.getByRole('group', { name: 'Selection' })
    assert.ok(await bar.getByRole('button', { name: 'Download' }).isEnabled())
    for (const name of ['Move', 'Copy', 'Rename', 'Delete']) {
      const button = bar.getByRole('button', { name })
      assert.ok(await button.isDisabled(), name)
      assert.match(await button.innerText(), /You do not have the permission/)
    }
    await page.keyboard.press('Delete')
    await page.getByRole('alert').getByText('You do not have the permission for this here').waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.close()
  })

  it('may have any name: each is a text on one line', async () => {
    const names = [
      '<img src=x onerror=alert(1)>',
      'two\nlines',
      'photo\u202Egnp.exe',
      `long ${'o'.repeat(200)}`,
    ]
    await makeUser('jim', names)
    const page = await openFiles()
    const shown = await namesIn(page)
    assert.ok(shown.includes('<img src=x onerror=alert(1)>'))
    assert.ok(shown.includes('two␊lines'))
    assert.ok(shown.includes('photo\uFFFDgnp.exe'))
    assert.equal(await page.locator('.files-rows img').count(), 0)
    for (const box of await page.locator('.files-rows .files-row').all())
      assert.equal((await box.boundingBox())?.height, 44)
    await select(page, 'two␊lines')
    await page.keyboard.press('Delete')
    await page.getByRole('dialog').getByText('two␊lines').waitFor()
    await page.close()
  })

  it('have small pictures of images in their rows, of those in sight', async () => {
    const home = await makeUser('kay', ['a.txt'])
    for (let at = 0; at < 60; at++) await writeFile(join(home, `image-${at}.png`), samplePng(40, 30))
    await writeFile(join(home, 'a-broken.png'), 'this is no image')
    const page = await openFiles()
    let reads = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/user/files/read')) reads++
    })
    await page.reload()
    await page.locator('img.files-thumbnail').nth(3).waitFor()
    await waitUntil(
      'all of those in sight',
      async () => (await page.locator('img.files-thumbnail').count()) > 8,
    )
    assert.ok(reads < 40, `${reads} images were read`)
    await page.close()
  })

  it('are shown while a long directory still loads, and the page stays quick', async () => {
    const home = await makeUser('lea', [])
    const count = 4000
    for (let at = 0; at < count; at += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, more) => writeFile(join(home, `entry-${at + more}`), '')),
      )
    await world.signInUser('lea')
    const page = await openFiles()
    await page.getByText('4,000 items', { exact: true }).waitFor()
    assert.ok((await page.locator('.files-rows .files-row').count()) < 60)
    assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), '4001')
    await page.getByRole('grid').focus()
    await page.keyboard.press('End')
    await page.getByRole('button', { name: 'entry-3999' }).waitFor()
    await page.getByLabel('Filter by name').fill('399')
    await page.getByText('14 of 4,000 items').waitFor()
    await page.close()
  })

  it('can be read and used by everybody, in light, in dark and on a phone', async () => {
    const home = await makeUser('max', ['Documents/', 'Pictures/', 'notes.txt', 'table.csv', 'report.pdf'])
    await writeFile(join(home, 'picture.png'), samplePng(600, 400))
    const page = await openFiles()
    await page.locator('img.files-thumbnail').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await assertAccessible(page, `files in ${colorScheme}`)
      await select(page, 'notes.txt')
      await assertAccessible(page, `a selection in ${colorScheme}`)
    }
    await page.setViewportSize({ width: 390, height: 844 })
    await assertAccessible(page, 'files on a phone')
    const width = await page.evaluate<number>('document.scrollingElement.scrollWidth')
    assert.equal(width, 390)
    await page.close()
    await takeScreenshots(world, [
      { name: 'client-files', path: 'web/client/files', ready: '.files-thumbnail' },
    ])
  })
})
