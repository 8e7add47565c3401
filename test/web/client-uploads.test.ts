import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

const pieceBytes = 4 * 1024 * 1024
const filesInput = 'input[type=file][multiple]'

describe('uploads in the WebClient', () => {
  let world: WebWorld
  let source: string

  before(async () => {
    world = await openWebWorld()
    source = await mkdtemp(join(tmpdir(), 'uploads-'))
  })
  after(async () => {
    await rm(source, { recursive: true, force: true })
    await world[Symbol.asyncDispose]()
  })

  /** A new user's page, and where the files of the user are. */
  async function openFiles(username: string, fields: Record<string, unknown> = {}) {
    await world.product.addUser(username, fields)
    const home = world.product.homeOf(username)
    await mkdir(home, { recursive: true })
    return { page: await openPage(username), home }
  }

  async function openPage(username: string): Promise<Page> {
    await world.signInUser(username)
    const page = await world.openPage('web/client/files')
    await page
      .getByRole('button', { name: 'Upload', exact: true })
      .and(page.locator('button:enabled'))
      .waitFor()
    return page
  }

  async function sourceFile(name: string, content: string | Buffer): Promise<string> {
    const path = join(source, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, content)
    return path
  }

  const arrived = (home: string, name: string, size: number) =>
    waitUntil(
      `${name} on the server`,
      async () => (await stat(join(home, name)).catch(() => undefined))?.size === size,
      20_000,
    )

  it('send files that are chosen, with their times, and show them where they arrive', async () => {
    const { page, home } = await openFiles('ann')
    const small = await sourceFile('hello ñ.txt', 'Hello')
    const large = await sourceFile('large.bin', Buffer.alloc(pieceBytes * 2 + 5, 7))
    await page.setInputFiles(filesInput, [small, large, await sourceFile('empty', '')])
    await page.getByRole('row', { name: /large\.bin/ }).waitFor()
    await page.getByRole('row', { name: /hello ñ\.txt/ }).waitFor()
    await page.getByText('3 of 3 files').waitFor()
    assert.equal(await readFile(join(home, 'hello ñ.txt'), 'utf8'), 'Hello')
    assert.ok((await readFile(join(home, 'large.bin'))).equals(await readFile(large)))
    const [sent, kept] = [await stat(small), await stat(join(home, 'hello ñ.txt'))]
    assert.ok(Math.abs(sent.mtimeMs - kept.mtimeMs) < 1000)
    await assertAccessible(page, 'finished uploads')
    await world.screenshot('client-uploads', page)
    await page.getByRole('button', { name: 'Clear the list' }).click()
    await page.getByRole('region', { name: 'Transfers' }).waitFor({ state: 'detached' })
    await page.close()
  })

  it('keep the folders of a folder, also those that are empty', async () => {
    const { page, home } = await openFiles('bob')
    await sourceFile('tree/one.txt', '1')
    await sourceFile('tree/deep/er/two.txt', '22')
    await page.setInputFiles('input[type=file][webkitdirectory]', join(source, 'tree'))
    await arrived(home, 'tree/deep/er/two.txt', 2)
    await arrived(home, 'tree/one.txt', 1)
    // The folder is listed anew for it; until then the page does not know that something may be dropped.
    await page.getByRole('row', { name: /tree/ }).waitFor()

    await mkdir(join(source, 'dropped/empty'), { recursive: true })
    await sourceFile('dropped/three.txt', '333')
    await drop(page, [join(source, 'dropped')])
    await arrived(home, 'dropped/three.txt', 3)
    await waitUntil('the empty folder', async () => (await readdir(join(home, 'dropped'))).includes('empty'))
    await page.getByRole('row', { name: /dropped/ }).waitFor()
    await page.close()
  })

  it('ask once about names that are taken, before anything is sent', async () => {
    const { page, home } = await openFiles('cat')
    await writeFile(join(home, 'a.txt'), 'old a')
    await writeFile(join(home, 'b.txt'), 'old b')
    await page.reload()
    await page.getByRole('row', { name: /b\.txt/ }).waitFor()
    const files = [
      await sourceFile('a.txt', 'new a'),
      await sourceFile('b.txt', 'new b'),
      await sourceFile('c.txt', 'c'),
    ]
    await page.setInputFiles(filesInput, files)
    const dialog = page.getByRole('dialog', { name: '2 names are taken' })
    await dialog.waitFor()
    assert.deepEqual((await readdir(home)).sort(), ['a.txt', 'b.txt'])
    await assertAccessible(page, 'the question about names')
    await world.screenshot('client-upload-conflict', page)
    // What changes least comes first, as in every dialog.
    assert.deepEqual(await dialog.locator('.dialog-actions button').allInnerTexts(), [
      'Skip',
      'Keep both',
      'Replace',
    ])
    await dialog.getByRole('button', { name: 'Keep both' }).click()
    await page.getByRole('row', { name: /a \(2\)\.txt/ }).waitFor()
    await arrived(home, 'c.txt', 1)
    assert.equal(await readFile(join(home, 'a.txt'), 'utf8'), 'old a')
    assert.equal(await readFile(join(home, 'a (2).txt'), 'utf8'), 'new a')

    await page.setInputFiles(filesInput, files.slice(1, 2))
    await page.getByRole('button', { name: 'Replace', exact: true }).click()
    await waitUntil('the new b', async () => (await readFile(join(home, 'b.txt'), 'utf8')) === 'new b')

    // Those that begin close together ask one after the other.
    const { promise: bothChosen, resolve: goOn } = Promise.withResolvers<void>()
    await page.route('**/user/uploads', async (route) => {
      await bothChosen
      await route.continue()
    })
    for (const file of files.slice(0, 2)) await page.setInputFiles(filesInput, file)
    goOn()
    const next = page.getByRole('dialog', { name: 'One name is taken' })
    for (const name of ['a.txt', 'b.txt'])
      await next.filter({ hasText: name }).getByRole('button', { name: 'Keep both' }).click()
    await arrived(home, 'a (3).txt', 5)
    await arrived(home, 'b (2).txt', 5)
    await page.close()
  })

  it('wait while the network is away, and go on by themselves', async () => {
    const { page, home } = await openFiles('dan')
    const large = await sourceFile('network.bin', Buffer.alloc(pieceBytes * 3, 1))
    await world.allow('network', async () => {
      let pieces = 0
      await page.route('**/user/uploads/*', async (route) => {
        if (route.request().method() === 'PATCH' && pieces++ === 1) await route.abort('internetdisconnected')
        else await route.continue()
      })
      await page.setInputFiles(filesInput, large)
      await page.getByText('No connection. It goes on by itself.').waitFor()
    })
    await arrived(home, 'network.bin', pieceBytes * 3)
    await page.close()
  })

  it('go on after the page was closed, where they stopped', async () => {
    const { page, home } = await openFiles('eve')
    const content = Buffer.alloc(pieceBytes * 3 + 11, 'abc')
    const large = await sourceFile('resumed.bin', content)
    let pieces = 0
    await page.route('**/user/uploads/*', async (route) => {
      if (route.request().method() === 'PATCH' && pieces++ >= 2) return
      await route.continue()
    })
    await page.setInputFiles(filesInput, large)
    await waitUntil('the third piece', () => pieces > 2)
    await page.close()

    const again = await openPage('eve')
    await again.getByText('One upload is not finished.').waitFor()
    await again.getByRole('button', { name: 'Show', exact: true }).click()
    const dialog = again.getByRole('dialog', { name: 'Unfinished uploads' })
    await assertAccessible(again, 'unfinished uploads')
    await world.screenshot('client-upload-unfinished', again)
    const offsets: string[] = []
    again.on('request', (request) => {
      if (request.method() === 'PATCH') offsets.push(request.headers()['upload-offset'] ?? '')
    })
    await dialog.locator('input[type=file]').setInputFiles(large)
    await arrived(home, 'resumed.bin', content.length)
    // Some of the third piece may have arrived before the page was gone.
    assert.ok(Number(offsets[0]) >= pieceBytes * 2, `began at ${offsets[0]}`)
    assert.ok((await readFile(join(home, 'resumed.bin'))).equals(content))
    await dialog.waitFor({ state: 'detached' })
    await again.close()
  })

  it('can be discarded when they are not wanted any more', async () => {
    const { page } = await openFiles('fay')
    const large = await sourceFile('unwanted.bin', Buffer.alloc(pieceBytes * 2))
    let hasStopped = false
    await page.route('**/user/uploads/*', async (route) => {
      if (route.request().method() === 'PATCH') hasStopped = true
      else await route.continue()
    })
    await page.setInputFiles(filesInput, large)
    await waitUntil('the first piece', () => hasStopped)
    await page.close()
    const again = await openPage('fay')
    await again.getByRole('button', { name: 'Show', exact: true }).click()
    await world.signInUser('fay')
    await world.allow(403, async () => {
      await again.getByRole('button', { name: 'Discard', exact: true }).click()
      await again.getByRole('dialog').waitFor({ state: 'detached' })
    })
    await again.reload()
    await again.getByRole('grid').waitFor()
    assert.equal(await again.getByText('is not finished').count(), 0)
    await again.close()
  })

  it('pause, go on, and are cancelled', async () => {
    const { page, home } = await openFiles('gus')
    const large = await sourceFile('paused.bin', Buffer.alloc(pieceBytes * 2, 3))
    let isHeld = true
    const held: (() => void)[] = []
    await page.route('**/user/uploads/*', async (route) => {
      if (route.request().method() === 'PATCH' && isHeld)
        await new Promise<void>((resolve) => held.push(resolve))
      await route.continue().catch(() => undefined)
    })
    await page.setInputFiles(filesInput, large)
    await waitUntil('a piece', () => held.length > 0)
    await page.getByRole('button', { name: 'Pause paused.bin' }).click()
    await page.getByText(/Paused · 8 MiB/).waitFor()
    isHeld = false
    for (const release of held) release()
    await page.getByRole('button', { name: 'Go on with paused.bin' }).click()
    await arrived(home, 'paused.bin', pieceBytes * 2)

    isHeld = true
    held.length = 0
    await page.setInputFiles(filesInput, await sourceFile('cancelled.bin', Buffer.alloc(pieceBytes * 2)))
    await waitUntil('a piece', () => held.length > 0)
    await page.getByRole('button', { name: 'Cancel cancelled.bin' }).click()
    for (const release of held) release()
    await page.getByText(/^Cancelled/).waitFor()
    await waitUntil('nothing unfinished', async () => {
      const answer = await page.request.get(new URL('api/v2/user/uploads', world.url).href)
      return (await answer.text()) === '[]'
    })
    assert.ok(!(await readdir(home)).includes('cancelled.bin'))
    await page.close()
  })

  it('go on after the user has signed in again', async () => {
    const { page, home } = await openFiles('hal')
    const large = await sourceFile('session.bin', Buffer.alloc(pieceBytes * 3, 5))
    const late = await sourceFile('late.txt', 'late')
    let pieces = 0
    await page.route('**/user/uploads/*', async (route) => {
      if (route.request().method() === 'PATCH' && pieces++ === 1)
        await route.fulfill({ status: 401, json: { message: 'Sign in first', error: 'access-denied' } })
      else await route.continue()
    })
    // Another one is refused while the sign-in is under way.
    const { promise: isLateRefused, resolve: refuseLate } = Promise.withResolvers<void>()
    await page.route('**/session/user', async (route) => {
      if (route.request().method() === 'POST') {
        await page.setInputFiles(filesInput, late)
        await isLateRefused
      }
      await route.continue()
    })
    let isLate = true
    await page.route('**/user/uploads', async (route) => {
      if (route.request().postDataBuffer()?.length !== 4 || !isLate) return route.continue()
      isLate = false
      await route.fulfill({ status: 401, json: { message: 'Sign in first', error: 'access-denied' } })
      setTimeout(refuseLate, 100)
    })
    const signInAgain = async () => {
      await page.setInputFiles(filesInput, large)
      await page.getByRole('dialog', { name: 'Sign in again' }).waitFor()
      await page.getByLabel('Password', { exact: true }).fill('hal-password')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await arrived(home, 'session.bin', pieceBytes * 3)
      await arrived(home, 'late.txt', 4)
    }
    // The server is asked for what has arrived of the late one: nothing.
    await world.allow(404, () => world.allow(401, signInAgain))
    await page.close()
  })

  it('have arrived also when the answer was lost, or they were paused before it', async () => {
    const { page, home } = await openFiles('lea')
    const { promise: isResumed, resolve: letGo } = Promise.withResolvers<void>()
    await page.route('**/user/uploads', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      await route.fetch()
      if (route.request().postDataBuffer()?.length === 4) await isResumed
      await route.abort('connectionreset').catch(() => undefined)
    })
    await world.allow('network', async () => {
      await page.setInputFiles(filesInput, await sourceFile('unheard.txt', 'heard'))
      await page.getByText('1 of one file').waitFor()
    })
    await page.setInputFiles(filesInput, await sourceFile('stopped.txt', 'stop'))
    await arrived(home, 'stopped.txt', 4)
    await page.getByRole('button', { name: 'Pause stopped.txt' }).click()
    await page.getByRole('button', { name: 'Go on with stopped.txt' }).click()
    await page.getByText('2 of 2 files').waitFor()
    letGo()
    assert.deepEqual((await readdir(home)).sort(), ['stopped.txt', 'unheard.txt'])
    await page.close()
  })

  it('go on after a sign-in in another tab, of the same user alone', async () => {
    await world.product.addUser('pam')
    await mkdir(world.product.homeOf('pam'), { recursive: true })
    const { page, home } = await openFiles('oto')
    let next = ''
    let isCutByProxy = false
    let stale: string | undefined
    await page.route('**/user/uploads/*', async (route) => {
      const { 'upload-offset': offset, 'x-csrf-token': token } = route.request().headers()
      // Between the first piece and the second, which is small enough for its refusal to pass every proxy.
      if (route.request().method() === 'PATCH' && offset !== '0' && next !== '') {
        await world.signInUser(next)
        stale = token
        next = ''
      }
      if (isCutByProxy && token === stale) await route.fulfill({ status: 502, body: 'Bad gateway' })
      else await route.continue()
    })
    const send = async (name: string) =>
      page.setInputFiles(filesInput, await sourceFile(name, Buffer.alloc(pieceBytes + 5, 4)))
    await world.allow(403, async () => {
      next = 'oto'
      await send('tab.bin')
      await page.getByRole('row', { name: /tab\.bin/ }).waitFor()
      await mkdir(join(home, 'folder'))
      await world.signInUser('oto')
      await page.getByRole('button', { name: 'Refresh' }).click()
      await page.getByRole('row', { name: /folder/ }).waitFor()
      await world.allow(502, async () => {
        next = 'oto'
        isCutByProxy = true
        await send('gateway.bin')
        await page.getByRole('row', { name: /gateway\.bin/ }).waitFor()
        isCutByProxy = false
      })
      next = 'pam'
      await send('other.bin')
      await page.getByText('one failed').waitFor()
    })
    assert.deepEqual(await readdir(world.product.homeOf('pam')), [])
    await page.close()
  })

  it('use POST where PATCH is not let through', async () => {
    const { page, home } = await openFiles('ivy')
    const large = await sourceFile('posted.bin', Buffer.alloc(pieceBytes * 2 + 1, 9))
    await page.route('**/user/uploads/*', async (route) => {
      if (route.request().method() === 'PATCH')
        await route.fulfill({ status: 405, body: 'Method not allowed' })
      else await route.continue()
    })
    await world.allow(405, async () => {
      await page.setInputFiles(filesInput, large)
      await arrived(home, 'posted.bin', pieceBytes * 2 + 1)
    })
    await page.close()
  })

  it('stop a file that the server refuses, with its reason, and send the others', async () => {
    const { page, home } = await openFiles('jon', { quota_size: 1000 })
    const files = [
      await sourceFile('too-large.bin', Buffer.alloc(5000)),
      await sourceFile('fits.txt', 'fits'),
    ]
    await world.allow(413, async () => {
      await page.setInputFiles(filesInput, files)
      await page.getByText('This does not fit into the space of the quota.').first().waitFor()
    })
    await arrived(home, 'fits.txt', 4)
    assert.deepEqual(await readdir(home), ['fits.txt'])
    await page.getByRole('button', { name: 'Try all again that failed' }).waitFor()
    // The server has kept nothing of the first one that could be given up.
    await world.allow(404, async () => {
      await page.setInputFiles(filesInput, await sourceFile('too-large.bin', 'made smaller'))
      await arrived(home, 'too-large.bin', 12)
    })
    await page.close()
  })

  it('may be hundreds of files, of which a few are in the page', async () => {
    const { page, home } = await openFiles('kim')
    const count = 300
    const files = await Promise.all(
      Array.from({ length: count }, (_, at) => sourceFile(`many/f${at}.txt`, `${at}`)),
    )
    await page.setInputFiles(filesInput, files)
    await page.getByText(`${count} of ${count} files`).waitFor({ timeout: 40_000 })
    assert.equal((await readdir(home)).length, count)
    assert.ok((await page.locator('.transfers-row').count()) < 40)
    await page.close()
  })

  it('hold the page when it is about to close', async () => {
    const { page } = await openFiles('leo')
    await page.route('**/user/uploads/*', () => undefined)
    await page.setInputFiles(filesInput, await sourceFile('held.bin', Buffer.alloc(pieceBytes + 1)))
    await page.getByRole('button', { name: 'Pause held.bin' }).waitFor()
    const asked = page.waitForEvent('dialog')
    await page.close({ runBeforeUnload: true })
    const dialog = await asked
    assert.equal(dialog.type(), 'beforeunload')
    await dialog.accept()
  })

  it('are not offered to those who may not upload', async () => {
    await world.product.addUser('mia', { permissions: { '/': ['list', 'download'] } })
    await mkdir(world.product.homeOf('mia'), { recursive: true })
    await world.signInUser('mia')
    const page = await world.openPage('web/client/files')
    const upload = page.getByRole('button', { name: /^Upload .*You do not have the permission/ })
    await upload.waitFor()
    assert.ok(await upload.isDisabled())
    await page.close()
  })
})

/** Files and folders of this machine, dropped from outside of the browser. */
async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const box = await page.locator('.files-drop').boundingBox()
  assert.ok(box)
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, x, y, data })
}
