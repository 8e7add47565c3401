import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { samplePdf, samplePng } from '../support/browser/sample-files.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const mebibyte = 1024 * 1024

describe('viewers of the WebClient', () => {
  let world: WebWorld
  let home: string
  let page: Page

  before(async () => {
    world = await openWebWorld()
    await world.product.addUser('ann')
    home = world.product.homeOf('ann')
    await mkdir(home, { recursive: true })
    await world.signInUser('ann')
    page = await world.openPage('web/client/files')
  })
  after(() => world[Symbol.asyncDispose]())

  /** Writes files, and opens the first of them in a page that was loaded anew. */
  async function open(name: string, content: string | Buffer, more: Record<string, string | Buffer> = {}) {
    for (const [other, bytes] of Object.entries({ ...more, [name]: content }))
      await writeFile(join(home, other), bytes)
    await page.reload()
    await page.getByRole('button', { name, exact: true }).click()
    const dialog = page.getByRole('dialog', { name, exact: true })
    await dialog.waitFor()
    return dialog
  }

  const close = async () => {
    await page.getByRole('button', { name: 'Close', exact: true }).first().click()
    // The browser goes back after a moment, which would end a navigation of the next test.
    await waitUntil('the page is what it was', () => page.evaluate<boolean>('history.state === null'))
  }

  it('show an image as large as the window or as it is, and the next one', async () => {
    const dialog = await open('image-1.png', samplePng(2000, 1500), {
      'image-2.png': samplePng(30, 20),
      'image-1a.txt': 'between them',
    })
    const image = dialog.getByRole('img', { name: 'image-1.png' })
    await image.waitFor()
    const fit = await image.boundingBox()
    assert.ok(fit && fit.width < 1280)
    await assertAccessible(page, 'an image')
    await world.screenshot('client-viewer-image', page)
    await dialog.getByRole('button', { name: 'Actual size' }).click()
    assert.equal((await image.boundingBox())?.width, 2000)
    await dialog.getByRole('button', { name: 'Next image' }).click()
    await page.getByRole('img', { name: 'image-2.png' }).waitFor()
    await close()
  })

  it('close when the reader goes back, and the folder stays; an unsaved text asks first', async () => {
    await mkdir(join(home, 'inner'), { recursive: true })
    await writeFile(join(home, 'inner/back.txt'), 'a text\n')
    await page.reload()
    await page.getByRole('button', { name: 'inner', exact: true }).click()
    await page.getByRole('button', { name: 'back.txt', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'back.txt' })
    await dialog.getByText('a text').waitFor()
    await page.goBack()
    await dialog.waitFor({ state: 'detached' })
    assert.match(page.url(), /#\/inner$/)

    await page.getByRole('button', { name: 'back.txt', exact: true }).click()
    await dialog.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('Text of the file').fill('another')
    await page.goBack()
    await page.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await dialog.getByLabel('Text of the file').inputValue(), 'another')
    await page.goBack()
    await page.getByRole('dialog', { name: 'Discard' }).getByRole('button', { name: 'Discard' }).click()
    await close()
    await dialog.waitFor({ state: 'detached' })
    await waitUntil('the entry of the viewer is gone', () => page.evaluate<boolean>('history.state === null'))
    assert.match(page.url(), /#\/inner$/)
    await page.goBack()
    await page.getByRole('button', { name: 'inner', exact: true }).waitFor()
    assert.match(page.url(), /#\/$/)
  })

  it('run no script of an SVG, and load nothing for it', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60" onload="parent.document.title=\'owned\'">' +
      '<script>parent.document.title = "owned"</script><image href="http://127.0.0.1:9/x.png"/>' +
      '<rect width="90" height="60" fill="teal"/></svg>'
    const dialog = await open('drawing.svg', svg)
    await dialog.getByRole('img', { name: 'drawing.svg' }).waitFor()
    assert.notEqual(await page.title(), 'owned')
    await close()
  })

  it('say so when an image is none', async () => {
    const dialog = await open('broken.png', 'this is no image')
    await dialog.getByText('The browser cannot show this image.').waitFor()
    await dialog.getByRole('button', { name: 'Show the details' }).click()
    await page.getByRole('dialog').getByText('/broken.png').waitFor()
    await close()
  })

  it('show the pages of a PDF, each when it is near', async () => {
    const dialog = await open('report.pdf', samplePdf(12))
    await dialog.getByText('12 pages').waitFor()
    await dialog.getByRole('img', { name: 'Page 1 of 12' }).waitFor()
    const hasInk = (number: number) =>
      page.evaluate<boolean>(`(() => {
        const canvas = document.querySelectorAll('.viewer-pdf canvas')[${number - 1}]
        if (!canvas.width) return false
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some((value, at) => at % 4 === 0 && value < 100 && data[at + 3] > 0)
      })()`)
    await waitUntil('the first page', () => hasInk(1))
    assert.equal(await hasInk(12), false)
    await page.evaluate(`document.querySelector('.viewer-pdf').scrollTo(0, 1e6)`)
    await waitUntil('the last page', () => hasInk(12))
    await dialog.getByRole('button', { name: 'Smaller' }).click()
    await dialog.getByText('75 %').waitFor()
    await assertAccessible(page, 'a PDF')
    await world.screenshot('client-viewer-pdf', page)
    await close()
    const broken = await open('broken.pdf', 'this is no PDF')
    await broken.getByText('This PDF cannot be shown.').waitFor()
    await close()
  })

  it('show a CSV file as a table', async () => {
    const rows = Array.from({ length: 3000 }, (_, at) => `${at},"a, ""b""",<b>${at}</b>`)
    const dialog = await open('data.csv', ['number,quoted,marked', ...rows].join('\n'))
    await dialog.getByText('3,000 rows').waitFor()
    await dialog.getByRole('columnheader', { name: 'quoted' }).waitFor()
    await dialog.getByRole('cell', { name: 'a, "b"' }).first().waitFor()
    await dialog.getByRole('cell', { name: '<b>1</b>', exact: true }).waitFor()
    assert.ok((await dialog.getByRole('row').count()) < 80)
    await assertAccessible(page, 'a table')
    await world.screenshot('client-viewer-csv', page)
    await dialog.getByRole('button', { name: 'Show as text' }).click()
    await page.locator('.viewer-text').getByText('number,quoted,marked').waitFor()
    await close()
  })

  it('show a text, an HTML page like any other, and more of a long one', async () => {
    const html = await open('page.html', '<h1>Title</h1><script>document.title = "owned"</script>')
    await html.getByText('<h1>Title</h1>').waitFor()
    assert.notEqual(await page.title(), 'owned')
    await close()
    const line = 'one line of a long text\n'
    const long = await open('long.log', `${line.repeat(60_000)}the end`)
    await long.getByText('The first 1 MiB of 1.4 MiB').waitFor()
    assert.equal(await long.getByText('the end').count(), 0)
    await world.screenshot('client-viewer-text', page)
    await long.getByRole('button', { name: 'Load more' }).click()
    await long.getByText('the end').waitFor({ state: 'attached' })
    await close()
  })

  it('tell what is known of a file they cannot show', async () => {
    const dialog = await open('archive.bin', Buffer.alloc(2048))
    await dialog.getByText('2 KiB (2,048 B)').waitFor()
    await assertAccessible(page, 'details')
    const downloading = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download' }).click()
    assert.equal((await downloading).suggestedFilename(), 'archive.bin')
    await close()
  })

  it('save a text that was edited, with the line ends that it had', async () => {
    const dialog = await open('notes.txt', 'first\r\nsecond\r\n')
    await dialog.getByRole('button', { name: 'Edit' }).click()
    const text = dialog.getByLabel('Text of the file')
    await text.fill('first\nsecond ñ\n')
    await dialog.getByText('Not saved yet').waitFor()
    await assertAccessible(page, 'the editor')
    await world.screenshot('client-viewer-edit', page)
    await page.keyboard.press('Control+s')
    await page.getByText('Saved', { exact: true }).waitFor()
    assert.equal(await readFile(join(home, 'notes.txt'), 'utf8'), 'first\r\nsecond ñ\r\n')
    await dialog.getByRole('button', { name: 'Stop editing' }).click()
    await dialog.getByText('second ñ').waitFor()
    await close()
  })

  it('do not write over what somebody else has saved meanwhile, unless the user wants it', async () => {
    const dialog = await open('shared.txt', 'as it was')
    await dialog.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('Text of the file').fill('mine')
    await writeFile(join(home, 'shared.txt'), 'theirs')
    await world.allow(409, () => dialog.getByRole('button', { name: 'Save' }).click())
    const question = page.getByRole('dialog', { name: 'The file has changed' })
    await question.waitFor()
    assert.equal(await readFile(join(home, 'shared.txt'), 'utf8'), 'theirs')
    await question.getByRole('button', { name: 'Go on editing' }).click()
    assert.equal(await dialog.getByLabel('Text of the file').inputValue(), 'mine')
    await world.allow(409, () => dialog.getByRole('button', { name: 'Save' }).click())
    assert.deepEqual(await question.locator('.dialog-actions button').allInnerTexts(), [
      'Go on editing',
      'Load the new one, lose mine',
      'Replace it by mine',
    ])
    await world.screenshot('client-editor-conflict', page)
    await question.getByRole('button', { name: 'Replace it by mine' }).click()
    await waitUntil('mine', async () => (await readFile(join(home, 'shared.txt'), 'utf8')) === 'mine')
    await page.getByText('Saved', { exact: true }).first().waitFor()
    await dialog.getByLabel('Text of the file').fill('mine again')
    await writeFile(join(home, 'shared.txt'), 'theirs again')
    await world.allow(409, () => dialog.getByRole('button', { name: 'Save' }).click())
    await question.getByRole('button', { name: 'Load the new one, lose mine' }).click()
    await waitUntil(
      'theirs',
      async () =>
        (await dialog
          .getByLabel('Text of the file')
          .inputValue()
          .catch(() => '')) === 'theirs again',
    )
    await dialog.getByRole('button', { name: 'Stop editing' }).click()
    await close()
  })

  it('ask before a change is lost', async () => {
    const dialog = await open('unsaved.txt', 'as it was')
    await dialog.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('Text of the file').fill('changed')
    await page.getByRole('button', { name: 'Close', exact: true }).first().click()
    const question = page.getByRole('dialog', { name: 'Discard the changes?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await dialog.getByLabel('Text of the file').inputValue(), 'changed')
    await dialog.getByRole('button', { name: 'Stop editing' }).click()
    await question.getByRole('button', { name: 'Discard the changes' }).click()
    await dialog.getByText('as it was').waitFor()
    await close()
    assert.equal(await readFile(join(home, 'unsaved.txt'), 'utf8'), 'as it was')
  })

  it('offer no editing of what a text field would spoil', async () => {
    const binary = await open('latin1.txt', Buffer.from([0x61, 0xf1, 0x62]))
    await binary.getByText('a\uFFFDb').waitFor()
    assert.equal(await binary.getByRole('button', { name: 'Edit' }).count(), 0)
    await binary.getByText('It is not in UTF-8').waitFor({ timeout: 3000 })
    await close()
    const large = await open('large.txt', 'x'.repeat(mebibyte))
    await large.getByText('xxxx').waitFor()
    assert.equal(await large.getByRole('button', { name: 'Edit' }).count(), 0)
    await close()
  })

  it('open no text for editing, and save none, that a text field would spoil', async () => {
    const mixed = await open('mixed.txt', 'first\nsecond\r\nthird\n')
    await mixed.getByText('Its lines end in several ways').waitFor()
    assert.equal(await mixed.getByRole('button', { name: 'Edit' }).count(), 0)
    await close()
    const dialog = await open('replaced.txt', 'a text')
    for (const other of [Buffer.alloc(mebibyte, 'x'), Buffer.from('caf\xe9\n', 'latin1')]) {
      await dialog.getByRole('button', { name: 'Edit' }).waitFor()
      await writeFile(join(home, 'replaced.txt'), other)
      await dialog.getByRole('button', { name: 'Edit' }).click()
      await dialog.getByText('This file cannot be edited here any more').waitFor()
      assert.equal(await dialog.getByLabel('Text of the file').count(), 0)
      await dialog.getByRole('button', { name: 'Stop editing' }).click()
    }
    await close()
  })

  it('begin a new text file', async () => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'New text file' }).click()
    await page.getByLabel('Name', { exact: true }).fill('fresh.txt')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'fresh.txt', exact: true }).waitFor()
    assert.equal(await readFile(join(home, 'fresh.txt'), 'utf8'), '')
  })
})
