import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { runProgram } from '../support/run-program.ts'
import { openAdminWorld, type AdminWorld } from './admin-world.ts'

let world: AdminWorld

before(async () => {
  world = await openAdminWorld({ isPublic: true })
})
after(() => world[Symbol.asyncDispose]())

const sidewaysScroll = `document.documentElement.scrollWidth - innerWidth`

describe('first steps', () => {
  it('ask before a name that was typed is lost, and can be skipped', async () => {
    const page = await world.web.openPage('web/admin/')
    await page.waitForURL(/\/web\/admin\/setup$/)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('User name').fill('ann')
    await page.getByRole('link', { name: 'Skip to the users' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await page.getByLabel('User name').inputValue(), 'ann')
    await page.getByRole('link', { name: 'Skip to the users' }).click()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByText('There are no users yet').waitFor()
    await assertAccessible(page, 'no users')
    await page.getByRole('button', { name: 'First steps' }).click()
    await page.getByText('Three steps to your first file').waitFor()
  })

  it('lead from nothing to the first file, in a storage that was picked by its name', async () => {
    const page = await world.web.openPage('web/admin/setup')
    await page.waitForSelector('select')
    await assertAccessible(page, 'the first step')
    await page.getByLabel('Where the files lie').selectOption('storage:site')
    await page.getByText('anybody on the web can read').waitFor()
    await page.getByLabel('Directory in it').fill('/in box/')
    await page.getByRole('button', { name: 'Next' }).click()

    await page.getByLabel('User name').fill('sensor-1')
    const password = await page.getByRole('textbox', { name: 'Password' }).inputValue()
    assert.match(password, /^[2-9a-km-np-zA-HJ-NP-Z]{16,}$/)
    await assertAccessible(page, 'the second step')
    await page.getByLabel('What is allowed').selectOption('upload')
    await page.getByRole('button', { name: 'Create the user' }).click()

    await page.getByText('Waiting for the first file').waitFor()
    await page.locator('.connect-password', { hasText: password }).waitFor()
    await page.locator('.connect-qr path').waitFor()
    await assertAccessible(page, 'the third step')
    await world.web.screenshot('first-steps', page)

    const local = join(world.product.directory, 'local.txt')
    await writeFile(local, 'hello')
    const login = ['--user', `sensor-1:${password}`]
    const address = `ftp://127.0.0.1:${world.product.ftpPort}/first.txt`
    const { exitCode, stderr } = await runProgram('curl', ['-sS', ...login, '-T', local, address])
    assert.equal(exitCode, 0, stderr)
    await page.getByText('The first file has arrived').waitFor()
    const stored = join(world.product.storagesDirectory, 'site/in box/first.txt')
    assert.equal(await readFile(stored, 'utf8'), 'hello')
    await page.getByRole('button', { name: 'Go to the users' }).click()
    await page.getByRole('link', { name: 'sensor-1' }).waitFor()
  })

  it('say in the reader’s language what is wrong, on a phone, in the dark', async () => {
    const page = await world.web.openPage('web/admin/setup')
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.evaluate(`localStorage.setItem('sftpgo.language', 'es')`)
    await page.reload()
    await page.getByRole('button', { name: 'Siguiente' }).click()
    await page.getByRole('button', { name: 'Crear el usuario' }).click()
    await page.getByText('Escriba un nombre sin').waitFor()
    await page.getByLabel('Usuario').fill('ana')
    await page.getByRole('button', { name: 'Crear el usuario' }).click()
    await page.getByText('Esperando el primer archivo').waitFor()
    await page.locator('.connect-qr path').waitFor()
    await assertAccessible(page, 'the third step in the dark')
    assert.equal(await page.evaluate(sidewaysScroll), 0)
    await world.web.screenshot('first-steps-phone', page)
  })
})
