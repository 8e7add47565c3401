import type { FolderResource } from '../../../contract/folder.ts'
import { tidyDirectory, type Place } from './place.ts'

/** What a folder for a place is called: the storage and the directory in it, told apart by a number where it is taken. */
export function folderName(place: Place, isTaken: (name: string) => boolean): string {
  const parts =
    place.kind === 'storage' ? [place.id, ...tidyDirectory(place.directory).split('/')] : ['folder']
  const name = parts
    .map((part) => part.replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-').replaceAll(/\.{2,}/g, '.'))
    .filter((part) => part !== '')
    .join('-')
    .normalize('NFC')
    .slice(0, 200)
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!isTaken(candidate)) return candidate
  }
}

export interface FolderWish {
  readonly place: Place
  /** Directory of the server. */
  readonly path: string
}

export type FolderPlan =
  | { readonly kind: 'there'; readonly name: string }
  | { readonly kind: 'new'; readonly name: string; readonly path: string }

/** One folder for each wish: the first that leads to the same directory, else a new one. */
export function planFolders(
  wishes: readonly FolderWish[],
  folders: readonly Pick<FolderResource, 'name' | 'mapped_path'>[],
): FolderPlan[] {
  const taken = new Set(folders.map(({ name }) => name))
  const byPath = new Map([...folders].reverse().map(({ name, mapped_path: path }) => [path, name]))
  return wishes.map(({ place, path }) => {
    const there = byPath.get(path)
    if (there !== undefined) return { kind: 'there', name: there }
    const name = folderName(place, (candidate) => taken.has(candidate))
    taken.add(name)
    byPath.set(path, name)
    return { kind: 'new', name, path }
  })
}
