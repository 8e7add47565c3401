import type { DirectoryRights, FileEntry } from '../../../contract/file.ts'
import type { MessageKey } from '../../messages/message-key.ts'

export type EntryAction = 'download' | 'rename' | 'move' | 'copy' | 'delete'

/** Paths that one request of the API takes. */
export const maxPathsAtOnce = 10_000

/** What counts about the entries that are chosen; found out in one go, for there can be very many. */
export interface EntrySummary {
  readonly count: number
  readonly directories: number
  /** Of the files. */
  readonly bytes: number
  readonly hasFixed: boolean
  readonly hasDenied: boolean
}

export function summaryOf(entries: readonly FileEntry[]): EntrySummary {
  let [directories, bytes, hasFixed, hasDenied] = [0, 0, false, false]
  for (const { type, size, fixed, denied } of entries) {
    if (type === 'directory') directories++
    else bytes += size
    if (fixed === true) hasFixed = true
    if (denied === true) hasDenied = true
  }
  return { count: entries.length, directories, bytes, hasFixed, hasDenied }
}

/** Why something cannot be done with entries of one directory; undefined when it can. Asks what the server will ask. */
export function refusalOf(
  action: EntryAction,
  summary: EntrySummary,
  rights: DirectoryRights | undefined,
): MessageKey | undefined {
  const { count, directories, hasFixed, hasDenied } = summary
  if (count === 0) return 'files.why.nothing'
  if (action === 'rename' && count > 1) return 'files.why.one'
  if (action === 'download' && count > maxPathsAtOnce) return 'files.why.tooMany'
  if (rights === undefined) return 'files.why.loading'
  const changesPlace = action === 'rename' || action === 'move' || action === 'delete'
  if (hasDenied) return 'files.why.denied'
  if (changesPlace && hasFixed) return 'files.why.fixed'
  const isAllowed =
    (directories === 0 || mayWithDirectories(action, rights)) &&
    (directories === count || mayWithFiles(action, rights))
  return isAllowed ? undefined : 'files.why.permission'
}

function mayWithFiles(action: EntryAction, rights: DirectoryRights): boolean {
  if (action === 'download' || action === 'copy') return rights[action]
  return action === 'delete' ? rights.delete_files : rights.rename_files
}

function mayWithDirectories(action: EntryAction, rights: DirectoryRights): boolean {
  if (action === 'download' || action === 'copy') return rights[action]
  return action === 'delete' ? rights.delete_dirs : rights.rename_dirs
}
