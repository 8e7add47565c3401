import { parentOf, type VirtualPath } from '../files/virtual-path.ts'
import { compileGlob } from './glob.ts'

export const permissions = [
  '*',
  'list',
  'download',
  'upload',
  'overwrite',
  'create_dirs',
  'rename',
  'rename_files',
  'rename_dirs',
  'delete',
  'delete_files',
  'delete_dirs',
  'create_symlinks',
  'chmod',
  'chown',
  'chtimes',
  'copy',
] as const

export type Permission = (typeof permissions)[number]

/** Directory (or glob over directories) → what is allowed in it. '/' is always there. */
export type PermissionMap = Readonly<Record<string, readonly Permission[]>>

/**
 * The permissions in force for the entries of `directory`. The nearest ancestor with an entry decides alone:
 * lists are inherited, never merged. At one level a literal key beats a glob; of several globs the longest wins,
 * then the first in alphabetical order.
 */
export function permissionsIn(map: PermissionMap, directory: VirtualPath): readonly Permission[] {
  const globs = Object.keys(map)
    .filter(isGlob)
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  for (let level = directory; ; level = parentOf(level)) {
    if (Object.hasOwn(map, level)) return map[level] ?? []
    const glob = globs.find((candidate) => compileGlob(candidate).test(level))
    if (glob !== undefined) return map[glob] ?? []
    if (level === '/') return []
  }
}

/** True when one of `wanted` (or '*') is in force for the entries of `directory`. */
export function isAllowed(
  map: PermissionMap,
  directory: VirtualPath,
  ...wanted: readonly Permission[]
): boolean {
  const granted = permissionsIn(map, directory)
  return granted.includes('*') || wanted.some((permission) => granted.includes(permission))
}

/** True for an entry that stands for many directories. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path)
}
