import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { UserResource } from '../../src/contract/user.ts'
import { openWebWorld, type WebWorld } from '../support/browser/web-world.ts'
import { waitUntil } from '../support/wait-until.ts'

/** A WebAdmin that somebody is signed in to, on an account with the storage 'site', called 'Site A'. */
export class AdminWorld implements AsyncDisposable {
  readonly web: WebWorld

  constructor(web: WebWorld) {
    this.web = web
  }

  get product() {
    return this.web.product
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.web[Symbol.asyncDispose]()
  }

  async userOf(name: string): Promise<UserResource> {
    const { status, body } = await this.product.api('GET', `/users/${encodeURIComponent(name)}`)
    assert.equal(status, 200, name)
    return body as UserResource
  }

  async addFolder(name: string, directory: string): Promise<void> {
    const folder = { name, mapped_path: join(this.product.storagesDirectory, directory) }
    assert.equal((await this.product.api('POST', '/folders', folder)).status, 201)
  }

  /** Signs a user in as another browser would, which then keeps silent. */
  async startSession(username: string): Promise<void> {
    const { status } = await fetch(`${this.product.httpUrl}/api/v2/session/user`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: `${username}-password` }),
    })
    assert.equal(status, 200, username)
  }

  /** A page of the WebAdmin that is closed at the end of the test. */
  async openAdmin(path: string): Promise<Page & AsyncDisposable> {
    const page = await this.web.openPage(`web/admin/${path}`)
    await page.waitForSelector('h1')
    return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() })
  }
}

export async function openAdminWorld(settings: { readonly isPublic?: boolean } = {}): Promise<AdminWorld> {
  const web = await openWebWorld({
    platform: {
      storages: [{ user: 'alice', storage: 'site', name: 'Site A', public: settings.isPublic ?? false }],
    },
  })
  await mkdir(join(web.product.storagesDirectory, 'site/in'), { recursive: true })
  await waitUntil('the storages of the platform', async () =>
    JSON.stringify((await web.product.api('GET', '/storages')).body).includes('Site A'),
  )
  await web.signInAdmin()
  return new AdminWorld(web)
}

/** Opens the menu of a row of a list. */
export async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
