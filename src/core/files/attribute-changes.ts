import type { Permission } from '../accounts/permissions.ts'
import { FileServerError } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import type { FileServices } from './file-services.ts'
import { keyOfLocation, type Location } from './mounts.ts'
import type { Attributes, Entry, EntryType } from './storage.ts'
import { parentOf, type VirtualPath } from './virtual-path.ts'

export type AttributeKind = 'size' | 'mode' | 'times'

const permissionFor = {
  size: 'overwrite',
  mode: 'chmod',
  times: 'chtimes',
} as const satisfies Record<AttributeKind, Permission>

/**
 * Without the bits that let a program run as its owner: files belong to the server's own user, and nobody who may
 * chmod is to get programs that run as that.
 */
export function harmless(attributes: Attributes): Attributes {
  return attributes.mode === undefined ? attributes : { ...attributes, mode: attributes.mode & 0o777 }
}

export function kindsIn({ size, mode, modifiedAt, accessedAt }: Attributes): AttributeKind[] {
  const kinds: AttributeKind[] = []
  if (size !== undefined) kinds.push('size')
  if (mode !== undefined) kinds.push('mode')
  if (modifiedAt !== undefined || accessedAt !== undefined) kinds.push('times')
  return kinds
}

/** For an entry whose type is not known yet, so that who has no right learns nothing of it. @throws 'permission-denied' */
export function requireAnyRight(
  access: AccessRules,
  path: VirtualPath,
  kinds: readonly AttributeKind[],
): void {
  for (const kind of kinds)
    if (kind === 'size' || !access.may(path, permissionFor[kind]))
      access.requireFor(path, permissionFor[kind])
}

/**
 * A permission entry may name a file itself; a directory is governed by the one it is in, and so is every size. The
 * root of a mount is governed by its own: the directory around it is somebody else's.
 * @throws 'permission-denied'
 */
export function requireRights(
  access: AccessRules,
  path: VirtualPath,
  type: EntryType | 'mount',
  kinds: readonly AttributeKind[],
): void {
  const governing = type === 'directory' ? parentOf(path) : path
  for (const kind of kinds) access.require(kind === 'size' ? parentOf(path) : governing, permissionFor[kind])
}

/** @throws 'invalid-argument'; 'quota-exceeded' over `maxFileSize`, in bytes, 0 = no limit */
export function checkSize(size: number, maxFileSize: number): void {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new FileServerError('invalid-argument', 'No file can have this size')
  if (maxFileSize > 0 && size > maxFileSize)
    throw new FileServerError('quota-exceeded', 'The file is larger than this user may upload', {
      reason: 'file-too-large',
    })
}

/** The caller holds the lock of the name. */
export async function applyAttributes(
  location: Location,
  entry: Entry,
  attributes: Attributes,
  followLink: boolean,
  services: FileServices,
): Promise<void> {
  const { storage } = location.mount
  const { size, ...rest } = attributes
  // The size by itself: it is counted even when the rest then fails.
  if (size !== undefined) await applySize(location, entry, size, followLink, services)
  if (kindsIn(rest).length > 0) await storage.setAttributes(location.key, rest, { followLink })
}

async function applySize(
  location: Location,
  entry: Entry,
  size: number,
  followLink: boolean,
  { quota }: FileServices,
): Promise<void> {
  const { mount, key } = location
  const ticket = await quota.open(mount.account, mount.limits)
  try {
    await ticket.holdBytes(Math.max(0, size - entry.size))
    await mount.storage.setAttributes(key, { size }, { followLink })
    const change = await quota.inPlace.recount(keyOfLocation(location), entry.size, size)
    ticket.settle({ size: change, files: 0 })
  } finally {
    ticket.release()
  }
}
