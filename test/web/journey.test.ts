import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Frame, Page } from 'playwright-core'
import { openWebWorld } from '../support/browser/web-world.ts'
import { runProgram, type Outcome } from '../support/run-program.ts'

/** sftp(1) as a person uses it, with a program that types the password. */
async function uploadBySftp(line: string, password: string, local: string): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'sftp-'))
  try {
    const askpass = join(directory, 'askpass.sh')
    await writeFile(askpass, `#!/bin/sh\nprintf '%s\\n' "$SFTP_PASSWORD"\n`)
    await chmod(askpass, 0o700)
    const [program = '', ...args] = line.split(' ')
    const options = ['-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=${directory}/known_hosts`]
    return await runProgram(program, [...options, ...args], {
      input: `put ${local}\nbye\n`,
      env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', SFTP_PASSWORD: password },
      timeoutMs: 30_000,
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function signIn(target: Page | Frame, name: string, password: string): Promise<void> {
  await target.getByLabel(/^(User name|Usuario)$/).fill(name)
  await target.getByRole('textbox', { name: /^(Password|Contraseña)$/ }).fill(password)
  await target.getByRole('button', { name: /^(Sign in|Iniciar sesión)$/ }).click()
}

test('an owner opens the plugin, makes a user, and sees in the WebClient what came over SFTP', async () => {
  await using world = await openWebWorld()
  const owner = world.platform.world.findUser(world.platform.world.plugin.user)
  const { frame } = world

  // The Plugins entry, with nobody signed in and no user made.
  await frame.waitForURL(/\/web\/admin\/setup$/)
  await signIn(frame, owner?.user ?? '', owner?.password ?? '')
  await frame.getByText('Three steps to your first file').waitFor()
  await world.screenshot('journey-1-storage')
  await frame.getByRole('button', { name: 'Next' }).click()
  await frame.getByLabel('User name').fill('logger')
  const password = await frame.getByRole('textbox', { name: 'Password' }).inputValue()
  assert.ok(password.length >= 16)
  await world.screenshot('journey-2-user')
  await frame.getByRole('button', { name: 'Create the user' }).click()
  await frame.getByText('Waiting for the first file').waitFor()

  // The line that the page offers is the line that works.
  await frame.getByRole('tab', { name: 'OpenSSH' }).click()
  const line = (await frame.locator('.code-line code').first().textContent()) ?? ''
  assert.match(line, /^sftp .*logger@127\.0\.0\.1$/)
  const local = join(world.product.directory, 'measurements.csv')
  await writeFile(local, 'time,value\n1,20.5\n')
  const outcome = await uploadBySftp(line, password, local)
  assert.ok(outcome.isOk, outcome.stderr)
  await frame.getByText('The first file has arrived').waitFor()
  await world.screenshot('journey-3-connected')

  // The same entry leads to the WebClient from now on.
  const client = await world.openPage('')
  await client.waitForURL(/\/web\/client\/files/)
  await signIn(client, 'logger', password)
  await client.getByRole('row', { name: /measurements\.csv/ }).waitFor()
  await world.screenshot('journey-4-webclient', client)
  await client.getByRole('row', { name: /measurements\.csv/ }).dblclick()
  await client.getByRole('dialog').getByText('20.5').waitFor()
})

test('the same in Spanish: every step speaks the language of the browser', async () => {
  await using world = await openWebWorld({ language: 'es-ES' })
  const owner = world.platform.world.findUser(world.platform.world.plugin.user)
  const { frame } = world
  await frame.waitForURL(/\/web\/admin\/setup$/)
  await frame.getByRole('heading', { name: 'Iniciar sesión en WebAdmin' }).waitFor()
  await signIn(frame, owner?.user ?? '', owner?.password ?? '')
  await frame.getByRole('button', { name: 'Siguiente' }).click()
  await frame.getByLabel('Usuario').fill('sensor')
  const password = await frame.getByRole('textbox', { name: 'Contraseña' }).inputValue()
  await frame.getByRole('button', { name: 'Crear el usuario' }).click()
  await frame.getByText('Esperando el primer archivo').waitFor()
  assert.equal(await frame.evaluate('document.documentElement.lang'), 'es')
  const client = await world.openPage('web/client/login')
  await signIn(client, 'sensor', password)
  await client.getByRole('heading', { name: 'Archivos' }).waitFor()
  await world.screenshot('journey-spanish', client)
})

test('a tab goes on after a sign-in in another tab, without being loaded again', async () => {
  await using world = await openWebWorld()
  await world.product.addUser('ann')
  await world.signInUser('ann')
  const page = await world.openPage('web/client/files')
  const newFolder = page.getByRole('button', { name: 'New folder' })
  await newFolder.and(page.locator(':enabled')).waitFor()
  await world.signInUser('ann')
  await newFolder.click()
  await page.getByRole('dialog').getByRole('textbox').fill('made later')
  await world.allow(403, async () => {
    await page.getByRole('dialog').getByRole('button').last().click()
    await page.getByRole('row', { name: /made later/ }).waitFor()
  })
})
