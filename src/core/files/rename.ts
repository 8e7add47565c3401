import { FileServerError, hasCode } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import type { FileServices } from './file-services.ts'
import type { Location } from './mounts.ts'
import type { Entry } from './storage.ts'
import { measureTree } from './tree-size.ts'
import { isWithin, type VirtualPath } from './virtual-path.ts'

type Side = Location & { readonly path: VirtualPath }

/**
 * Checks the rights of both sides, moves the entry, and moves its size from one quota to the other.
 * @throws 'permission-denied' 'already-exists' 'quota-exceeded' 'unsupported' and what Storage throws
 */
export async function renameEntry(
  from: Side,
  to: Side,
  replace: boolean,
  access: AccessRules,
  services: FileServices,
): Promise<void> {
  if (from.path === to.path) throw new FileServerError('unsupported', 'Source and target are the same')
  const entry = await from.mount.storage.lstat(from.key)
  requireRename(from.path, to.path, entry, access)
  if (entry.type === 'directory' && isWithin(from.path, to.path))
    throw new FileServerError('unsupported', 'A directory cannot be moved into itself')
  await services.locks.run(`${to.mount.storageId}\0${to.key.join('/')}`, async () => {
    const replaced = await entryAt(to)
    if (replaced) requireReplace(to.path, entry, replaced, replace, access)
    await moveWithQuota(from, to, entry, replaced, services)
  })
}

function requireRename(from: VirtualPath, to: VirtualPath, entry: Entry, access: AccessRules): void {
  const kind = entry.type === 'directory' ? 'rename_dirs' : 'rename_files'
  for (const path of [from, to]) {
    access.requireFor(path, 'rename', kind)
    if (entry.type === 'directory') access.requireBelow(path, 'rename', kind)
  }
}

function requireReplace(
  path: VirtualPath,
  entry: Entry,
  replaced: Entry,
  replace: boolean,
  access: AccessRules,
): void {
  if (!replace) throw new FileServerError('already-exists', 'The target exists')
  if (replaced.type === 'directory') throw new FileServerError('unsupported', 'The target is a directory')
  if (entry.type === 'directory')
    throw new FileServerError('not-a-directory', 'The target is not a directory')
  access.requireFor(path, 'overwrite')
}

async function moveWithQuota(
  from: Side,
  to: Side,
  entry: Entry,
  replaced: Entry | undefined,
  services: FileServices,
): Promise<void> {
  const gone = replaced?.type === 'file' ? { size: replaced.size, files: 1 } : { size: 0, files: 0 }
  const isSameAccount =
    from.mount.account.kind === to.mount.account.kind && from.mount.account.name === to.mount.account.name
  // Only a move from one quota to another has to know how much moves.
  const moved = isSameAccount ? { size: 0, files: 0 } : await sizeOf(from, entry)
  const ticket = await services.quota.open(to.mount.account, to.mount.limits)
  try {
    ticket.holdBytes(Math.max(0, moved.size - gone.size))
    for (let i = gone.files; i < moved.files; i++) ticket.holdFile()
    await from.mount.storage.rename(from.key, to.key, {
      replace: replaced !== undefined,
      into: to.mount.storage,
    })
    ticket.settle({ size: moved.size - gone.size, files: moved.files - gone.files })
  } finally {
    ticket.release()
  }
  if (!isSameAccount) await services.quota.add(from.mount.account, { size: -moved.size, files: -moved.files })
}

async function sizeOf({ mount, key }: Side, entry: Entry): Promise<{ size: number; files: number }> {
  if (entry.type === 'directory') return measureTree(mount.storage, key)
  return entry.type === 'file' ? { size: entry.size, files: 1 } : { size: 0, files: 0 }
}

async function entryAt({ mount, key }: Side): Promise<Entry | undefined> {
  try {
    return await mount.storage.lstat(key)
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined
    throw error
  }
}
