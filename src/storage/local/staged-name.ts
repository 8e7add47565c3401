import { randomBytes } from 'node:crypto'

const pattern = /^\.sftpgo-[0-9a-f]{16}\.part$/

/** The staged uploads this process writes right now; the names are random enough to be unique without their folder. */
const open = new Set<string>()

/** Takes a name for an upload that is not visible yet; releaseStagedName() gives it back. */
export function claimStagedName(): string {
  const name = `.sftpgo-${randomBytes(8).toString('hex')}.part`
  open.add(name)
  return name
}

export function releaseStagedName(name: string): void {
  open.delete(name)
}

/** True for the names that no method of a storage shows or accepts. */
export function isStagedName(name: string): boolean {
  return name.startsWith('.sftpgo-') && pattern.test(name)
}

/** True for a staged file that nobody in this process will ever finish. */
export function isAbandonedStagedName(name: string): boolean {
  return isStagedName(name) && !open.has(name)
}
