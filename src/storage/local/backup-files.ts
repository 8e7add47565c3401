import { createReadStream, constants, type Stats } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { isBackupName } from '../../core/backups/backup-name.ts'
import type { BackupStore, StoredBackup } from '../../core/backups/backup-store.ts'
import { FileServerError } from '../../core/errors.ts'
import { HeldDirectory, pathOnly } from './held-directory.ts'
import * as disk from './disk-calls.ts'
import { isErrno, onDisk } from './disk-error.ts'
import { moveToFreeName, syncDirectory } from './durable-name.ts'
import { readNames } from './local-listing.ts'
import { claimStagedName, releaseStagedName } from './staged-name.ts'

/** Waits for nothing: what has the name of a backup may be a pipe. */
const forReading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const forWriting = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

export interface BackupFilesOptions {
  /** Absolute. */
  readonly directory: string
  /** What lies below it can be changed by users; no link on the way from here is followed. */
  readonly root: string
}

/** Backups as files of one directory, which users may reach: readable for this process alone, through no link. */
export class BackupFiles implements BackupStore {
  readonly #options: BackupFilesOptions

  constructor(options: BackupFilesOptions) {
    this.#options = options
  }

  list(): Promise<readonly StoredBackup[]> {
    return this.#inDirectory(async (directory) => {
      const found: StoredBackup[] = []
      for await (const batch of readNames(directory))
        for (const { name } of batch) {
          const stats = isBackupName(name) ? await disk.lstatIfThere(directory.at(name)) : undefined
          if (stats?.isFile()) found.push({ name, size: stats.size, modifiedAt: Math.round(stats.mtimeMs) })
        }
      return found
    })
  }

  read(name: string, maxBytes: number): Promise<Buffer> {
    return this.#inDirectory(async (directory) => {
      const { descriptor, stats } = await openFile(directory, name)
      try {
        if (stats.size > maxBytes)
          throw new FileServerError('invalid-argument', 'The backup is too large to be restored', {
            field: 'name',
          })
        return await readWhole(descriptor, stats.size)
      } finally {
        disk.closeDescriptor(descriptor)
      }
    })
  }

  open(name: string): Promise<{ readonly size: number; readonly stream: Readable }> {
    return this.#inDirectory(async (directory) => {
      const { descriptor, stats } = await openFile(directory, name)
      // To the size that is told: a file that grows meanwhile would make the answer longer than it says.
      const end = Math.max(0, stats.size - 1)
      const stream = createReadStream('', { fd: descriptor, start: 0, end, autoClose: true })
      return { size: stats.size, stream }
    })
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    return this.#inDirectory(async (directory) => {
      const staged = claimStagedName()
      try {
        await writeWhole(directory.at(staged), bytes)
        await moveToFreeName(disk, directory.at(staged), directory.at(name))
        await syncDirectory(directory)
      } catch (error) {
        await disk.unlink(directory.at(staged)).catch(() => {})
        throw error
      } finally {
        releaseStagedName(staged)
      }
    })
  }

  remove(name: string): Promise<void> {
    return this.#inDirectory(async (directory) => {
      const stats = await disk.lstatIfThere(directory.at(name))
      if (!stats?.isFile()) throw noSuchBackup()
      await disk.unlink(directory.at(name))
      await syncDirectory(directory)
    })
  }

  #inDirectory<T>(work: (directory: HeldDirectory) => Promise<T>): Promise<T> {
    return onDisk(async () => {
      using directory = await this.#openDirectory()
      return await work(directory)
    })
  }

  async #openDirectory(): Promise<HeldDirectory> {
    const directory = resolve(this.#options.directory)
    const inside = relative(this.#options.root, directory)
    const isInside = inside !== '..' && !inside.startsWith('../') && !isAbsolute(inside)
    const start = isInside ? this.#options.root : directory
    let held = new HeldDirectory(disk, await disk.openDescriptor(start, pathOnly | constants.O_DIRECTORY), [])
    if (!isInside || inside === '') return held
    for (const name of inside.split('/')) {
      using parent = held
      held = await parent.openChild(name).catch((error: unknown) => {
        if (isErrno(error, 'ENOTDIR', 'ELOOP'))
          throw new FileServerError('storage-failure', 'The directory for backups is a link or a file')
        throw error
      })
    }
    return held
  }
}

async function openFile(
  directory: HeldDirectory,
  name: string,
): Promise<{ descriptor: number; stats: Stats }> {
  const descriptor = await disk.openDescriptor(directory.at(name), forReading).catch((error: unknown) => {
    throw isErrno(error, 'ENOENT', 'ELOOP', 'ENXIO') ? noSuchBackup() : error
  })
  const stats = await disk.fstat(descriptor)
  if (stats.isFile()) return { descriptor, stats }
  disk.closeDescriptor(descriptor)
  throw noSuchBackup()
}

async function readWhole(descriptor: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const count = await disk.readOnce(descriptor, length, [bytes.subarray(length)])
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const descriptor = await disk.openDescriptor(path, forWriting, 0o600)
  try {
    for (let at = 0; at < bytes.length;) at += await disk.writeOnce(descriptor, at, [bytes.subarray(at)])
    await disk.fsync(descriptor)
  } finally {
    disk.closeDescriptor(descriptor)
  }
}

function noSuchBackup(): FileServerError {
  return new FileServerError('not-found', 'There is no such backup')
}
