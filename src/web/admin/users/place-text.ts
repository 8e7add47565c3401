import type { StorageResource } from '../../../contract/storage.ts'
import { formatBytes } from '../../shared/format.ts'
import { t } from '../../shared/i18n.ts'
import { tidyDirectory, type Place } from './place.ts'

/** A place in words: 'Site › in/box'. */
export function placeText(place: Place, storages: readonly StorageResource[]): string {
  if (place.kind === 'own') return t('users.place.own')
  if (place.kind === 'other') return place.path
  const name = storageName(storages.find(({ id }) => id === place.id)) ?? place.id
  const directory = tidyDirectory(place.directory)
  return directory === '' ? name : `${name} › ${directory}`
}

export function storageName(storage: StorageResource | undefined): string | undefined {
  if (!storage) return undefined
  return storage.name === '' || storage.name === storage.id ? storage.id : `${storage.name} (${storage.id})`
}

/** What is good to know about a storage before files go there; undefined when nothing is wrong. */
export function storageWarning(storage: StorageResource): string | undefined {
  if (!storage.is_writable) return t('users.place.readOnly')
  if (storage.error !== '') return storage.error
  if (storage.is_public) return t('users.place.public')
  if (storage.is_public === undefined) return t('users.place.publicUnknown')
  return storage.is_registered ? undefined : t('users.place.unregistered')
}

export function freeText({ free_bytes: free, total_bytes: total }: StorageResource): string {
  return total === 0
    ? t('users.place.freeUnknown')
    : t('users.place.free', { free: formatBytes(free), total: formatBytes(total) })
}
