import fs from 'node:fs'
import * as directly from './direct-calls.ts'
import * as pooled from './disk-calls.ts'
import type { DiskStats } from './disk-entry.ts'
import type { FileSystem, FileSystems } from './file-systems.ts'
import type { SystemCalls } from './system-calls.ts'

/** The calls of disk-calls.ts, however they are made. */
export type DiskCalls = Omit<typeof pooled, 'maxPendingCalls'>

/** Bytes. More are read by the thread pool, beside the event loop: copying them takes longer than the trip there. */
const maxDirectRead = 256 * 1024
/** Bytes. What is more is written in several direct calls, so that others have their turn between them. */
const maxDirectWrite = 256 * 1024
/** Bytes. As much goes from a file to a socket in one call. */
const maxDirectSend = 128 * 1024
/** Milliseconds. Less than a rotating disk takes, more than the network's work for so many bytes, which is part of the call. */
const slowSendMs = 4
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
  readonly #systemCalls: SystemCalls | undefined

  constructor(fileSystems: FileSystems, root: string, systemCalls: SystemCalls | undefined) {
    this.#fileSystems = fileSystems
    this.#root = root
    this.#systemCalls = systemCalls
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
      () => directly.lookUp(path),
      () => pooled.lstatIfThere(path),
    )
  }

  openExactly(path: string, flags: number): Promise<number | undefined> {
    return this.#look(
      () => directly.openExactly(this.#systemCalls, path, flags),
      () => pooled.openExactly(path, flags),
    )
  }

  lookUp(directory: number, name: string): Promise<DiskStats | undefined> {
    return this.#look(
      () => directly.lookUpIn(this.#systemCalls, directory, name),
      () => pooled.lookUp(directory, name),
    )
  }

  async lstatAll(directory: number, names: readonly string[]): Promise<(DiskStats | undefined)[]> {
    const found: (DiskStats | undefined)[] = []
    const lookUpOne = (name: string) => directly.lookUpIn(this.#systemCalls, directory, name)
    const lookUpNext = () => void found.push(lookUpOne(names[found.length] ?? ''))
    while (found.length < names.length) {
      this.#fileSystem?.looking.runMany(names.length - found.length, lookUpNext)
      const rest = names.slice(found.length, found.length + pooled.maxPendingCalls)
      if (rest.length === 0) break
      const some = await this.#look(
        () => rest.slice(0, 1).map(lookUpOne),
        () => pooled.lstatAll(directory, rest),
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
      () => directly.readDirectory(directory, count),
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
    this.#closeBy(() => directly.closeDescriptor(descriptor), inPool)
  }

  closeFile(descriptor: number, bytes = Infinity): void {
    if (bytes <= maxDirectlyFreed) return this.closeDescriptor(descriptor)
    const inPool = () => pooled.closeFile(descriptor)
    const direct = () => {
      const stats = fs.fstatSync(descriptor)
      if (stats.nlink === 0 && isMuch(stats)) inPool()
      else directly.closeDescriptor(descriptor)
    }
    this.#closeBy(direct, inPool)
  }

  readOnce(descriptor: number, position: number, targets: readonly Uint8Array[]): Promise<number> {
    const inPool = () => pooled.readOnce(descriptor, position, targets)
    if (directly.bytesIn(targets) > maxDirectRead) return inPool()
    const direct = () => fs.readvSync(descriptor, targets, position)
    return this.#fileSystem?.reading.run(direct, inPool) ?? inPool()
  }

  async sendOnce(
    descriptor: number,
    position: number,
    length: number,
    socket: () => number | undefined,
  ): Promise<number> {
    const calls = this.#systemCalls
    const send = () => {
      const target = socket()
      const bytes = Math.min(length, maxDirectSend)
      return target === undefined || !calls ? 0 : calls.sendFile(target, descriptor, position, bytes)
    }
    return (calls && (await this.#fileSystem?.reading.runIfDirect(send, slowSendMs))) ?? 0
  }

  writeOnce(descriptor: number, position: number, chunks: readonly Uint8Array[]): Promise<number> {
    const inPool = () => pooled.writeOnce(descriptor, position, chunks)
    const direct = () => fs.writevSync(descriptor, directly.firstBytes(chunks, maxDirectWrite), position)
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

function isMuch(stats: fs.Stats): boolean {
  return stats.isFile() && stats.blocks * blockBytes > maxDirectlyFreed
}
