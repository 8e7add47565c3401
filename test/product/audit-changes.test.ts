import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { auditOf, type KeptRow, row, type AuditRow } from '../support/audit-rows.ts'
import { adminName, adminPassword, type Product, startProduct } from '../support/product.ts'
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
        path: action === 'backup' ? 'the backup' : path,
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

function inStorages(product: Product, body: unknown): unknown {
  return { ...(body as object), mapped_path: `${product.storagesDirectory}/sftpgo_data/shared` }
}
