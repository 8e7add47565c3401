import type { Readable } from 'node:stream'

export interface StoredBackup {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/**
 * Where backups are kept, by name, see checkBackupName(). All throw FileServerError: 'not-found', 'no-space',
 * 'permission-denied', 'unavailable', 'storage-failure'.
 */
export interface BackupStore {
  /** Whatever has the name of a backup, in no order. */
  list(): Promise<readonly StoredBackup[]>
  /** @throws 'invalid-argument' for one of more than `maxBytes` */
  read(name: string, maxBytes: number): Promise<Buffer>
  /** The whole file; whoever takes the stream reads or destroys it. */
  open(name: string): Promise<{ readonly size: number; readonly stream: Readable }>
  /** Durable when it resolves, and never there by half. @throws 'already-exists' */
  write(name: string, bytes: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
}
