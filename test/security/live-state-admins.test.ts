import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Product, startProduct } from '../support/product.ts'
import { ended, jsonHeaders, signInBrowser } from './sessions.ts'

type Change = (product: Product, username: string) => Promise<{ status: number }>

const put =
  (fields: object): Change =>
  async (product, username) => {
    const { body } = await product.api('GET', `/admins/${username}`)
    return product.api('PUT', `/admins/${username}`, { ...(body as object), ...fields })
  }

/** What happens to an admin, and what each way of asking is answered then. */
const changes: readonly { readonly what: string; readonly make: Change; readonly status: number }[] = [
  { what: 'disabled', make: put({ status: 0 }), status: 401 },
  { what: 'deleted', make: (product, username) => product.api('DELETE', `/admins/${username}`), status: 401 },
  { what: 'demoted', make: put({ permissions: ['view_users'] }), status: 403 },
  { what: 'given another password', make: put({ password: 'another long password' }), status: 401 },
]

describe('an admin that is changed loses what was open', { concurrency: 1 }, () => {
  let product: Product
  before(async () => {
    product = await startProduct()
  })
  after(() => product[Symbol.asyncDispose]())

  for (const { what, make, status } of changes)
    test(`${what}: cookie, token, key and the live view`, async () => {
      const username = `admin-${what.replaceAll(' ', '-')}`
      const password = `${username}-password`
      const admin = { username, password, status: 1, permissions: ['view_conns', 'view_users'] }
      assert.equal((await product.api('POST', '/admins', admin)).status, 201)
      const cookie = await signInBrowser(product, username, { as: 'admin' })
      const token = bearer(await tokenOf(product, { username, password }))
      const made = await fetch(`${product.httpUrl}/api/v2/admin/tokens`, {
        method: 'POST',
        headers: { ...cookie, ...jsonHeaders },
        body: JSON.stringify({ name: 'script', expires_at: Date.now() + 3_600_000 }),
      })
      assert.equal(made.status, 201, await made.clone().text())
      const key = bearer(String(((await made.json()) as { access_token: string }).access_token))
      const ask = (headers: Record<string, string>) =>
        fetch(`${product.httpUrl}/api/v2/connections`, { headers })
      for (const headers of [cookie, token, key]) assert.equal((await ask(headers)).status, 200)
      const live = await Promise.all(
        [cookie, token, key].map((headers) => fetch(`${product.httpUrl}/api/v2/live/stream`, { headers })),
      )
      const streams = live.map((response) => {
        assert.equal(response.status, 200)
        return response.text().then(
          () => undefined,
          () => undefined,
        )
      })
      assert.equal((await make(product, username)).status, 200)
      for (const [index, headers] of [cookie, token, key].entries())
        assert.equal((await ask(headers)).status, status, ['cookie', 'token', 'key'][index])
      for (const stream of streams) assert.ok(await ended(stream, 5_000), 'the live view')
    })
})

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` }
}

async function tokenOf({ httpUrl }: Product, credentials: object): Promise<string> {
  const response = await fetch(`${httpUrl}/api/v2/token`, {
    method: 'POST',
    headers: jsonHeaders,
    body: JSON.stringify(credentials),
  })
  return ((await response.json()) as { access_token: string }).access_token
}
