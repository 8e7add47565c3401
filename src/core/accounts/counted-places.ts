import type { QuotaAccount } from './repositories.ts'
import type { FolderMount, UserSettings } from './user.ts'

/** Counts accounts anew; see QuotaScanner. */
export interface Recounts {
  /**
   * Begins when `isReady`: nobody changes them any more by what they were before. They are marked already, by the change
   * itself: what is not counted before a stop is counted after the next start. Settles when each waits for its count; never
   * fails, and is not to be waited for by a request.
   */
  countSoon(accounts: readonly QuotaAccount[], isReady: Promise<unknown>): Promise<void>
}

type Places = Pick<UserSettings, 'username' | 'homeDir' | 'folders'>

/** A folder that is counted in the user's own quota. */
export function isCountedInHome({
  quotaSize,
  quotaFiles,
}: Pick<FolderMount, 'quotaSize' | 'quotaFiles'>): boolean {
  return quotaSize === -1 && quotaFiles === -1
}

/** True when a folder hides the home: nothing of it can be reached. */
export function isHomeCovered({ folders }: Pick<Places, 'folders'>): boolean {
  return folders.some((mount) => mount.virtualPath === '/')
}

/**
 * Accounts whose counters tell nothing any more when a user becomes `after`, or is new: the user's own where other
 * directories are counted than before, and folders that were not counted apart.
 */
export function accountsToCount(before: Places | undefined, after: Places): QuotaAccount[] {
  const own: QuotaAccount[] =
    before && ownPlaces(before) === ownPlaces(after) ? [] : [{ kind: 'user', name: after.username }]
  const known = before ? foldersApart(before) : []
  const added = foldersApart(after).filter((name) => !known.includes(name))
  return [...own, ...added.map((name) => ({ kind: 'folder', name }) as const)]
}

function ownPlaces(user: Places): string {
  const folders = user.folders.filter(isCountedInHome).map(({ folderName }) => folderName)
  return JSON.stringify([isHomeCovered(user) ? '' : user.homeDir, ...folders.sort()])
}

function foldersApart({ folders }: Places): string[] {
  return folders.filter((mount) => !isCountedInHome(mount)).map(({ folderName }) => folderName)
}
