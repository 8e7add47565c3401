import { Type } from 'typebox'
import { storage, type StorageResource } from '../../../contract/storage.ts'
import type { StorageSummary } from '../../../core/status.ts'
import type { HttpApp } from '../http-app.ts'

/** The storages of the account, for choosing the home or the folders of a user. */
export function serveStorages(app: HttpApp, storages: () => Promise<readonly StorageSummary[]>): void {
  app.get(
    '/storages',
    {
      config: { access: ['view_users', 'add_users', 'edit_users'] },
      schema: {
        tags: ['folders'],
        operationId: 'get_storages',
        summary: 'List the file storages of the account, with the room on their disks',
        response: { 200: Type.Array(storage) },
      },
    },
    async () => (await storages()).map(fromStorage),
  )
}

function fromStorage(found: StorageSummary): StorageResource {
  return {
    id: found.id,
    name: found.name,
    description: found.description,
    directory: found.directory,
    ...(found.isPublic === undefined ? {} : { is_public: found.isPublic }),
    is_registered: found.isRegistered,
    is_writable: found.isWritable,
    free_bytes: found.freeBytes,
    total_bytes: found.totalBytes,
    error: found.error,
  }
}
