import { randomBytes } from 'node:crypto'

/** The first half of the sixteen digits is the tag of the process that writes. */
const pattern = /^\.sftpgo-[0-9a-f]{16}\.part$/
const prefix = '.sftpgo-'
const tagLength = 8

/** The staged uploads this process writes right now; the names are unique without their folder. */
const open = new Set<string>()

/** Tags of all processes that write now. Its own goes for one that runs alone. */
let ownTag = newStagedTag()
let liveTags: ReadonlySet<string> = new Set()

/** A tag that no other process has. */
export function newStagedTag(): string {
  return randomBytes(tagLength / 2).toString('hex')
}

/** The tag of this process. */
export function stagedTag(): string {
  return ownTag
}

/** For a process of several, before it writes anything: what its names begin with. */
export function useStagedTag(tag: string): void {
  ownTag = tag
}

/** Everything staged by a process with one of these tags is left alone: it may be being written. */
export function setLiveStagedTags(tags: Iterable<string>): void {
  liveTags = new Set(tags)
}

/** Not from the beginning: an earlier process may have had the tag, once in four thousand million starts. */
let next = randomBytes(4).readUInt32LE()

/** Takes a name for an upload that is not visible yet; releaseStagedName() gives it back. */
export function claimStagedName(): string {
  for (;;) {
    next = (next + 1) % 2 ** 32
    const name = `${prefix}${ownTag}${next.toString(16).padStart(8, '0')}.part`
    if (open.has(name)) continue
    open.add(name)
    return name
  }
}

export function releaseStagedName(name: string): void {
  open.delete(name)
}

/** True for the names that no method of a storage shows or accepts. */
export function isStagedName(name: string): boolean {
  return name.startsWith(prefix) && pattern.test(name)
}

/** True for a staged file that nobody will ever finish, in this process or another one. */
export function isAbandonedStagedName(name: string): boolean {
  if (!isStagedName(name) || open.has(name)) return false
  const tag = name.slice(prefix.length, prefix.length + tagLength)
  return tag === ownTag || !liveTags.has(tag)
}
