import { constants, type Stats } from 'node:fs'
import type { Entry, EntryType } from '../../core/files/storage.ts'

/** What is asked of a file here, by Node's names and in its units. */
export type DiskStats = Pick<
  Stats,
  'mode' | 'size' | 'nlink' | 'ino' | 'dev' | 'atimeMs' | 'mtimeMs' | 'ctimeMs'
>

export function toEntry(name: string, stats: DiskStats): Entry {
  return {
    name,
    type: typeOf(stats),
    size: stats.size,
    mode: stats.mode & 0o7777,
    modifiedAt: Math.floor(stats.mtimeMs),
    accessedAt: Math.floor(stats.atimeMs),
    links: stats.nlink,
    changedAt: stats.ctimeMs,
    // Some file systems count in 64 bits, of which a double holds 53: then two files might look like one.
    identity: Number.isSafeInteger(stats.ino) ? { device: stats.dev, file: stats.ino } : undefined,
  }
}

export function isLink({ mode }: DiskStats): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFLNK
}

function typeOf({ mode }: DiskStats): EntryType {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file'
    case constants.S_IFDIR:
      return 'directory'
    case constants.S_IFLNK:
      return 'symlink'
    default:
      return 'other'
  }
}

/**
 * Milliseconds as the seconds that Node's utimes calls take. A fraction does not survive the way through a double
 * unharmed, so half a microsecond is added to come out at the same millisecond when it is read again.
 */
export function toSeconds(milliseconds: number): number | string {
  const seconds = milliseconds % 1000 === 0 ? milliseconds / 1000 : (milliseconds + 0.0005) / 1000
  // Node takes a negative number for "now", but not its digits.
  return seconds < 0 ? String(seconds) : seconds
}
