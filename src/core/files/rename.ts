import type { QuotaUsage } from '../accounts/user.ts'
import { FileServerError, hasCode } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import type { FileServices } from './file-services.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import type { OpenTransfers } from './open-transfers.ts'
import { renameUploads } from './rename-upload.ts'
import type { Entry } from './storage.ts'
import { measureTree } from './tree-size.ts'
import type { Upload } from './upload.ts'
import { isWithin, parentOf, type VirtualPath } from './virtual-path.ts'

type Side = Location & { readonly path: VirtualPath }

const nothing: QuotaUsage = { size: 0, files: 0 }

/**
 * Checks the rights of both sides, moves the entry, and moves its size from one quota to the other. What the session has open
 * for writing under either name goes as rename(2) has it: with the old name, and with what is replaced.
 * @throws 'permission-denied' 'already-exists' 'quota-exceeded' 'unsupported' and what Storage throws
 */
export async function renameEntry(
  from: Side,
  to: Side,
  replace: boolean,
  access: AccessRules,
  services: FileServices,
  open: OpenTransfers,
): Promise<void> {
  // Before anything is looked at: who has no right here learns nothing, not even whether the entry exists.
  for (const { path } of [from, to]) access.requireFor(path, 'rename', 'rename_files', 'rename_dirs')
  // A file onto itself is no change (rename(2)), however often a client asks.
  if (from.path === to.path) return requireKeepsName(from, replace, access, open)
  await services.locks.runBoth(keyOfLocation(from), keyOfLocation(to), async () => {
    const { entry, found, uploads } = await whatIsAt(from, open)
    requireRename(from.path, to.path, entry, access)
    const replaced = await entryAt(to)
    const losers = open.followersOf(to.path)
    if (replaced) requireReplace(to.path, entry, replaced, replace, access)
    else if (losers.length > 0 && !replace) throw targetExists()
    if (uploads.length > 0)
      await renameUploads({ uploads, from, to, found, replaced, replace }, access, services)
    else if (isSameAccount(from, to)) await moveWithinQuota(from, to, replaced, services)
    else await moveBetweenQuotas(from, to, entry, replaced, services)
    // What is written through a link is another file.
    if (entry.type === 'symlink') for (const upload of open.followersOf(from.path)) upload.forsakeLink()
    if (replaced?.type === 'symlink') for (const upload of losers) upload.forsakeLink()
    else await Promise.all(losers.map((upload) => upload.forsakeName()))
  })
}

/** What a session finds at a name: the file there, or the one that it is writing. */
async function whatIsAt(
  side: Side,
  open: OpenTransfers,
): Promise<{ entry: Entry; found: Entry | undefined; uploads: readonly Upload[] }> {
  const uploads = open.followersOf(side.path)
  const found = await entryAt(side)
  const [first] = uploads
  // What is written through a link is another file.
  if (first && found?.type !== 'symlink') return { entry: found ?? (await first.stat()), found, uploads }
  if (!found) throw new FileServerError('not-found', 'No such file or directory')
  return { entry: found, found, uploads: [] }
}

async function requireKeepsName(
  side: Side,
  replace: boolean,
  access: AccessRules,
  open: OpenTransfers,
): Promise<void> {
  requireRename(side.path, side.path, (await whatIsAt(side, open)).entry, access)
  if (!replace) throw new FileServerError('already-exists', 'Source and target are the same')
}

function requireRename(from: VirtualPath, to: VirtualPath, entry: Entry, access: AccessRules): void {
  const kind = entry.type === 'directory' ? 'rename_dirs' : 'rename_files'
  for (const path of [from, to]) access.requireFor(path, 'rename', kind)
  if (entry.type !== 'directory') return
  access.requireMove(from, to, 'rename', kind)
  if (from !== to && isWithin(from, to))
    throw new FileServerError('unsupported', 'A directory cannot be moved into itself', {
      reason: 'into-itself',
    })
}

/** Only like replaces like, and only an empty directory (rename(2)). */
function requireReplace(
  path: VirtualPath,
  entry: Entry,
  replaced: Entry,
  replace: boolean,
  access: AccessRules,
): void {
  if (!replace) throw targetExists()
  if (replaced.type !== 'directory') {
    if (entry.type === 'directory')
      throw new FileServerError('not-a-directory', 'The target is not a directory', {
        reason: 'target-is-file',
      })
    return access.requireFor(path, 'overwrite')
  }
  // An empty one goes: who may not remove it can still put things into it.
  if (entry.type !== 'directory' || !access.may(parentOf(path), 'delete', 'delete_dirs'))
    throw new FileServerError('unsupported', 'The target is a directory', { reason: 'target-is-folder' })
}

function targetExists(): FileServerError {
  return new FileServerError('already-exists', 'The target exists')
}

function isSameAccount({ mount: { account: one } }: Side, { mount: { account: other } }: Side): boolean {
  return one.kind === other.kind && one.name === other.name
}

async function moveWithinQuota(
  from: Side,
  to: Side,
  replaced: Entry | undefined,
  services: FileServices,
): Promise<void> {
  const ticket = await services.quota.open(to.mount.account, to.mount.limits)
  try {
    const gone = await countedAt(to, replaced, services)
    await move(from, to, replaced)
    services.quota.inPlace.move(keyOfLocation(from), keyOfLocation(to))
    ticket.settle({ size: -gone.size, files: -gone.files })
  } finally {
    ticket.release()
  }
}

/** Both quotas are opened before anything moves: a database that is away then changes nothing. */
async function moveBetweenQuotas(
  from: Side,
  to: Side,
  entry: Entry,
  replaced: Entry | undefined,
  services: FileServices,
): Promise<void> {
  const { quota } = services
  const moved = await sizeOf(from, entry)
  const source = await quota.open(from.mount.account, { size: 0, files: 0 })
  try {
    const target = await quota.open(to.mount.account, to.mount.limits)
    try {
      const gone = await countedAt(to, replaced, services)
      await target.holdBytes(Math.max(0, moved.size - gone.size))
      await target.holdFiles(Math.max(0, moved.files - gone.files))
      await move(from, to, replaced)
      const left = entry.type === 'directory' ? moved : await countedAt(from, entry, services)
      for (const side of [from, to]) quota.inPlace.forget(keyOfLocation(side))
      target.settle({ size: moved.size - gone.size, files: moved.files - gone.files })
      source.settle({ size: -left.size, files: -left.files })
    } finally {
      target.release()
    }
  } finally {
    source.release()
  }
}

function move(from: Side, to: Side, replaced: Entry | undefined): Promise<void> {
  return from.mount.storage.rename(from.key, to.key, {
    replace: replaced !== undefined,
    into: to.mount.storage,
  })
}

async function sizeOf({ mount, key }: Side, entry: Entry): Promise<QuotaUsage> {
  if (entry.type === 'directory') return measureTree(mount.storage, key)
  return entry.type === 'file' ? { size: entry.size, files: 1 } : nothing
}

/** What the quota of a name knows of it. */
async function countedAt(side: Side, entry: Entry | undefined, { quota }: FileServices): Promise<QuotaUsage> {
  if (entry?.type !== 'file') return nothing
  return { size: await quota.inPlace.countedSize(keyOfLocation(side), entry.size), files: 1 }
}

async function entryAt({ mount, key }: Side): Promise<Entry | undefined> {
  try {
    return await mount.storage.lstat(key)
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined
    throw error
  }
}
