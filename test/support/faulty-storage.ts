import type {
  Attributes,
  ChooseWriteMode,
  Entry,
  LinkTarget,
  ReadableFile,
  SocketDescriptor,
  Space,
  Storage,
  StorageKey,
  StorageProvider,
  WritableFile,
  WriteMode,
} from '../../src/core/files/storage.ts'
import { diskError } from '../../src/storage/local/disk-error.ts'

export type StorageOperation =
  'stat' | 'list' | 'openRead' | 'read' | 'openWrite' | 'write' | 'sync' | 'commit' | 'change' | 'space'

/** Runs before each operation on the storage whose root is `root`: throws, waits, or lets it pass. */
export type StorageFault = (operation: StorageOperation, root: string) => Promise<void> | void

/** What a disk call with this errno would become at the border of the storage. */
export function diskFault(errno: string): Error {
  return diskError(Object.assign(new Error(`${errno}: injected`), { code: errno }))
}

/** Storages with a fault before them that can be changed while they are in use; none at first. */
export class FaultyStorages implements StorageProvider {
  fault: StorageFault = () => {}
  /** How often each operation ran into a fault. */
  readonly hits = new Map<StorageOperation, number>()
  readonly #inner: StorageProvider

  constructor(inner: StorageProvider) {
    this.#inner = inner
  }

  open(rootDirectory: string): Storage {
    return new FaultyStorage(this.#inner.open(rootDirectory), (operation) =>
      this.#pass(operation, rootDirectory),
    )
  }

  async #pass(operation: StorageOperation, root: string): Promise<void> {
    try {
      await this.fault(operation, root)
    } catch (error) {
      this.hits.set(operation, (this.hits.get(operation) ?? 0) + 1)
      throw error
    }
  }
}

type Pass = (operation: StorageOperation) => Promise<void>

class FaultyStorage implements Storage {
  readonly #inner: Storage
  readonly #pass: Pass

  constructor(inner: Storage, pass: Pass) {
    this.#inner = inner
    this.#pass = pass
  }

  async stat(key: StorageKey): Promise<Entry> {
    await this.#pass('stat')
    return this.#inner.stat(key)
  }

  async lstat(key: StorageKey): Promise<Entry> {
    await this.#pass('stat')
    return this.#inner.lstat(key)
  }

  async *list(key: StorageKey): AsyncIterable<readonly Entry[]> {
    await this.#pass('list')
    yield* this.#inner.list(key)
  }

  async openRead(key: StorageKey): Promise<ReadableFile> {
    await this.#pass('openRead')
    return new FaultyReadableFile(await this.#inner.openRead(key), this.#pass)
  }

  openWrite(key: StorageKey, mode: WriteMode): Promise<WritableFile>
  openWrite(key: StorageKey, choose: ChooseWriteMode): Promise<WritableFile | undefined>
  async openWrite(key: StorageKey, how: WriteMode | ChooseWriteMode): Promise<WritableFile | undefined> {
    await this.#pass('openWrite')
    const file = await (typeof how === 'string'
      ? this.#inner.openWrite(key, how)
      : this.#inner.openWrite(key, how))
    return file && new FaultyWritableFile(file, this.#pass)
  }

  async makeDirectory(key: StorageKey): Promise<void> {
    await this.#pass('change')
    return this.#inner.makeDirectory(key)
  }

  ensureRoot(): Promise<void> {
    return this.#inner.ensureRoot()
  }

  async removeFile(key: StorageKey): Promise<void> {
    await this.#pass('change')
    return this.#inner.removeFile(key)
  }

  async removeDirectory(key: StorageKey): Promise<void> {
    await this.#pass('change')
    return this.#inner.removeDirectory(key)
  }

  async rename(
    from: StorageKey,
    to: StorageKey,
    options: { replace: boolean; into?: Storage },
  ): Promise<void> {
    await this.#pass('change')
    const { into } = options
    const inner = into instanceof FaultyStorage ? into.#inner : into
    return this.#inner.rename(from, to, { replace: options.replace, ...(inner && { into: inner }) })
  }

  async setAttributes(
    key: StorageKey,
    attributes: Attributes,
    options?: { followLink?: boolean },
  ): Promise<void> {
    await this.#pass('change')
    return this.#inner.setAttributes(key, attributes, options)
  }

  async symlink(target: StorageKey, link: StorageKey): Promise<void> {
    await this.#pass('change')
    return this.#inner.symlink(target, link)
  }

  async readlink(key: StorageKey): Promise<LinkTarget> {
    await this.#pass('stat')
    return this.#inner.readlink(key)
  }

  async space(): Promise<Space> {
    await this.#pass('space')
    return this.#inner.space()
  }

  removeStagedUploads(): Promise<number> {
    return this.#inner.removeStagedUploads()
  }
}

class FaultyReadableFile implements ReadableFile {
  readonly #inner: ReadableFile
  readonly #pass: Pass

  constructor(inner: ReadableFile, pass: Pass) {
    this.#inner = inner
    this.#pass = pass
  }

  get entry(): Entry {
    return this.#inner.entry
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    await this.#pass('read')
    return this.#inner.read(position, target)
  }

  async readInto(position: number, targets: readonly Uint8Array[]): Promise<number> {
    await this.#pass('read')
    return this.#inner.readInto(position, targets)
  }

  async sendTo(socket: SocketDescriptor, position: number, length: number): Promise<number> {
    await this.#pass('read')
    return this.#inner.sendTo(socket, position, length)
  }

  stat(): Promise<Entry> {
    return this.#inner.stat()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

class FaultyWritableFile implements WritableFile {
  readonly #inner: WritableFile
  readonly #pass: Pass

  constructor(inner: WritableFile, pass: Pass) {
    this.#inner = inner
    this.#pass = pass
  }

  get mode(): WriteMode {
    return this.#inner.mode
  }

  get initialSize(): number {
    return this.#inner.initialSize
  }

  async write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    await this.#pass('write')
    return this.#inner.write(position, chunks)
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    await this.#pass('read')
    return this.#inner.read(position, target)
  }

  async openReader(): Promise<ReadableFile> {
    await this.#pass('openRead')
    return new FaultyReadableFile(await this.#inner.openReader(), this.#pass)
  }

  truncate(size: number): Promise<void> {
    return this.#inner.truncate(size)
  }

  setAttributes(attributes: Attributes): Promise<void> {
    return this.#inner.setAttributes(attributes)
  }

  stat(): Promise<Entry> {
    return this.#inner.stat()
  }

  async replaced(): Promise<Entry | undefined> {
    await this.#pass('stat')
    return this.#inner.replaced()
  }

  async sync(): Promise<void> {
    await this.#pass('sync')
    return this.#inner.sync()
  }

  async moveTo(key: StorageKey): Promise<void> {
    await this.#pass('change')
    return this.#inner.moveTo(key)
  }

  async forsakeName(): Promise<void> {
    await this.#pass('change')
    return this.#inner.forsakeName()
  }

  /** Closes the file also when it fails, as the interface has it. */
  async commit(options?: { onlyIfFree?: boolean }): Promise<void> {
    try {
      await this.#pass('commit')
    } catch (error) {
      await this.#inner.discard()
      throw error
    }
    return this.#inner.commit(options)
  }

  discard(): Promise<void> {
    return this.#inner.discard()
  }
}
