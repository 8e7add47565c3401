import { constants } from 'node:fs'
import { FileServerError } from '../../core/errors.ts'
import type {
  Attributes,
  ChooseWriteMode,
  Entry,
  LinkTarget,
  ReadableFile,
  Space,
  Storage,
  StorageKey,
  StorageProvider,
  WritableFile,
  WriteMode,
} from '../../core/files/storage.ts'
import { AdaptiveDisk, type DiskCalls } from './adaptive-disk.ts'
import { checkKey, ConfinedRoot, isSameKey } from './confined-path.ts'
import { Place } from './held-directory.ts'
import { type DiskStats, isLink, toEntry } from './disk-entry.ts'
import { isErrno, onDisk } from './disk-error.ts'
import { FileSystems } from './file-systems.ts'
import { LocalReadableFile, LocalWritableFile } from './local-file.ts'
import { readEntries } from './local-listing.ts'
import { openFile, openStaged } from './local-open.ts'
import { renamePlace } from './local-rename.ts'
import { directoryMode, makeRoot } from './make-root.ts'
import { requireFile, setAttributesAt, setLinkAttributes } from './set-attributes.ts'
import { emptyOfStagedFiles, removeAllStaged } from './staged-cleanup.ts'
import { isStagedName } from './staged-name.ts'
import { systemCalls } from './system-calls.ts'

export class LocalStorageProvider implements StorageProvider {
  readonly #fileSystems = new FileSystems()
  readonly #storagesDirectory: string | undefined

  /** `storagesDirectory`: absolute; what lies right below it is a storage that others make, and is never made here. */
  constructor(storagesDirectory?: string) {
    this.#storagesDirectory = storagesDirectory
  }

  open(rootDirectory: string): Storage {
    const disk = new AdaptiveDisk(this.#fileSystems, rootDirectory, systemCalls)
    return new LocalStorage(rootDirectory, disk, this.#storagesDirectory)
  }
}

/** Files below a directory of this machine (Linux: needs /proc). Holds nothing open between two calls. */
export class LocalStorage implements Storage {
  readonly #rootDirectory: string
  readonly #storagesDirectory: string | undefined
  readonly #disk: DiskCalls
  readonly #root: ConfinedRoot

  /** `rootDirectory` is an absolute path and trusted; it may be mounted, removed and made again at any time. */
  constructor(rootDirectory: string, disk: DiskCalls, storagesDirectory?: string) {
    this.#rootDirectory = rootDirectory
    this.#storagesDirectory = storagesDirectory
    this.#disk = disk
    this.#root = new ConfinedRoot(rootDirectory, disk)
  }

  stat(key: StorageKey): Promise<Entry> {
    return this.#followed(key, async (place) => {
      const stats = await this.#look(place)
      return isLink(stats) ? undefined : toEntry(key.at(-1) ?? '', stats)
    })
  }

  lstat(key: StorageKey): Promise<Entry> {
    return this.#at(key, async (place) => toEntry(key.at(-1) ?? '', await this.#look(place)))
  }

  async *list(key: StorageKey): AsyncGenerator<readonly Entry[], void, void> {
    using directory = await onDisk(() => this.#root.openDirectory(key))
    const batches = readEntries(directory)
    try {
      for (;;) {
        const batch = await onDisk(() => batches.next())
        if (batch.done) return
        yield batch.value
      }
    } finally {
      await batches.return()
    }
  }

  openRead(key: StorageKey): Promise<ReadableFile> {
    return this.#followed(key, async (place) => {
      const opened = await openFile(place, constants.O_RDONLY)
      return (
        opened &&
        new LocalReadableFile(this.#disk, opened.descriptor, toEntry(key.at(-1) ?? '', opened.stats))
      )
    })
  }

  openWrite(key: StorageKey, mode: WriteMode): Promise<WritableFile>
  openWrite(key: StorageKey, choose: ChooseWriteMode): Promise<WritableFile | undefined>
  openWrite(key: StorageKey, how: WriteMode | ChooseWriteMode): Promise<WritableFile | undefined> {
    return how === 'modify' || how === 'append'
      ? this.#openInPlace(key, how)
      : onDisk(() => this.#openStaged(key, how))
  }

  #openInPlace(key: StorageKey, mode: 'modify' | 'append'): Promise<WritableFile> {
    const name = key.at(-1) ?? ''
    return this.#followed(key, async (place) => {
      // The kernel then finds the end and writes in one step (open(2)), and takes no notice of positions (pwrite(2), BUGS).
      const atTheEnd = mode === 'append' ? constants.O_APPEND : 0
      const opened = await openFile(place, constants.O_RDWR | atTheEnd)
      if (!opened) return undefined
      const { descriptor, stats } = opened
      return new LocalWritableFile(this.#disk, descriptor, { mode, name, initialSize: stats.size })
    })
  }

  /** The directory that was looked into is the one that is written to, also when its path leads elsewhere meanwhile. */
  async #openStaged(
    key: StorageKey,
    how: Exclude<WriteMode, 'modify' | 'append'> | ChooseWriteMode,
  ): Promise<WritableFile | undefined> {
    let place = await this.#openToStage(key)
    try {
      let found = await place.lookUp()
      // Also by a link that leads nowhere (O_EXCL of open(2)).
      const isTaken = found !== undefined
      if (isTaken && how === 'create') throw alreadyTaken()
      if (found && isLink(found)) {
        const target = await this.#root.followPlace(key)
        place[Symbol.dispose]()
        place = target
        found = await place.lookUp()
      }
      const name = key.at(-1) ?? ''
      const existing = found && toEntry(name, found)
      if (existing) requireFile(existing)
      const mode = typeof how === 'string' ? how : await how(existing)
      if (mode === undefined || mode === 'modify' || mode === 'append') {
        place[Symbol.dispose]()
        return mode && (await this.#openInPlace(key, mode))
      }
      if (isTaken && mode === 'create') throw alreadyTaken()
      return await openStaged(place, {
        ...{ mode, name, ...(found && { replaced: found }) },
        openPlace: (other) => this.#openToStage(other),
      })
    } catch (error) {
      place[Symbol.dispose]()
      throw error
    }
  }

  #openToStage(key: StorageKey): Promise<Place> {
    refuseStagedName(key)
    return this.#root.openPlace(key, { toSync: true })
  }

  makeDirectory(key: StorageKey): Promise<void> {
    return onDisk(async () => {
      if (key.length === 0) throw alreadyTaken()
      refuseStagedName(key)
      using place = await this.#root.openPlace(key)
      await this.#disk.mkdir(place.path, { mode: directoryMode })
      const made = await this.#disk.lstat(place.path)
      const mode = (made.mode & 0o7000) | directoryMode
      // The umask took some bits away.
      if ((made.mode & 0o7777) !== mode) await setAttributesAt(place, { mode })
    })
  }

  ensureRoot(): Promise<void> {
    return onDisk(() => makeRoot(this.#disk, this.#rootDirectory, this.#storagesDirectory))
  }

  removeFile(key: StorageKey): Promise<void> {
    return this.#at(key, async (place) => {
      if (key.length === 0) throw new FileServerError('is-a-directory', 'Is a directory')
      await this.#disk.unlink(place.path)
    })
  }

  removeDirectory(key: StorageKey): Promise<void> {
    return this.#at(key, async (place) => {
      refuseRoot(key)
      try {
        await this.#disk.rmdir(place.path)
      } catch (error) {
        if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
        using directory = await place.directory.openChild(place.name)
        if (!(await emptyOfStagedFiles(directory))) throw error
        await this.#disk.rmdir(place.path)
      }
    })
  }

  rename(from: StorageKey, to: StorageKey, options: { replace: boolean; into?: Storage }): Promise<void> {
    return onDisk(async () => {
      const target = options.into ?? this
      if (!(target instanceof LocalStorage))
        throw new FileServerError('unsupported', 'The two are not storages of the same kind')
      refuseRoot(from)
      refuseRoot(to)
      using source = await this.#root.openPlace(from)
      refuseStagedName(to)
      using destination =
        target === this && isSameKey(from.slice(0, -1), to.slice(0, -1))
          ? new Place(source.directory, checkKey(to).at(-1) ?? '.')
          : await target.#root.openPlace(to)
      await renamePlace(source, destination, options.replace)
    })
  }

  setAttributes(
    key: StorageKey,
    attributes: Attributes,
    options: { followLink?: boolean } = {},
  ): Promise<void> {
    if (options.followLink === false)
      return this.#at(key, async (place) => {
        if (!(await setAttributesAt(place, attributes))) await setLinkAttributes(place, attributes)
      })
    return this.#followed(key, async (place) =>
      (await setAttributesAt(place, attributes)) ? null : undefined,
    ).then(() => {})
  }

  symlink(target: StorageKey, link: StorageKey): Promise<void> {
    return onDisk(async () => {
      if (link.length === 0) throw alreadyTaken()
      refuseStagedName(link)
      checkKey(target)
      using place = await this.#root.openPlace(link)
      await this.#disk.symlink(relativePath(place.directory.names, target), place.path)
    })
  }

  readlink(key: StorageKey): Promise<LinkTarget> {
    return this.#at(key, async (place) => {
      const target = await this.#root.targetOf(place.directory, await readLink(this.#disk, place.path))
      return { key: target, relative: relativePath(place.directory.names, target) }
    })
  }

  space(): Promise<Space> {
    return onDisk(async () => {
      const { bsize, blocks, bfree, bavail, files, ffree } = await this.#disk.statfs(this.#rootDirectory)
      return {
        blockSize: bsize,
        totalBytes: blocks * bsize,
        freeBytes: bfree * bsize,
        availableBytes: bavail * bsize,
        totalFiles: files,
        freeFiles: ffree,
      }
    })
  }

  removeStagedUploads(): Promise<number> {
    return onDisk(() => removeAllStaged(this.#root))
  }

  /** Asked before every upload, mostly for what is not there: that is no failed system call with a stack to build. */
  async #look(place: Place): Promise<DiskStats> {
    const stats = await place.lookUp()
    if (!stats) throw new FileServerError('not-found', 'No such file or directory')
    return stats
  }

  #at<T>(key: StorageKey, work: (place: Place) => Promise<T>): Promise<T> {
    return onDisk(async () => {
      using place = await this.#root.openPlace(key)
      return await work(place)
    })
  }

  /** Works on what a final link leads to; `work` answers undefined when it finds a link, and is asked again behind it. */
  #followed<T extends object | null>(
    key: StorageKey,
    work: (place: Place) => Promise<T | undefined>,
  ): Promise<T> {
    return onDisk(async () => {
      using place = await this.#root.openPlace(key)
      const result = await work(place)
      if (result !== undefined) return result
      using target = await this.#root.followPlace(key)
      const followed = await work(target)
      if (followed === undefined) throw new FileServerError('busy', 'The link was changed meanwhile')
      return followed
    })
  }
}

function alreadyTaken(): FileServerError {
  return new FileServerError('already-exists', 'The name is already taken')
}

function refuseRoot(key: StorageKey): void {
  if (key.length === 0)
    throw new FileServerError('permission-denied', 'The root of a storage stays where it is')
}

/** The names of staged uploads are not there to be taken. */
function refuseStagedName(key: StorageKey): void {
  if (isStagedName(key.at(-1) ?? '')) throw new FileServerError('invalid-path', 'The name is reserved')
}

async function readLink(disk: DiskCalls, path: string): Promise<string> {
  try {
    return await disk.readlink(path)
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
    throw new FileServerError('invalid-argument', 'Not a symbolic link', { cause: error })
  }
}

/** From the directory with the names `from` to `to`, as a link stores it. */
function relativePath(from: StorageKey, to: StorageKey): string {
  let common = 0
  while (common < from.length && common < to.length && from[common] === to[common]) common++
  return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/') || '.'
}
