import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageResource } from '../../../contract/storage.ts'
import { storageWarning } from './place-text.ts'

const known: Omit<StorageResource, 'is_public'> = {
  ...{ id: 'site', name: 'Site', description: '', directory: '/storages/site', is_registered: true },
  ...{ is_writable: true, free_bytes: 1, total_bytes: 2, error: '' },
}

test('a storage is warned of that is public, or of which that is not known', () => {
  assert.equal(storageWarning({ ...known, is_public: false }), undefined)
  assert.equal(storageWarning({ ...known, is_public: true }), 'users.place.public')
  assert.equal(storageWarning(known), 'users.place.publicUnknown')
  assert.equal(
    storageWarning({ ...known, is_public: false, is_registered: false }),
    'users.place.unregistered',
  )
})
