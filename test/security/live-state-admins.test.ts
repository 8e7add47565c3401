import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Product, startProduct } from '../support/product.ts'
import { ended, jsonHeaders, signInBrowser } from './sessions.ts'

type Change = (product: Product, username: string) => Promise<{ status: number }>

const put =
  (fields: object): Change =>
  async (product, username) => {
    const { body } = await product.api('GET', `/admins/${username}`)
    return product.api('PUT', `/admins/${username}`, { ...(body as object), ...fields })
  }

const held = ['view_conns', 'view_users', 'view_events', 'manage_system']

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
    await fillAuditLog(product)
  })
  after(() => product[Symbol.asyncDispose]())

  for (const { what, make, status } of changes)
    test(`${what}: cookie, token, key, the live view, an export and a backup under way`, async () => {
      const username = `admin-${what.replaceAll(' ', '-')}`
      const password = `${username}-password`
      const admin = { username, password, status: 1, permissions: held }
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
      const files = await Promise.all([
        ...[cookie, token, key].map((headers) => exportFor(product, headers)),
        backupFor(product, cookie),
      ])
      const taken = files.map((response) => takeSlowly(response))
      assert.equal((await make(product, username)).status, 200)
      for (const [index, headers] of [cookie, token, key].entries())
        assert.equal((await ask(headers)).status, status, ['cookie', 'token', 'key'][index])
      for (const stream of streams) assert.ok(await ended(stream, 5_000), 'the live view')
      for (const [index, cut] of taken.entries()) {
        assert.ok(await ended(cut, 5_000), `file ${index}`)
        assert.equal(await cut, 'cut', `file ${index}`)
      }
    })
})

/** More than the buffers between two processes hold, which is sent whatever becomes of the admin. */
const recordCount = 20_000
const backupName = 'backup-20260102-030405.json'
const backupBytes = 64 * 1024 * 1024

async function fillAuditLog({ directory: home, storagesDirectory }: Product): Promise<void> {
  using database = new DatabaseSync(join(home, 'state', 'sftpgo-plugin.db'), { timeout: 10_000 })
  database.exec(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${recordCount})
    insert into audit_records (at, action, username, protocol, connection_id, remote_address, bytes, duration_ms,
      search_text, path, target, detail)
    select ${Date.now()}, 'delete', 'somebody', 'SFTP', 'SFTP_1', '127.0.0.1', 0, 0, '',
      '/' || hex(zeroblob(1000)), '', '' from n`)
  const directory = join(storagesDirectory, 'sftpgo_data', 'backups')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, backupName), Buffer.alloc(backupBytes, 'x'))
}

function exportFor(product: Product, headers: Record<string, string>): Promise<Response> {
  return follow(product, headers, '/events/exports', { format: 'json' })
}

function backupFor(product: Product, headers: Record<string, string>): Promise<Response> {
  return follow(product, headers, '/backups/links', { name: backupName })
}

/** Asks for a link, and for the file that it leads to. */
async function follow(
  { httpUrl }: Product,
  headers: Record<string, string>,
  path: string,
  body: object,
): Promise<Response> {
  const link = await fetch(`${httpUrl}/api/v2${path}`, {
    method: 'POST',
    headers: { ...headers, ...jsonHeaders },
    body: JSON.stringify(body),
  })
  assert.equal(link.status, 200, await link.clone().text())
  const file = await fetch(`${httpUrl}/${((await link.json()) as { url: string }).url}`, { headers })
  assert.equal(file.status, 200)
  return file
}

/** Takes a few megabytes a second: what is not cut goes on for longer than a test waits. */
async function takeSlowly(response: Response): Promise<'cut' | 'whole'> {
  const reader = response.body?.getReader()
  try {
    while (reader && !(await reader.read()).done) await delay(20)
    return 'whole'
  } catch {
    return 'cut'
  }
}

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
