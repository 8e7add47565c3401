import type { StorageResource } from '../../../contract/storage.ts'
import type { UserCreate } from '../../../contract/user.ts'
import { listedNames, maxBulkNames, numberedNames } from './bulk-names.ts'
import { presetPermissions, type Preset } from './permission-presets.ts'
import { pathOf, tidyDirectory, type Place } from './place.ts'
import { bytesOf, wholeNumber, type SizeAmount } from './size-amount.ts'
import { expiryOf } from './user-draft.ts'

/** What the form holds. */
export interface BulkDraft {
  readonly way: 'list' | 'count'
  readonly list: string
  readonly prefix: string
  readonly count: string
  readonly first: string
  readonly preset: Preset
  readonly place: Place
  /** A directory named like the user for each of them. */
  readonly isApart: boolean
  readonly quotaSize: SizeAmount
  readonly expires: string
}

export function bulkNames({ way, list, prefix, count, first }: BulkDraft): readonly string[] {
  if (way === 'list') return listedNames(list)
  const wanted = wholeNumber(count, maxBulkNames + 1) ?? 0
  return prefix.trim() === '' ? [] : numberedNames(prefix.trim(), wanted, wholeNumber(first) ?? 1)
}

/** The user of a name, as the form describes all of them. */
export function bulkUser(
  draft: BulkDraft,
  storages: readonly StorageResource[],
  { name, password }: { readonly name: string; readonly password: string },
): UserCreate {
  const { place, isApart } = draft
  const home: Place =
    place.kind === 'storage' && isApart
      ? { ...place, directory: `${tidyDirectory(place.directory)}/${name}` }
      : place
  return {
    ...{ username: name, password, status: 1 },
    permissions: presetPermissions(draft.preset),
    home_dir: pathOf(home, storages),
    quota_size: bytesOf(draft.quotaSize) ?? 0,
    expiration_date: expiryOf(draft.expires),
  }
}
