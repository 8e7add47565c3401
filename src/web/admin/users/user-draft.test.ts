import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageResource } from '../../../contract/storage.ts'
import type { UserResource } from '../../../contract/user.ts'
import { checkDraft } from './check-draft.ts'
import { copyOf, draftOf, expiryOf, localDateTime, newDraft, toUserUpdate } from './user-draft.ts'

const storage = (id: string): StorageResource => ({
  ...{ id, name: id, description: '', directory: `/storages/${id}`, is_public: false, is_registered: true },
  ...{ is_writable: true, free_bytes: 0, total_bytes: 0, error: '' },
})
const storages = [storage('sftpgo_data'), storage('site')]

const folder: UserResource['virtual_folders'][number] = {
  ...{ id: 1, name: 'site', mapped_path: '/storages/site', description: '', filesystem: { provider: 0 } },
  ...{ used_quota_size: 0, used_quota_files: 0, last_quota_update: 0 },
  ...{ virtual_path: '/site', quota_size: -1, quota_files: -1 },
}

const ann: UserResource = {
  ...{ id: 1, status: 0, username: 'ann', email: 'ann@example.com', description: 'A', has_password: true },
  ...{
    additional_info: '{"kept":1}',
    expiration_date: 1_900_000_012_345,
    public_keys: ['ssh-ed25519 AAAA x'],
  },
  ...{ home_dir: '/elsewhere/ann', virtual_folders: [folder], uid: 0, gid: 0, max_sessions: 2 },
  ...{ quota_size: 1536, quota_files: 10, used_quota_size: 5, used_quota_files: 1, last_quota_update: 1 },
  ...{ upload_bandwidth: 64, download_bandwidth: 0, upload_data_transfer: 0, download_data_transfer: 0 },
  ...{ total_data_transfer: 0, created_at: 1, updated_at: 1, last_login: 1, last_password_change: 1 },
  permissions: { '/': ['list', 'rename'], '/in*': ['upload'] },
  filters: {
    denied_login_methods: ['password-over-SSH'],
    denied_protocols: ['FTP'],
    file_patterns: [{ path: '/', allowed_patterns: ['*.csv', 'a,b'], denied_patterns: [], deny_policy: 1 }],
    max_upload_file_size: 1024,
    start_directory: '/site',
    ftp_security: 1,
    totp_config: { enabled: false, config_name: '', protocols: [] },
    recovery_codes: [],
  },
  filesystem: { provider: 0 },
}

describe('the form of a user', () => {
  it('sends back everything that it read, also what it does not show', () => {
    const update = toUserUpdate(draftOf(ann, storages), storages, ['site'], ann)
    const { totp_config: _config, recovery_codes: _codes, ...filters } = ann.filters
    assert.deepEqual(update, {
      ...{ status: 0, email: 'ann@example.com', description: 'A', additional_info: '{"kept":1}' },
      ...{
        expiration_date: 1_900_000_012_345,
        public_keys: ['ssh-ed25519 AAAA x'],
        home_dir: '/elsewhere/ann',
      },
      virtual_folders: [{ name: 'site', virtual_path: '/site', quota_size: -1, quota_files: -1 }],
      ...{ max_sessions: 2, quota_size: 1536, quota_files: 10, upload_bandwidth: 64, download_bandwidth: 0 },
      permissions: { '/': ['list', 'rename_files', 'rename_dirs'], '/in*': ['upload'] },
      ...{ filters, expected_updated_at: 1 },
    })
  })

  it('tells what it is a change of, also when the user was read again meanwhile', () => {
    const later = { ...ann, updated_at: 9 }
    assert.equal(toUserUpdate(draftOf(ann, storages), storages, ['site'], later).expected_updated_at, 1)
    assert.equal(toUserUpdate(copyOf(ann, storages, 'p'), storages, ['site']).expected_updated_at, 0)
    assert.equal(toUserUpdate(newDraft('p'), storages, []).expected_updated_at, 0)
  })

  it('sends a password only when one was set', () => {
    const draft = draftOf(ann, storages)
    assert.ok(!('password' in toUserUpdate(draft, storages, ['site'], ann)))
    assert.equal(toUserUpdate({ ...draft, password: 'p' }, storages, ['site'], ann).password, 'p')
  })

  it('leaves the own space of a new user to the server, and spells that of a present one out', () => {
    assert.equal(toUserUpdate(newDraft('p'), storages, []).home_dir, '')
    const own = { ...ann, home_dir: '/storages/sftpgo_data/data/ann' }
    assert.equal(toUserUpdate(draftOf(own, storages), storages, ['site'], own).home_dir, own.home_dir)
  })

  it('moves a home back into the own space', () => {
    const update = toUserUpdate({ ...draftOf(ann, storages), home: { kind: 'own' } }, storages, ['site'], ann)
    assert.equal(update.home_dir, '')
  })

  it('does not take a person along into a copy', () => {
    const copy = copyOf(ann, storages, 'new-password')
    assert.deepEqual(
      [copy.username, copy.email, copy.publicKeys, copy.description, copy.password, copy.isActive],
      ['', '', '', '', 'new-password', true],
    )
    assert.deepEqual(copy.deniedProtocols, ['FTP'])
  })

  it('keeps the seconds of an expiry that was not touched', () => {
    const at = 1_900_000_012_345
    assert.equal(expiryOf(localDateTime(at), at), at)
    assert.equal(expiryOf('2030-01-02T03:04', at), new Date('2030-01-02T03:04').getTime())
    assert.equal(expiryOf('', at), 0)
  })

  it('shows no date where there is none to show, and drops it when it is saved', () => {
    for (const at of [8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER, Number.NaN, Date.UTC(12_000, 0)]) {
      assert.equal(localDateTime(at), '')
      assert.equal(expiryOf('', at), 0)
    }
  })
})

describe('the check before a user is sent', () => {
  const draft = { ...newDraft('p'), username: 'ann' }

  it('finds nothing wrong with a name alone', () => {
    assert.deepEqual(checkDraft(draft), {})
  })

  it('names the field that is wrong', () => {
    const wrong = (change: object) => Object.keys(checkDraft({ ...draft, ...change }))
    assert.deepEqual(wrong({ username: 'a/b' }), ['username'])
    assert.deepEqual(wrong({ email: 'nobody' }), ['email'])
    assert.deepEqual(wrong({ home: { kind: 'storage', id: 'site', directory: 'a/../b' } }), ['home_dir'])
    assert.deepEqual(wrong({ permissions: [{ key: '1', path: '/', granted: [] }] }), ['permissions'])
    assert.deepEqual(wrong({ deniedProtocols: ['SSH', 'FTP', 'HTTP'] }), ['filters.denied_protocols'])
    assert.deepEqual(wrong({ maxSessions: '1.5' }), ['max_sessions'])
    assert.deepEqual(wrong({ uploadBandwidth: String(2 ** 31) }), ['upload_bandwidth'])
  })

  it('finds directories that are there twice, however they are typed', () => {
    const rows = ['/', '/in', 'in/'].map((path) => ({ key: path, path, granted: ['list'] as const }))
    assert.deepEqual(Object.keys(checkDraft({ ...draft, permissions: rows })), ['permissions'])
  })
})
