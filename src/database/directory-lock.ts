import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import { isSqliteBusy } from './database-error.ts'

const fileName = 'in-use.lock'
const retryMs = 100

export interface DirectoryLockOptions {
  /** How long another process may take to let go of it, in milliseconds. */
  readonly waitMs: number
  readonly log: Log
  /** Gives up the wait. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes this process the only one that works with `directory`, until it disposes of the lock or ends, however it ends.
 * SQLite asks the kernel for it (fcntl(2), F_SETLK): Node itself has no lock that a crash cannot leave behind. The file
 * stays, and is empty: that it is there means nothing.
 *
 * @throws when another process holds it for longer than `waitMs`; the signal's reason
 */
export async function lockDirectory(directory: string, options: DirectoryLockOptions): Promise<Disposable> {
  const { waitMs, log, signal } = options
  const path = join(directory, fileName)
  const file = openLockFile(path)
  try {
    const giveUpAt = performance.now() + waitMs
    let isTold = false
    while (!tryToLock(file, path)) {
      if (performance.now() >= giveUpAt)
        throw new Error(
          `${directory} is in use: another process of this program works with it, and two would remove each ` +
            `other's uploads; stop that one, or give this one a directory of its own`,
        )
      if (!isTold) log.warn({ directory, waitMs }, 'directory is in use, waiting for its release')
      isTold = true
      await delay(retryMs, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
    // Who may open it could hold it. Not by a descriptor: closing one drops the locks that a process has of the file.
    await chmod(path, 0o600)
    return { [Symbol.dispose]: () => file.close() }
  } catch (error) {
    file.close()
    throw error
  }
}

function openLockFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (cause) {
    throw new Error(`${path} cannot be opened`, { cause })
  }
}

/** An exclusive transaction that never ends. False while another connection has one. */
function tryToLock(file: DatabaseSync, path: string): boolean {
  try {
    file.exec('begin exclusive')
    return true
  } catch (cause) {
    if (isSqliteBusy(cause)) return false
    throw new Error(`${path} cannot be locked: remove it if it is not empty`, { cause })
  }
}
