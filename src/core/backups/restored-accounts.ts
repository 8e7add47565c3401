import { accountsToCount, isCountedInHome } from '../accounts/counted-places.ts'
import type { QuotaAccount } from '../accounts/repositories.ts'
import type { BackupContent } from './backup-document.ts'
import type { RestoreSteps } from './restore-plan.ts'

/** Accounts that a restore has made, or whose directories are others now: their counters tell nothing of these. */
export function accountsIn(present: BackupContent, { users, folders }: RestoreSteps): QuotaAccount[] {
  const moved = folders.replace
    .filter(({ before, after }) => before.mappedPath !== after.mappedPath)
    .map(({ after }) => after.name)
  const removed = new Set(users.remove.map(({ username }) => username))
  const inMoved = present.users.filter(
    ({ username, folders: mounts }) =>
      !removed.has(username) &&
      mounts.some((mount) => isCountedInHome(mount) && moved.includes(mount.folderName)),
  )
  const accounts = [
    ...[...folders.add.map(({ name }) => name), ...moved].map((name) => ({ kind: 'folder', name }) as const),
    ...inMoved.map(({ username }) => ({ kind: 'user', name: username }) as const),
    ...users.add.flatMap((user) => accountsToCount(undefined, user)),
    ...users.replace.flatMap(({ before, after }) => accountsToCount(before, after)),
  ]
  return [...new Map(accounts.map((account) => [`${account.kind}:${account.name}`, account])).values()]
}
