import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'

/** As long as names can be, without a place to break. */
const long = 'x'.repeat(255)
const widths = [320, 1280]

/** What stands out of the window or of its card, and what is cut and tells its whole nowhere. */
const misplaced = `(() => {
  const places = [document.scrollingElement, ...document.querySelectorAll('main, dialog[open], .cards-table tr')]
  const wide = places.filter((one) => one.scrollWidth > one.clientWidth)
  const isTold = (one) =>
    [one.closest('[title]'), ...one.querySelectorAll('[title]')].some((told) =>
      told?.title.includes(one.textContent.trim()))
  const cut = [...document.querySelectorAll('body :not(.hidden, input)')].filter((one) =>
    getComputedStyle(one).textOverflow === 'ellipsis' && one.scrollWidth > one.clientWidth && !isTold(one))
  const nameOf = (one) => one.tagName + ' ' + one.className + ' ' + one.scrollWidth
  return [...wide.map((one) => 'wide: ' + nameOf(one)), ...cut.map((one) => 'cut: ' + nameOf(one))]
})()`

interface View {
  readonly path: string
  readonly ready: string
  readonly prepare?: (page: Page) => Promise<unknown>
}

const adminViews: readonly View[] = [
  { path: 'users', ready: 'tbody tr' },
  { path: 'users', ready: 'tbody tr', prepare: openRemoval },
  { path: 'user', ready: 'form' },
  { path: `user#copy/${long}`, ready: 'form' },
  { path: 'folders', ready: 'tbody tr' },
  { path: 'folders', ready: 'tbody tr', prepare: openRemoval },
  { path: 'connections', ready: '.live-session, tbody tr' },
  { path: 'events', ready: 'tbody tr' },
  { path: 'status', ready: '.health-line' },
  { path: 'maintenance', ready: 'h2' },
  { path: 'configs', ready: 'h2' },
  { path: 'managers', ready: 'tbody tr' },
  { path: 'managers', ready: 'tbody tr', prepare: openRemoval },
  { path: 'profile', ready: 'h2' },
  { path: `user#${long}`, ready: 'form' },
]

const clientViews: readonly View[] = [
  { path: 'files', ready: '.files-open' },
  { path: `files#/${long}`, ready: '.files-open' },
  {
    path: 'files',
    ready: '.files-open',
    prepare: async (page) => {
      await page.locator(`.files-row input[aria-label$="${long}"]`).check({ force: true })
      await page.keyboard.press('Delete')
      await page.waitForSelector('dialog[open]')
    },
  },
  { path: 'profile', ready: 'h2' },
]

/** Asks whether what the last row shows is to go. */
async function openRemoval(page: Page): Promise<void> {
  await page.locator('main [aria-haspopup="menu"]').last().click()
  await page.getByRole('menuitem').last().click()
  await page.waitForSelector('dialog[open]')
}

for (const language of ['en-US', 'es-ES'])
  describe(`the longest names (${language})`, () => {
    let world: WebWorld
    before(async () => {
      world = await openWebWorld({ language })
      const { product } = world
      await mkdir(join(product.storagesDirectory, 'folder'), { recursive: true })
      await product.api('POST', '/folders', {
        name: long,
        mapped_path: join(product.storagesDirectory, 'folder'),
      })
      const virtual_folders = [{ name: long, virtual_path: '/mounted', quota_size: 0, quota_files: 0 }]
      await product.addUser(long, {
        ...{ virtual_folders, email: `${long.slice(12)}@example.com`, description: long },
        home_dir: product.homeOf('home'),
      })
      const admin = { username: long, password: 'a long password', status: 1, permissions: ['*'] }
      assert.equal((await product.api('POST', '/admins', admin)).status, 201)
      await mkdir(join(product.homeOf('home'), long), { recursive: true })
      await writeFile(join(product.homeOf('home'), long, long), 'x')
      await world.signInAdmin(long, 'a long password')
      await world.signInUser(long, `${long}-password`)
    })
    after(() => world[Symbol.asyncDispose]())

    for (const [app, views] of [
      ['admin', adminViews],
      ['client', clientViews],
    ] as const)
      it(`fit into the pages of ${app}, or are cut and told whole`, async () => {
        const found: string[] = []
        const page = await world.context.newPage()
        for (const width of widths) {
          await page.setViewportSize({ width, height: 800 })
          for (const { path, ready, prepare } of views) {
            // What is behind '#' alone would load nothing anew.
            await page.goto('about:blank')
            await page.goto(new URL(`web/${app}/${path}`, world.url).href)
            await page.waitForSelector(ready)
            await prepare?.(page)
            const here = await page.evaluate<string[]>(misplaced)
            const where = `${path.replace(long, '…')}${prepare ? ', dialog' : ''} at ${width}`
            found.push(...here.map((one) => `${where}: ${one}`))
          }
          await world.screenshot(`long-names-${app}-${language}-${width}`, page)
        }
        await page.close()
        assert.deepEqual(found, [])
      })
  })
