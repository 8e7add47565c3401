import type { Stats } from 'node:fs'
import type { Entry, EntryType } from '../../core/files/storage.ts'

export function toEntry(name: string, stats: Stats): Entry {
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

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
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
