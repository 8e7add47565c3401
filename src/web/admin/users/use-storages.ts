import type { StorageResource } from '../../../contract/storage.ts'
import { callApi } from '../../shared/api.ts'
import { type Loaded, useLoaded } from '../../shared/use-loaded.ts'

/** The storages of the account, with the room on their disks. */
export function useStorages(): Loaded<readonly StorageResource[]> {
  return useLoaded((signal) => callApi<StorageResource[]>('GET', 'storages', { signal }), [])
}
