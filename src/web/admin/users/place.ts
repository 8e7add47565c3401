import type { StorageResource } from '../../../contract/storage.ts'

/** Where files lie: the plugin's own space, a directory of a storage, or somewhere that no storage is. */
export type Place =
  | { readonly kind: 'own' }
  | { readonly kind: 'storage'; readonly id: string; readonly directory: string }
  | { readonly kind: 'other'; readonly path: string }

export const ownPlace: Place = { kind: 'own' }

/** The storage of the plugin, with the homes of users that have none of their own in its directory `data`. */
const ownStorage = 'sftpgo_data'

type Storages = readonly Pick<StorageResource, 'id' | 'directory'>[]

/** The place of a directory of the server; `username` is told for homes. */
export function placeOf(path: string, storages: Storages, username?: string): Place {
  const holds = ({ directory }: Storages[number]) => path === directory || path.startsWith(`${directory}/`)
  const [storage] = storages.filter(holds).sort((a, b) => b.directory.length - a.directory.length)
  if (!storage) return { kind: 'other', path }
  const directory = path.slice(storage.directory.length + 1)
  if (username !== undefined && storage.id === ownStorage && directory === `data/${username}`) return ownPlace
  return { kind: 'storage', id: storage.id, directory }
}

/** The directory of the server for home_dir and mapped_path; '' stands for the plugin's own space. */
export function pathOf(place: Place, storages: Storages): string {
  if (place.kind === 'own') return ''
  if (place.kind === 'other') return place.path
  const storage = storages.find(({ id }) => id === place.id)
  const directory = tidyDirectory(place.directory)
  return `${storage?.directory ?? ''}${directory === '' ? '' : `/${directory}`}`
}

/** '/a//b/' → 'a/b'. */
export function tidyDirectory(directory: string): string {
  return directory
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
}

export function isSamePlace(one: Place, other: Place): boolean {
  if (one.kind === 'storage' && other.kind === 'storage')
    return one.id === other.id && tidyDirectory(one.directory) === tidyDirectory(other.directory)
  if (one.kind === 'other' && other.kind === 'other') return one.path === other.path
  return one.kind === other.kind
}
