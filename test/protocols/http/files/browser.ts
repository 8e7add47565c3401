import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { UserSettings } from '../../../../src/core/accounts/user.ts'
import { quickHash } from '../../../core/core-fixture.ts'
import { fieldOf, type Answer, type HttpWorld } from '../http-world.ts'
import { unlimitedUser } from '../../../support/user-settings.ts'

/** One browser that a user has signed in with: it keeps the cookie and sends the token with every change. */
export class Browser {
  readonly #world: HttpWorld
  readonly username: string
  /** For requests that are made by hand. */
  readonly headers: Readonly<Record<string, string>>

  constructor(world: HttpWorld, username: string, headers: Record<string, string>) {
    this.#world = world
    this.username = username
    this.headers = headers
  }

  get home(): string {
    return join(this.#world.root, this.username)
  }

  get api(): string {
    return `${this.#world.url}/api/v2`
  }

  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#world.call(method, `/api/v2${path}`, body, { ...this.headers, ...headers })
  }

  /** The body of an answer that is as expected. */
  async ask(method: string, path: string, body?: unknown, status = 200): Promise<Record<string, unknown>> {
    const answer = await this.call(method, path, body)
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    return answer.body as Record<string, unknown>
  }

  fetch(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = { ...this.headers, ...(init.headers as Record<string, string> | undefined) }
    return fetch(`${this.api}${path}`, { ...init, headers })
  }
}

/** A user with every right and the password '<name>-password', unless told otherwise. */
export async function addUser(
  world: HttpWorld,
  username: string,
  settings: Partial<UserSettings> = {},
): Promise<void> {
  const homeDir = join(world.root, username)
  await mkdir(homeDir, { recursive: true })
  await world.database.users.add(
    { ...unlimitedUser({ username, homeDir, passwordHash: quickHash(`${username}-password`) }), ...settings },
    Date.now(),
  )
}

export async function signInAs(
  world: HttpWorld,
  username: string,
  password = `${username}-password`,
): Promise<Browser> {
  const answer = await world.call('POST', '/api/v2/session/user', { username, password })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return new Browser(world, username, {
    Cookie: cookie,
    'X-CSRF-TOKEN': String(fieldOf(answer.body, 'csrf_token')),
  })
}

/** A user, signed in. */
export async function newBrowser(
  world: HttpWorld,
  username: string,
  settings: Partial<UserSettings> = {},
): Promise<Browser> {
  await addUser(world, username, settings)
  return signInAs(world, username)
}
