import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { auditOf, type KeptRow, row, type AuditRow } from '../support/audit-rows.ts'
import { adminName, adminPassword, type Product, startProduct } from '../support/product.ts'
import { jsonHeaders, signInBrowser } from '../security/sessions.ts'
import { waitUntil } from '../support/wait-until.ts'
import { WebUser } from '../support/web-user.ts'

type Call = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>
type Step = readonly [
  what: string,
  status: number,
  act: (call: Call) => ReturnType<Call>,
  kept: readonly AuditRow[],
]

const changed = (subject: string, change: string) => row('account-changed', subject, { detail: change })

const user = { username: 'ann', password: 'a password', status: 1, permissions: { '/': ['*'] } }
const admin = { username: 'bob', password: 'a long password', status: 1, permissions: ['view_status'] }
const folder = { name: 'shared', mapped_path: '' }

/** What the steps before have told, by its name. */
const told: { backup: string; key: number } = { backup: '', key: 0 }

const steps: readonly Step[] = [
  ['a folder is made', 201, (call) => call('POST', '/folders', folder), [changed('folder shared', 'added')]],
  [
    'a folder changes',
    200,
    (call) => call('PUT', '/folders/shared', { ...folder, description: 'x' }),
    [changed('folder shared', 'replaced')],
  ],
  ['a user is made', 201, (call) => call('POST', '/users', user), [changed('user ann', 'added')]],
  [
    'a user changes',
    200,
    (call) => call('PUT', '/users/ann', { ...user, email: 'a@example.com' }),
    [changed('user ann', 'replaced')],
  ],
  ['a user that exists is not made', 409, (call) => call('POST', '/users', user), []],
  ['a user is made wrongly', 400, (call) => call('POST', '/users', { ...user, username: '' }), []],
  ['an admin is made', 201, (call) => call('POST', '/admins', admin), [changed('admin bob', 'added')]],
  [
    'an admin changes',
    200,
    (call) => call('PUT', '/admins/bob', { ...admin, permissions: ['view_conns'] }),
    [changed('admin bob', 'replaced')],
  ],
  [
    'a key is made',
    201,
    async (call) => {
      const made = await call('POST', '/admin/tokens', { name: 'script', expires_at: Date.now() + 3_600_000 })
      told.key = (made.body as { id: number }).id
      return made
    },
    [changed('key script', 'added')],
  ],
  [
    'a key is removed',
    200,
    (call) => call('DELETE', `/admin/tokens/${told.key}`),
    [changed('key script', 'removed')],
  ],
  [
    'settings change',
    200,
    (call) => call('PUT', '/settings', { set: { idle_timeout: 60, sftp_banner: 'hello' } }),
    [row('settings-changed', '', { detail: 'idle_timeout, sftp_banner' })],
  ],
  [
    'a setting goes back',
    200,
    (call) => call('PUT', '/settings', { set: {}, reset: ['sftp_banner'] }),
    [row('settings-changed', '', { detail: 'sftp_banner' })],
  ],
  [
    'a backup is made',
    201,
    async (call) => {
      const made = await call('POST', '/backups', { passphrase: '' })
      told.backup = (made.body as { name: string }).name
      return made
    },
    [],
  ],
  [
    'a backup is taken away',
    200,
    async (call) => {
      const link = await call('POST', '/backups/links', { name: told.backup })
      return call('GET', (link.body as { url: string }).url.replace('api/v2', ''))
    },
    [row('backup', 'the backup', { detail: 'downloaded' })],
  ],
  [
    'what is kept is taken away',
    200,
    async (call) => {
      const link = await call('POST', '/events/exports', { format: 'json' })
      return call('GET', (link.body as { url: string }).url.replace('api/v2', ''))
    },
    [row('export', 'the file', { detail: 'json' })],
  ],
  ['a user is removed', 200, (call) => call('DELETE', '/users/ann'), [changed('user ann', 'removed')]],
  [
    'a folder is removed',
    200,
    (call) => call('DELETE', '/folders/shared'),
    [changed('folder shared', 'removed')],
  ],
  ['an admin is removed', 200, (call) => call('DELETE', '/admins/bob'), [changed('admin bob', 'removed')]],
  [
    'a restore is planned',
    200,
    (call) => call('POST', '/backups/plan', { name: told.backup, passphrase: '', remove_others: false }),
    [],
  ],
  [
    'a backup is restored',
    200,
    (call) => call('POST', '/backups/restore', { name: told.backup, passphrase: '', remove_others: false }),
    [
      row('backup', 'the backup', { detail: 'restored' }),
      changed('folder shared', 'added'),
      changed('user ann', 'added'),
      changed('admin bob', 'added'),
    ],
  ],
  [
    'a backup is removed',
    200,
    (call) => call('POST', '/backups/remove', { name: told.backup }),
    [row('backup', 'the backup', { detail: 'removed' })],
  ],
  [
    'the own password changes',
    200,
    (call) =>
      call('PUT', '/admin/changepwd', {
        current_password: adminPassword,
        new_password: 'another long password',
      }),
    [changed(`admin ${adminName}`, 'replaced')],
  ],
]

for (const workers of ['1', '2'])
  describe(`changes in the audit log, WORKERS=${workers}`, { concurrency: 1 }, () => {
    let product: Product
    before(async () => {
      product = await startProduct({ env: { WORKERS: workers } })
    })
    after(() => product[Symbol.asyncDispose]())

    /** As the table spells them: the name of a backup is made of its time. */
    function told_(rows: readonly KeptRow[]): AuditRow[] {
      return rows.map(({ action, path, target, bytes, detail }) => ({
        ...{ action, target, bytes, detail },
        path: action === 'backup' ? 'the backup' : action === 'export' ? 'the file' : path,
      }))
    }

    test('every change of accounts, keys, settings and backups is kept once, with who and from where', async () => {
      const call: Call = (method, path, body) =>
        product.api(
          method,
          path,
          path === '/folders' || path === '/folders/shared' ? inStorages(product, body) : body,
        )
      const expected: AuditRow[] = [row('admin-sign-in', '', { detail: 'local' })]
      for (const [what, status, act, kept] of steps) {
        const answer = await act(call)
        assert.equal(answer.status, status, `${what}: ${JSON.stringify(answer.body)}`)
        expected.push(
          ...(what === 'a backup is made' ? [row('backup', 'the backup', { detail: 'made' })] : kept),
        )
      }
      const rows = await waitUntil('all of it', async () => {
        const all = await auditOf(product, adminName)
        return all.length >= expected.length && all
      })
      assert.deepEqual(told_(rows), expected)
      for (const { username, protocol, remote_address, connection_id } of rows)
        assert.deepEqual(
          [username, protocol, remote_address, connection_id],
          [adminName, '', '127.0.0.1', ''],
        )
    })

    test('who ended a session is kept, with the session and whether it was an admin, a key or the user', async () => {
      await product.addUser('dora')
      const [first, second, third, fourth] = await Promise.all(
        [1, 2, 3, 4].map(async () => {
          const web = await WebUser.signIn(product, 'dora')
          const { session } = (await (await web.call('GET', '/session/user')).json()) as Session
          return { web, id: session.connection_id }
        }),
      )
      assert.ok(first && second && third && fourth)
      const password = 'a password of eve'
      const eve = { username: 'eve', password, status: 1, permissions: ['close_conns'] }
      assert.equal((await product.api('POST', '/admins', eve)).status, 201)
      const browser = await signInBrowser(product, 'eve', { as: 'admin', password })
      const key = await keyOf(product, browser)
      const bearer = { Authorization: `Bearer ${key}` }
      const end = async (id: string, headers: Record<string, string>) =>
        (await fetch(`${product.httpUrl}/api/v2/connections/${id}`, { method: 'DELETE', headers })).status
      assert.equal(await end(first.id, browser), 200)
      assert.equal(await end(second.id, bearer), 200)
      assert.equal(await end('SFTP_none', bearer), 404)
      assert.equal((await fourth.web.call('DELETE', `/user/connections/${third.id}`)).status, 200)
      const rows = await waitUntil('the ends', async () => {
        const all = [...(await auditOf(product, 'eve')), ...(await auditOf(product, 'dora'))]
        const count = (kind: string) => all.filter(({ action }) => action === kind).length
        return count('session-closed') === 3 && count('disconnect') === 3 && all
      })
      const kept = rows.filter(({ action }) => action === 'disconnect')
      assert.deepEqual(
        kept.map((one) => [one.username, one.path, one.connection_id, one.detail, one.remote_address]),
        [
          ['eve', 'user dora', first.id, 'session', '127.0.0.1'],
          ['eve', 'user dora', second.id, 'key script', '127.0.0.1'],
          ['dora', 'user dora', third.id, 'own', '127.0.0.1'],
        ],
      )
    })

    test('a change that an admin may not make, and the sign-out, are kept', async () => {
      const password = 'a password of fred'
      const fred = { username: 'fred', password, status: 1, permissions: ['view_users'] }
      assert.equal((await product.api('POST', '/admins', fred)).status, 201)
      const headers = { ...(await signInBrowser(product, 'fred', { as: 'admin', password })), ...jsonHeaders }
      const call = async (method: string, path: string, body?: string) =>
        (await fetch(`${product.httpUrl}/api/v2${path}`, { method, headers, body: body ?? null })).status
      assert.equal(await call('DELETE', '/users/carl?x=secret', '{}'), 403)
      assert.equal(await call('POST', '/admins', '{}'), 403)
      assert.equal(await call('GET', '/admins'), 403)
      assert.equal(await call('GET', '/users'), 200)
      assert.equal(await call('DELETE', '/session/admin', '{}'), 200)
      assert.equal(await call('DELETE', '/session/admin', '{}'), 200)
      const rows = await waitUntil('the rows', async () => {
        const all = await auditOf(product, 'fred')
        return all.length >= 4 && all
      })
      assert.deepEqual(told_(rows), [
        row('admin-sign-in', '', { detail: 'local' }),
        row('admin-refused', 'DELETE /api/v2/users/carl', { detail: 'permission-denied' }),
        row('admin-refused', 'POST /api/v2/admins', { detail: 'permission-denied' }),
        row('admin-sign-out', '', { detail: 'session' }),
      ])
      for (const { remote_address } of rows) assert.equal(remote_address, '127.0.0.1')
    })

    test('what users change about themselves is kept under their name', async () => {
      await product.addUser('carl')
      const web = await WebUser.signIn(product, 'carl')
      const passwords = { current_password: 'carl-password', new_password: 'another password' }
      assert.equal((await web.call('POST', '/user/password', passwords)).status, 200)
      assert.equal((await web.call('PUT', '/user/keys', { public_keys: [] })).status, 200)
      const rows = await waitUntil('both', async () => {
        const own = (await auditOf(product, 'carl')).filter(({ action }) => action === 'account-changed')
        return own.length === 2 && own
      })
      assert.deepEqual(told_(rows), [changed('user carl', 'replaced'), changed('user carl', 'replaced')])
      for (const { remote_address } of rows) assert.equal(remote_address, '127.0.0.1')
    })

    test('what the server does by itself is kept under its own name', async () => {
      const rows = await auditOf(product, '__system__')
      assert.deepEqual(told_(rows), [changed(`admin ${adminName}`, 'added')])
    })

    test('an admin that is refused is kept, with the reason', async () => {
      const basic = Buffer.from('nobody:wrong password').toString('base64')
      const answer = await fetch(`${product.httpUrl}/api/v2/token`, {
        headers: { authorization: `Basic ${basic}` },
      })
      assert.equal(answer.status, 401)
      const [kept] = await waitUntil('the row', async () => {
        const rows = await auditOf(product, 'nobody')
        return rows.length > 0 && rows
      })
      assert.deepEqual(
        [kept?.action, kept?.remote_address, kept?.detail],
        ['admin-sign-in-refused', '127.0.0.1', 'access-denied'],
      )
    })
  })

interface Session {
  readonly session: { readonly connection_id: string }
}

/** A key named 'script' of the admin who is signed in with a browser. */
async function keyOf({ httpUrl }: Product, browser: Record<string, string>): Promise<string> {
  const made = await fetch(`${httpUrl}/api/v2/admin/tokens`, {
    method: 'POST',
    headers: { ...browser, ...jsonHeaders },
    body: JSON.stringify({ name: 'script', expires_at: Date.now() + 3_600_000 }),
  })
  assert.equal(made.status, 201)
  return ((await made.json()) as { access_token: string }).access_token
}

function inStorages(product: Product, body: unknown): unknown {
  return { ...(body as object), mapped_path: `${product.storagesDirectory}/sftpgo_data/shared` }
}
