import { hash } from 'node:crypto'
import { isAllowed, type Permission, type PermissionMap } from '../../core/accounts/permissions.ts'
import type { Entry, EntryType } from '../../core/files/storage.ts'
import { joinPath, parentOf, type VirtualPath } from '../../core/files/virtual-path.ts'
import { oneLine } from './ftp-reply.ts'
import { formatListTime, formatTime } from './ftp-time.ts'

const typeLetters = { file: '-', directory: 'd', symlink: 'l', other: '-' } as const satisfies Record<
  EntryType,
  string
>

/** One line of `ls -l`; `linkTarget` for a symbolic link. */
export function formatLong(entry: Entry, now: number, linkTarget?: string): string {
  const { name, type, size, mode, modifiedAt, links } = entry
  const shown = oneLine(linkTarget === undefined ? name : `${name} -> ${linkTarget}`)
  const rights = `${typeLetters[type]}${permissionLetters(mode)} ${String(links).padStart(3)}`
  return `${rights} ftp      ftp      ${String(size).padStart(12)} ${formatListTime(modifiedAt, now)} ${shown}`
}

const knownLetters: string[] = []

function permissionLetters(mode: number): string {
  return (knownLetters[mode & 0o777] ??= spellPermissions(mode))
}

function spellPermissions(mode: number): string {
  let letters = ''
  for (let bit = 8; bit >= 0; bit--) letters += mode & (1 << bit) ? 'xwr'[bit % 3] : '-'
  return letters
}

export const facts = ['type', 'size', 'modify', 'perm', 'unique', 'UNIX.mode'] as const
export type Fact = (typeof facts)[number]
export const defaultFacts: ReadonlySet<Fact> = new Set(facts)

const knownModes: string[] = []

/** The same for two names of one object (RFC 3659 §7.5.1); undefined where the storage does not know. */
function uniqueOf({ identity }: Entry): string | undefined {
  return identity && `${identity.device.toString(36)}g${identity.file.toString(36)}`
}

/** How an entry stands to the directory that is listed (RFC 3659 §7.5.1). */
export type ListedAs = 'child' | 'itself'

/** Where an entry is; its path is made only where a fact needs it, for a directory may have a million entries. */
interface ListedEntry {
  readonly entry: Entry
  readonly parent: VirtualPath
  readonly path: () => VirtualPath
  readonly as: ListedAs
}

/** The facts of one entry and its name, as MLSD and MLST give them (RFC 3659 §7.2). */
export class FactFormatter {
  readonly #wanted: readonly Fact[]
  readonly #permissions: PermissionMap
  #knownDirectory: VirtualPath | undefined
  #knownFilePerm = ''

  constructor(wanted: ReadonlySet<Fact>, permissions: PermissionMap) {
    this.#wanted = facts.filter((fact) => wanted.has(fact))
    this.#permissions = permissions
  }

  /** `name` as it is to be shown, as the client asked in MLST. */
  format(entry: Entry, path: VirtualPath, name: string, as: ListedAs = 'child'): string {
    return this.#line({ entry, parent: parentOf(path), path: () => path, as }, name)
  }

  /** An entry of `directory` with the `name` it has there, as MLSD shows it. */
  formatIn(directory: VirtualPath, entry: Entry, name: string): string {
    return this.#line({ entry, parent: directory, path: () => joinPath(directory, name), as: 'child' }, name)
  }

  #line(listed: ListedEntry, name: string): string {
    let line = ''
    for (const fact of this.#wanted) {
      const value = this.#value(fact, listed)
      if (value !== undefined) line += `${fact}=${value};`
    }
    return `${line} ${oneLine(name)}`
  }

  #value(fact: Fact, { entry, parent, path, as }: ListedEntry): string | undefined {
    switch (fact) {
      case 'type':
        if (entry.type === 'directory') return as === 'itself' ? 'cdir' : 'dir'
        return entry.type === 'symlink' ? 'OS.unix=symlink' : entry.type === 'file' ? 'file' : 'OS.unix=other'
      case 'size':
        return entry.type === 'file' ? String(entry.size) : undefined
      case 'modify':
        return formatTime(entry.modifiedAt)
      case 'perm':
        return entry.type === 'directory' ? this.#directoryPerm(path()) : this.#filePerm(parent)
      case 'unique':
        return uniqueOf(entry) ?? hash('md5', path(), 'base64url').slice(0, 16)
      case 'UNIX.mode':
        return (knownModes[entry.mode & 0o7777] ??= `0${(entry.mode & 0o7777).toString(8).padStart(3, '0')}`)
    }
  }

  #filePerm(directory: VirtualPath): string {
    // All the files of one directory have the same.
    if (directory === this.#knownDirectory) return this.#knownFilePerm
    this.#knownDirectory = directory
    this.#knownFilePerm = this.#letters(directory, [
      ['a', 'overwrite'],
      ['d', 'delete', 'delete_files'],
      ['f', 'rename', 'rename_files'],
      ['r', 'download'],
      ['w', 'overwrite'],
    ])
    return this.#knownFilePerm
  }

  #directoryPerm(directory: VirtualPath): string {
    const inside = this.#letters(directory, [
      ['c', 'upload'],
      ['e', 'list'],
      ['l', 'list'],
      ['m', 'create_dirs'],
      ['p', 'delete', 'delete_files', 'delete_dirs'],
    ])
    const own = this.#letters(parentOf(directory), [
      ['d', 'delete', 'delete_dirs'],
      ['f', 'rename', 'rename_dirs'],
    ])
    return inside + (directory === '/' ? '' : own)
  }

  #letters(directory: VirtualPath, rules: readonly [string, ...Permission[]][]): string {
    let letters = ''
    for (const [letter, ...wanted] of rules)
      if (isAllowed(this.#permissions, directory, ...wanted)) letters += letter
    return letters
  }
}

/** About so many characters are sent at once: each time costs a system call and wakes the client. */
const pieceLength = 64 * 1024

/** The batches of a directory as text, so that one of any size is sent in flat memory. */
export async function* formatBatches(
  batches: AsyncIterable<readonly Entry[]>,
  formatEntry: (entry: Entry) => string | Promise<string>,
): AsyncGenerator<string> {
  let text = ''
  for await (const batch of batches) {
    for (const entry of batch) {
      const line = formatEntry(entry)
      text += `${typeof line === 'string' ? line : await line}\r\n`
    }
    if (text.length < pieceLength) continue
    yield text
    text = ''
  }
  yield text
}
