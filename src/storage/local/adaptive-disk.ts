import fs from 'node:fs'
import * as pooled from './disk-calls.ts'
import type { FileSystem, FileSystems } from './file-systems.ts'

/** The calls of disk-calls.ts, however they are made. */
export type DiskCalls = Omit<typeof pooled, 'maxPendingCalls'>

/** Bytes. More are read by the thread pool, beside the event loop: copying them takes longer than the trip there. */
const maxDirectRead = 256 * 1024
/** Bytes. What is more is written in several direct calls, so that others have their turn between them. */
const maxDirectWrite = 256 * 1024
/** Bytes. The room of a larger file is given back by the thread pool: that takes longer the larger the file is. */
const maxDirectlyFreed = 4 * 1024 * 1024
const blockBytes = 512

/**
 * The calls of disk-calls.ts on the tree below one directory, made directly while its file system answers from
 * memory (DiskPace decides) and in the thread pool otherwise. Always in the pool: what makes a device write, what
 * moves many bytes, and what gives back much room.
 */
export class AdaptiveDisk implements DiskCalls {
  readonly statfs = pooled.statfs
  readonly truncate = pooled.truncate
  readonly ftruncate = pooled.ftruncate
  readonly #fileSystems: FileSystems
  readonly #root: string

  constructor(fileSystems: FileSystems, root: string) {
    this.#fileSystems = fileSystems
    this.#root = root
  }

  openDescriptor(path: string, flags: number, mode?: number): Promise<number> {
    const direct = () => fs.openSync(path, flags, mode)
    const inPool = () => pooled.openDescriptor(path, flags, mode)
    return flags & fs.constants.O_CREAT ? this.#change(direct, inPool) : this.#look(direct, inPool)
  }

  lstat(path: string): Promise<fs.Stats> {
    return this.#look(
      () => fs.lstatSync(path),
      () => pooled.lstat(path),
    )
  }

  lstatIfThere(path: string): Promise<fs.Stats | undefined> {
    return this.#look(
      () => lookUp(path),
      () => pooled.lstatIfThere(path),
    )
  }

  async lstatAll(paths: readonly string[]): Promise<(fs.Stats | undefined)[]> {
    const found: (fs.Stats | undefined)[] = []
    const lookUpNext = () => void found.push(lookUp(paths[found.length] ?? ''))
    while (found.length < paths.length) {
      this.#fileSystem?.looking.runMany(paths.length - found.length, lookUpNext)
      const rest = paths.slice(found.length, found.length + pooled.maxPendingCalls)
      if (rest.length === 0) break
      const some = await this.#look(
        () => rest.slice(0, 1).map(lookUp),
        () => pooled.lstatAll(rest),
      )
      found.push(...some)
    }
    return found
  }

  fstat(descriptor: number): Promise<fs.Stats> {
    return this.#look(
      () => fs.fstatSync(descriptor),
      () => pooled.fstat(descriptor),
    )
  }

  readlink(path: string): Promise<string> {
    return this.#look(
      () => fs.readlinkSync(path),
      () => pooled.readlink(path),
    )
  }

  realpath(path: string): Promise<string> {
    return this.#look(
      () => fs.realpathSync.native(path),
      () => pooled.realpath(path),
    )
  }

  opendir(path: string, options: fs.OpenDirOptions): Promise<fs.Dir> {
    return this.#look(
      () => fs.opendirSync(path, options),
      () => pooled.opendir(path, options),
    )
  }

  readDirectory(directory: fs.Dir, count: number): Promise<fs.Dirent[]> {
    return this.#look(
      () => readDirectly(directory, count),
      () => pooled.readDirectory(directory, count),
    )
  }

  closeDirectory(directory: fs.Dir): Promise<void> {
    return this.#look(
      () => directory.closeSync(),
      () => pooled.closeDirectory(directory),
    )
  }

  mkdir(path: string, options: fs.MakeDirectoryOptions): Promise<string | undefined> {
    return this.#change(
      () => fs.mkdirSync(path, options),
      () => pooled.mkdir(path, options),
    )
  }

  rmdir(path: string): Promise<void> {
    return this.#change(
      () => fs.rmdirSync(path),
      () => pooled.rmdir(path),
    )
  }

  link(path: string, name: string): Promise<void> {
    return this.#change(
      () => fs.linkSync(path, name),
      () => pooled.link(path, name),
    )
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#change(
      () => fs.symlinkSync(target, path),
      () => pooled.symlink(target, path),
    )
  }

  async unlink(path: string): Promise<void> {
    if (await this.#holdsMuch(path)) return pooled.unlink(path)
    return this.#change(
      () => fs.unlinkSync(path),
      () => pooled.unlink(path),
    )
  }

  async rename(from: string, to: string, freed = Infinity): Promise<void> {
    if (freed > maxDirectlyFreed && (await this.#holdsMuch(to))) return pooled.rename(from, to)
    return this.#change(
      () => fs.renameSync(from, to),
      () => pooled.rename(from, to),
    )
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#change(
      () => fs.chmodSync(path, mode),
      () => pooled.chmod(path, mode),
    )
  }

  utimes(path: string, accessed: number | string, modified: number | string): Promise<void> {
    return this.#change(
      () => fs.utimesSync(path, accessed, modified),
      () => pooled.utimes(path, accessed, modified),
    )
  }

  lutimes(path: string, accessed: number | string, modified: number | string): Promise<void> {
    return this.#change(
      () => fs.lutimesSync(path, accessed, modified),
      () => pooled.lutimes(path, accessed, modified),
    )
  }

  fchmod(descriptor: number, mode: number): Promise<void> {
    return this.#change(
      () => fs.fchmodSync(descriptor, mode),
      () => pooled.fchmod(descriptor, mode),
    )
  }

  futimes(descriptor: number, accessed: number | string, modified: number | string): Promise<void> {
    return this.#change(
      () => fs.futimesSync(descriptor, accessed, modified),
      () => pooled.futimes(descriptor, accessed, modified),
    )
  }

  fsync(descriptor: number): Promise<void> {
    const inPool = () => pooled.fsync(descriptor)
    return this.#fileSystem?.isInMemory ? this.#change(() => fs.fsyncSync(descriptor), inPool) : inPool()
  }

  fdatasync(descriptor: number): Promise<void> {
    const inPool = () => pooled.fdatasync(descriptor)
    return this.#fileSystem?.isInMemory ? this.#change(() => fs.fdatasyncSync(descriptor), inPool) : inPool()
  }

  closeDescriptor(descriptor: number): void {
    const inPool = () => pooled.closeDescriptor(descriptor)
    this.#closeBy(() => closeDirectly(descriptor), inPool)
  }

  closeFile(descriptor: number, bytes = Infinity): void {
    if (bytes <= maxDirectlyFreed) return this.closeDescriptor(descriptor)
    const inPool = () => pooled.closeFile(descriptor)
    const direct = () => {
      const stats = fs.fstatSync(descriptor)
      if (stats.nlink === 0 && isMuch(stats)) inPool()
      else closeDirectly(descriptor)
    }
    this.#closeBy(direct, inPool)
  }

  readOnce(descriptor: number, position: number, targets: readonly Uint8Array[]): Promise<number> {
    const inPool = () => pooled.readOnce(descriptor, position, targets)
    if (bytesIn(targets) > maxDirectRead) return inPool()
    const direct = () => fs.readvSync(descriptor, targets, position)
    return this.#fileSystem?.reading.run(direct, inPool) ?? inPool()
  }

  writeOnce(descriptor: number, position: number, chunks: readonly Uint8Array[]): Promise<number> {
    const inPool = () => pooled.writeOnce(descriptor, position, chunks)
    const direct = () => fs.writevSync(descriptor, firstBytes(chunks, maxDirectWrite), position)
    return this.#fileSystem?.writing.run(direct, inPool) ?? inPool()
  }

  get #fileSystem(): FileSystem | undefined {
    return this.#fileSystems.at(this.#root)
  }

  #look<T>(direct: () => T, inPool: () => Promise<T>): Promise<T> {
    return this.#fileSystem?.looking.run(direct, inPool) ?? inPool()
  }

  #change<T>(direct: () => T, inPool: () => Promise<T>): Promise<T> {
    return this.#fileSystem?.changing.run(direct, inPool) ?? inPool()
  }

  #closeBy(direct: () => void, inPool: () => void): void {
    const looking = this.#fileSystem?.looking
    if (looking) looking.runNow(direct, inPool)
    else inPool()
  }

  /** Asked only where the next call would be a direct one. */
  async #holdsMuch(path: string): Promise<boolean> {
    if (!this.#fileSystem?.changing.isDirect) return false
    const stats = await this.lstatIfThere(path)
    return stats !== undefined && isMuch(stats)
  }
}

function lookUp(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, { throwIfNoEntry: false })
}

function isMuch(stats: fs.Stats): boolean {
  return stats.isFile() && stats.blocks * blockBytes > maxDirectlyFreed
}

/** Like closeDescriptor(): nothing that matters can fail any more. */
function closeDirectly(descriptor: number): void {
  try {
    fs.closeSync(descriptor)
  } catch {
    // The descriptor is given back in any case (close(2)).
  }
}

function readDirectly(directory: fs.Dir, count: number): fs.Dirent[] {
  const entries: fs.Dirent[] = []
  while (entries.length < count) {
    const entry = directory.readSync()
    if (entry === null) break
    entries.push(entry)
  }
  return entries
}

function bytesIn(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.length, 0)
}

/** The beginning of `chunks`, of `max` bytes at most. */
function firstBytes(chunks: readonly Uint8Array[], max: number): Uint8Array[] {
  const first: Uint8Array[] = []
  let left = max
  for (const chunk of chunks) {
    if (left === 0) break
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk
    first.push(piece)
    left -= piece.length
  }
  return first
}
