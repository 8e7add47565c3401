import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseVirtualPath } from '../files/virtual-path.ts'
import { auditEntryOf } from './audit-entry.ts'
import type { Actor, ServerEvent } from './events.ts'

const actor: Actor = {
  connectionId: 'SFTP_1',
  username: 'ann',
  protocol: 'SFTP',
  remoteAddress: '10.1.2.3',
}
const path = parseVirtualPath('/in/a.txt')

const empty = {
  at: 7,
  username: '',
  protocol: '',
  connectionId: '',
  remoteAddress: '',
  path: '',
  target: '',
  bytes: 0,
  durationMs: 0,
  detail: '',
}

test('an event of a user becomes an entry with who did it, what, and how it went', () => {
  const failed: ServerEvent = {
    type: 'upload-failed',
    ...{ actor, path, bytes: 5, durationMs: 9, code: 'no-space' },
  }
  assert.deepEqual(auditEntryOf(failed, 7), {
    ...{ ...empty, ...actor, action: 'upload-failed', path },
    ...{ bytes: 5, durationMs: 9, detail: 'no-space' },
  })
  const target = parseVirtualPath('/out')
  assert.deepEqual(auditEntryOf({ type: 'entry-renamed', actor, path, target }, 7), {
    ...{ ...empty, ...actor, action: 'rename', path, target },
  })
  const refused: ServerEvent = {
    type: 'operation-refused',
    actor,
    operation: 'rename',
    path,
    target,
    code: 'busy',
  }
  assert.deepEqual(auditEntryOf(refused, 7), {
    ...{ ...empty, ...actor, action: 'refused', path, target, detail: 'rename: busy' },
  })
  assert.deepEqual(
    auditEntryOf({ type: 'operation-refused', actor, operation: 'mkdir', path, code: 'quota-exceeded' }, 7),
    { ...empty, ...actor, action: 'refused', path, detail: 'mkdir: quota-exceeded' },
  )
})

test('what an admin does is kept under the name of the admin, without a protocol', () => {
  const changed: ServerEvent = {
    type: 'account-changed',
    ...{ admin: 'root', remoteAddress: '::1', subject: 'user', name: 'ann', change: 'removed' },
  }
  assert.deepEqual(auditEntryOf(changed, 7), {
    ...{
      ...empty,
      action: 'account-changed',
      username: 'root',
      remoteAddress: '::1',
      path: 'user ann',
      detail: 'removed',
    },
  })
  const names = ['login_grace', 'ftp_tls']
  assert.equal(
    auditEntryOf({ type: 'settings-changed', admin: 'root', names }, 7)?.detail,
    'login_grace, ftp_tls',
  )
})

test('counts of files and certificates are not kept', () => {
  const counts = { bytes: 1, files: 1, staged: 0 }
  assert.equal(auditEntryOf({ type: 'quota-scanned', subject: 'user', name: 'ann', ...counts }, 7), undefined)
  assert.equal(auditEntryOf({ type: 'certificate-loaded', host: 'x', expiresAt: 1 }, 7), undefined)
})

test('a name as long as a client can send is cut, and no amount is negative', () => {
  const refused: ServerEvent = {
    type: 'sign-in-refused',
    ...{ username: 'x'.repeat(100_000), protocol: 'FTP', remoteAddress: '::1' },
    ...{ method: 'password', code: 'access-denied' },
  }
  assert.equal(auditEntryOf(refused, 7)?.username.length, 255)
  const closed: ServerEvent = { type: 'session-closed', actor, durationMs: -4, reason: 'bye' }
  assert.equal(auditEntryOf(closed, 7)?.durationMs, 0)
})
