import { FileServerError } from '../errors.ts'

/** A plain name: no path, not hidden, and of a kind that is a backup. */
const plain = /^[A-Za-z0-9_-][A-Za-z0-9._-]*\.json(\.enc)?$/
const maxLength = 255
/** A name of ours tells when the backup was made, in UTC. */
const ours = /^sftpgo-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(-\d+)?(-scheduled)?\.json(\.enc)?$/

export interface BackupKind {
  readonly isScheduled: boolean
  readonly isEncrypted: boolean
}

export function isBackupName(name: string): boolean {
  return name.length <= maxLength && plain.test(name)
}

/** @throws FileServerError 'invalid-argument' */
export function checkBackupName(name: string): void {
  if (!isBackupName(name))
    throw new FileServerError('invalid-argument', 'name: is not the name of a backup', { field: 'name' })
}

/** The name for one that is made at `now`; `attempt` counts those of the same second, from 1. */
export function backupNameAt(now: number, { isScheduled, isEncrypted }: BackupKind, attempt = 1): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const number = attempt > 1 ? `-${attempt}` : ''
  return `sftpgo-${time}${number}${isScheduled ? '-scheduled' : ''}.json${isEncrypted ? '.enc' : ''}`
}

/** What a name says; the time is undefined for a file that was named by somebody else. */
export function readBackupName(name: string): BackupKind & { readonly createdAt: number | undefined } {
  const match = ours.exec(name)
  const isEncrypted = name.endsWith('.enc')
  if (!match) return { createdAt: undefined, isScheduled: false, isEncrypted }
  const [year = 0, month = 1, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const createdAt = Date.UTC(year, month - 1, day, hour, minute, second)
  return { createdAt, isScheduled: match[8] !== undefined, isEncrypted }
}
