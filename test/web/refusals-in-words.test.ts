import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { adminPassword } from '../support/product.ts'
import { waitUntil } from '../support/wait-until.ts'

/** What the API says for scripts: names of its fields, and its English. */
const apiWords = /\b[a-z]+_[a-z]+: |\b(is|are|must|has|cannot|contains|The|Clients|passcode|username)\b/

describe('what is refused, in a Spanish browser', () => {
  let world: WebWorld

  before(async () => {
    world = await openWebWorld({ language: 'es-ES' })
    await world.product.addUser('ann')
    await mkdir(world.product.homeOf('ann'), { recursive: true })
  })
  after(() => world[Symbol.asyncDispose]())

  const field = (page: Page, name: string) => page.getByLabel(name, { exact: true })
  const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

  /** What stands beside fields and in banners, once there is anything. */
  async function refusalOn(page: Page, act: () => Promise<void>, status = 400): Promise<string> {
    const shown = page.locator('.field-error, .banner-failed')
    await world.allow(status, async () => {
      await act()
      await shown.first().waitFor()
    })
    const text = (await shown.allInnerTexts()).join(' | ')
    assert.doesNotMatch(text, apiWords)
    return text
  }

  it('is a wrong password of a user', async () => {
    await world.signInUser('ann')
    const page = await world.openPage('web/client/profile')
    await field(page, 'Contraseña actual').fill('wrong')
    await field(page, 'Nueva contraseña').fill('anns-new-password')
    await field(page, 'Nueva contraseña otra vez').fill('anns-new-password')
    assert.match(
      await refusalOn(page, () => click(page, 'Cambiar la contraseña')),
      /contraseña no es correcta/,
    )
    await field(page, 'Contraseña actual').fill('ann-password')
    await field(page, 'Nueva contraseña').fill('ann-password')
    await field(page, 'Nueva contraseña otra vez').fill('ann-password')
    assert.match(await refusalOn(page, () => click(page, 'Cambiar la contraseña')), /otra contraseña/)
    await page.close()
  })

  it('is a wrong code of a second factor', async () => {
    await world.signInUser('ann')
    const page = await world.openPage('web/client/profile')
    await click(page, 'Activar')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Código de la aplicación').fill('000000')
    const act = () => dialog.getByRole('button', { name: 'Activar' }).click()
    assert.match(await refusalOn(page, act), /código no es correcto/)
    await page.close()
  })

  it('is a wrong password of an admin', async () => {
    await world.signInAdmin()
    const page = await world.openPage('web/admin/profile')
    await field(page, 'Contraseña actual').fill('wrong')
    await field(page, 'Contraseña nueva').fill('another-password')
    await field(page, 'Contraseña nueva otra vez').fill('another-password')
    assert.match(
      await refusalOn(page, () => click(page, 'Cambiar la contraseña')),
      /contraseña no es correcta/,
    )
    await field(page, 'Contraseña actual').fill(adminPassword)
    await page.close()
  })

  it('is a line that is no key, and a name that others could take for another', async () => {
    const page = await world.openPage('web/admin/user')
    await field(page, 'Usuario').fill('cafe\u0301')
    await page.locator('summary', { hasText: 'Acceso' }).last().click()
    await page.locator('[name="public_keys"]').fill('no key at all')
    const save = () => page.locator('.editor-actions button[type=submit]').click()
    assert.match(await refusalOn(page, save), /otro nombre/)
    await field(page, 'Usuario').fill('cafe')
    assert.match(await refusalOn(page, save), /no es una clave pública SSH/)
    await page.close()
  })

  it('are names of many at once', async () => {
    const page = await world.openPage('web/admin/users')
    await click(page, 'Muchos a la vez')
    await page.locator('[name="list"]').fill('right\u200bleft\nsetup')
    assert.match(
      await refusalOn(page, () => page.locator('form button[type=submit]').click()),
      /carácter que no se permite/,
    )
    await page.getByText('reservado').waitFor()
    await page.close()
  })

  it('are backups that are none, of others, and with another passphrase', async () => {
    await world.product.api('POST', '/backups', { passphrase: 'right one' })
    const directory = join(world.product.storagesDirectory, 'sftpgo_data/backups')
    await writeFile(join(directory, 'rubbish.json'), 'rubbish')
    await writeFile(join(directory, 'dump.json'), '{"version":17,"users":[],"folders":[]}')
    const page = await world.openPage('web/admin/maintenance')
    const refused = async (name: RegExp, passphrase?: string) => {
      await page.getByRole('button', { name }).click()
      const dialog = page.getByRole('dialog')
      if (passphrase !== undefined) await dialog.getByLabel('Frase de contraseña').fill(passphrase)
      const said = await refusalOn(page, () =>
        dialog.getByRole('button', { name: 'Mostrar qué cambiaría' }).click(),
      )
      await page.keyboard.press('Escape')
      if (passphrase !== undefined) await click(page, 'Descartar')
      await dialog.waitFor({ state: 'detached' })
      return said
    }
    assert.match(await refused(/^Restaurar rubbish/), /no es una copia/)
    assert.match(await refused(/^Restaurar dump/), /programa SFTPGo/)
    assert.match(await refused(/^Restaurar .*(?<!h|p)\.[a-z]+$/, 'wrong one'), /frase de contraseña no es/)
    await page.close()
  })

  it('is a restore that would add users, to an admin who may not', async () => {
    const operator = { username: 'operator', password: 'operators-password', status: 1 }
    const body = { ...operator, permissions: ['manage_system', 'edit_users'] }
    assert.equal((await world.product.api('POST', '/admins', body)).status, 201)
    await world.product.addUser('gone')
    const { body: backup } = await world.product.api('POST', '/backups', {})
    assert.equal((await world.product.api('DELETE', '/users/gone')).status, 200)
    await world.signInAdmin(operator.username, operator.password)
    const page = await world.openPage('web/admin/maintenance')
    await click(page, `Restaurar ${(backup as { readonly name: string }).name}`)
    assert.equal(
      await refusalOn(page, () => click(page, 'Mostrar qué cambiaría'), 403),
      'Esta copia añadiría usuarios, y usted no tiene permiso para ello.',
    )
    await page.close()
  })

  it('are names, a quota and a size that a user may not use, also in a job', async () => {
    const file_patterns = [{ path: '/', allowed_patterns: [], denied_patterns: ['*.exe'], deny_policy: 0 }]
    await world.product.addUser('ben', {
      quota_files: 1,
      filters: { file_patterns, max_upload_file_size: 5 },
    })
    await mkdir(join(world.product.homeOf('ben'), 'dir'), { recursive: true })
    await world.signInUser('ben')
    const page = await world.openPage('web/client/files')
    const dialog = page.getByRole('dialog')
    const make = async (name: string) => {
      await click(page, 'Más acciones')
      await page.getByRole('menuitem', { name: 'Nuevo archivo de texto' }).click()
      await dialog.getByLabel('Nombre').fill(name)
      await dialog.getByRole('button', { name: 'Crear' }).click()
    }
    const leave = async () => {
      await dialog.getByRole('button', { name: 'Cancelar' }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    assert.equal(
      await refusalOn(page, () => make('a.exe'), 403),
      'Aquí no se permiten archivos con un nombre así.',
    )
    await leave()
    await world.allow(413, async () => {
      const large = { name: 'large.txt', mimeType: 'text/plain', buffer: Buffer.from('too large') }
      await page.setInputFiles('input[type=file][multiple]', large)
      await page
        .getByText('El archivo es mayor de lo que puede subir. Pida más a su administrador.')
        .waitFor()
    })
    await make('a.txt')
    await page.getByRole('row', { name: 'a.txt' }).waitFor()
    assert.match(await refusalOn(page, () => make('b.txt'), 413), /^No caben más archivos/)
    await leave()
    await page.getByLabel('Seleccionar a.txt').check({ force: true })
    await click(page, 'Copiar')
    await dialog.getByRole('button', { name: 'dir' }).click()
    await dialog.getByRole('button', { name: 'Copiar aquí' }).click()
    const failures = page.locator('.transfers-failures')
    await failures.getByText('No caben más archivos').waitFor()
    assert.doesNotMatch(await failures.innerText(), apiWords)
    await page.close()
  })

  it('are certificates', async () => {
    await world.signInAdmin()
    const directory = join(world.product.directory, 'certificates/files.example.com')
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'fullchain.pem'), 'rubbish')
    await writeFile(join(directory, 'privkey.pem'), 'rubbish')
    const page = await world.openPage('web/admin/status')
    const line = page.locator('.health-line', { hasText: 'files.example.com' })
    await waitUntil(
      'the certificate',
      async () => {
        await page.getByRole('button', { name: 'Actualizar' }).click()
        return /PEM/.test((await line.allInnerTexts()).join())
      },
      90_000,
    )
    assert.match(await line.innerText(), /no está completo/)
    for (const text of await page.locator('#certificates, .health-line .soft').allInnerTexts())
      assert.doesNotMatch(text, apiWords)
    await page.close()
  })
})
