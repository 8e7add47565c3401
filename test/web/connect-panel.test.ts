import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { runProgram } from '../support/run-program.ts'
import { waitUntil } from '../support/wait-until.ts'

const name = "o'hara & co"
let world: WebWorld

before(async () => {
  world = await openWebWorld({ viewport: { width: 1280, height: 1400 } })
  await world.product.addUser(name)
  await world.signInAdmin()
})
after(() => world[Symbol.asyncDispose]())

async function openPanel(username: string): Promise<Page> {
  const page = await world.openPage('web/admin/users')
  await page.getByPlaceholder('Search names').fill(username)
  await page.getByRole('button', { name: `Actions for ${username}`, exact: true }).click()
  await page.getByRole('menuitem', { name: 'How to connect' }).click()
  await page.getByRole('dialog').getByRole('tab').first().waitFor()
  return page
}

/** What stands under `title` in the tab that is shown, as it would be copied. */
const snippet = (page: Page, title: string) =>
  page.getByRole('dialog').locator(`pre[aria-label="${title}"]`).innerText()

describe('connect panel', () => {
  it('shows addresses, host keys and a code for phones', async () => {
    const page = await openPanel(name)
    const url = `sftp://o%27hara%20%26%20co@127.0.0.1:${world.product.sftpPort}/`
    await page
      .getByRole('img', { name: `QR code of ${url}` })
      .locator('path')
      .waitFor()
    await page.getByRole('dialog').getByText(url).waitFor()
    const { body } = await world.product.api('GET', '/connect')
    for (const { fingerprint } of (body as { host_keys: { fingerprint: string }[] }).host_keys)
      await page.getByRole('dialog').getByText(fingerprint).waitFor()
    await page.getByRole('dialog').getByText(String(world.product.ftpPort)).first().waitFor()
    await assertAccessible(page, 'the connect panel')
    await world.screenshot('connect-panel', page)
    await page.close()
  })

  it('has a tab for each program, which arrows reach', async () => {
    const page = await openPanel(name)
    await page.getByRole('tab', { name: 'All programs' }).focus()
    const seen: string[] = []
    for (let turn = 0; turn < 9; turn++) {
      await page.keyboard.press('ArrowRight')
      const tab = page.locator('[role=tab][aria-selected=true]')
      seen.push(await tab.innerText())
      await assertAccessible(page, seen.at(-1) ?? '')
      if (turn === 0) await page.getByText('OpenSSH refuses user names').waitFor()
    }
    assert.deepEqual(seen, [
      ...['OpenSSH', 'WinSCP', 'FileZilla', 'curl', 'lftp', 'rclone', 'Arduino', 'Windows, Mac'],
      'All programs',
    ])
    await page.close()
  })

  it('gives commands that work as they are pasted', async () => {
    const page = await openPanel(name)
    await page.getByRole('tab', { name: 'curl' }).click()
    const command = await snippet(page, 'FTP')
    await page.close()
    const cwd = join(world.product.directory, 'client')
    await mkdir(cwd)
    await writeFile(join(cwd, 'file.txt'), 'pasted')
    // curl asks for the password, which needs a terminal: here it is put beside the name.
    const withPassword = command.replace(`co' `, `co:${name.replace("'", `'\\''`)}-password' `)
    const { exitCode, stderr } = await runProgram('sh', ['-c', withPassword], { cwd })
    assert.equal(exitCode, 0, `${withPassword}\n${stderr}`)
    assert.equal(await readFile(join(world.product.homeOf(name), 'file.txt'), 'utf8'), 'pasted')
  })

  it('leaves out what the user may not use, and asks for encryption where it has to be', async () => {
    await world.product.addUser('ftp-only', {
      filters: { denied_protocols: ['SSH', 'HTTP'], ftp_security: 2 },
    })
    const page = await openPanel('ftp-only')
    assert.equal(await page.getByRole('tab', { name: 'OpenSSH' }).count(), 0)
    await page.getByText('Explicit TLS, required').waitFor()
    assert.equal(await page.getByText('In the browser').count(), 0)
    await page.getByRole('tab', { name: 'curl' }).click()
    assert.match(await snippet(page, 'FTP'), /--ssl-reqd/)
    await page.getByRole('tab', { name: 'Arduino' }).click()
    await page.getByText('FTP without encryption, which').waitFor()
    await page.close()

    await world.product.addUser('key-only', { filters: { denied_login_methods: ['password'] } })
    const other = await openPanel('key-only')
    await other.getByText('takes the SSH key of this user').waitFor()
    assert.equal(await other.getByRole('tab', { name: 'Arduino' }).count(), 0)
    await other.close()
  })

  it('copies a value', async () => {
    await world.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const page = await openPanel(name)
    await page
      .getByRole('button', { name: `User: ${name}` })
      .first()
      .click()
    const copied = await waitUntil('the copied name', async () => {
      const text = await page.evaluate<string>('navigator.clipboard.readText()')
      return text !== '' && text
    })
    assert.equal(copied, name)
    await page.close()
  })

  it('has a sketch for small devices that uploads to this server', async () => {
    const page = await openPanel(name)
    await page.getByRole('tab', { name: 'Arduino' }).click()
    const sketch = await snippet(page, 'Sketch')
    await page.close()
    const cwd = join(world.product.directory, 'sketch')
    await mkdir(cwd)
    const boards = join(import.meta.dirname, '../support/arduino')
    await writeFile(
      join(cwd, 'sketch.cpp'),
      `${sketch.replace('"PASSWORD"', JSON.stringify(`${name}-password`))}
int main() {
  setup();
  return upload("reading.txt", "21.5\\n") ? 0 : 1;
}
`,
    )
    const built = await runProgram('g++', ['-std=c++17', '-I', boards, '-o', 'sketch', 'sketch.cpp'], { cwd })
    assert.equal(built.exitCode, 0, built.stderr)
    const { exitCode, stderr } = await runProgram(join(cwd, 'sketch'), [], { cwd, timeoutMs: 20_000 })
    assert.equal(exitCode, 0, stderr)
    assert.equal(await readFile(join(world.product.homeOf(name), 'reading.txt'), 'utf8'), '21.5\n')
  })
})
