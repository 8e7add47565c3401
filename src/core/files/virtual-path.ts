import { posix } from 'node:path'
import { FileServerError } from '../errors.ts'

declare const brand: unique symbol

/** An absolute, canonical path as the user sees it: no '.', no '..', no doubled or trailing slash. */
export type VirtualPath = string & { readonly [brand]: 'VirtualPath' }

/** Longest name of one entry, in bytes of UTF-8 (NAME_MAX). */
const maxNameBytes = 255
/** Longest whole path, in bytes of UTF-8 (PATH_MAX less the terminator). */
const maxPathBytes = 4095

export const rootPath = '/' as VirtualPath

/**
 * The one canonicalisation of what a client sends; every check and every use sees its result.
 * A relative path starts at `base`. '..' never climbs above '/'.
 *
 * @throws FileServerError 'invalid-path' for NUL bytes, halves of characters, and names or paths that are too long.
 */
export function parseVirtualPath(raw: string, base: VirtualPath = rootPath): VirtualPath {
  // On the disk it would be another name than the one that was checked and locked.
  if (!raw.isWellFormed()) throw new FileServerError('invalid-path', 'A path must be Unicode text')
  if (raw.includes('\0')) throw new FileServerError('invalid-path', 'A path must not contain a NUL byte')
  const path = posix.resolve('/', base, raw)
  if (path.length * 3 > maxNameBytes) checkLengths(path)
  return path as VirtualPath
}

function checkLengths(path: string): void {
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new FileServerError('invalid-path', 'The path is too long')
  for (const name of path.split('/'))
    if (Buffer.byteLength(name) > maxNameBytes)
      throw new FileServerError('invalid-path', 'A name in the path is too long')
}

export function parentOf(path: VirtualPath): VirtualPath {
  return posix.dirname(path) as VirtualPath
}

export function nameOf(path: VirtualPath): string {
  return posix.basename(path)
}

/** @throws FileServerError 'invalid-path' when `name` is not one plain name. */
export function joinPath(directory: VirtualPath, name: string): VirtualPath {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw new FileServerError('invalid-path', 'Not a valid file name')
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as VirtualPath
}

/** The names from the root down; [] for '/'. */
export function segmentsOf(path: VirtualPath): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}

/** True when `path` is `ancestor` or lies below it: by whole names, never by prefix of text. */
export function isWithin(ancestor: VirtualPath, path: VirtualPath): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)
}
