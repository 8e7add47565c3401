/** Names from the root of a storage down to an entry; never '', '.' or '..'. [] is the root itself. */
export type StorageKey = readonly string[]

export type EntryType = 'file' | 'directory' | 'symlink' | 'other'

/** What is known of a file or directory. Times are milliseconds since the epoch. */
export interface Entry {
  readonly name: string
  readonly type: EntryType
  /** Bytes. */
  readonly size: number
  /** Permission bits alone (0o7777). */
  readonly mode: number
  readonly modifiedAt: number
  readonly accessedAt: number
  readonly links: number
  /** When anything about it last changed, as exactly as the storage knows; nobody can set it. */
  readonly changedAt?: number
  readonly identity?: FileIdentity | undefined
}

/** The same for two names of one file, and for no other: the storage's device and its number there. */
export interface FileIdentity {
  readonly device: number
  readonly file: number
}

export interface LinkTarget {
  readonly key: StorageKey
  /** The way there from the directory that holds the link, e.g. '../d/file'; '.' for that directory itself. */
  readonly relative: string
}

export interface Attributes {
  readonly size?: number
  readonly mode?: number
  readonly modifiedAt?: number
  readonly accessedAt?: number
}

/** Room on the file system that holds a storage, in bytes and inodes (statvfs). */
export interface Space {
  readonly blockSize: number
  readonly totalBytes: number
  /** Free for the superuser. */
  readonly freeBytes: number
  /** Free for us. */
  readonly availableBytes: number
  readonly totalFiles: number
  readonly freeFiles: number
}

/** Tells the descriptor of a socket at the moment it is asked; undefined when it may not be written to past its owner, or is gone. */
export type SocketDescriptor = () => number | undefined

export interface ReadableFile {
  /** As it was when opened. */
  readonly entry: Entry
  /** Fills `target` from `position`; fewer bytes only at the end of the file, 0 past it. */
  read(position: number, target: Uint8Array): Promise<number>
  /** The same into several places, one after the other. */
  readInto(position: number, targets: readonly Uint8Array[]): Promise<number>
  /**
   * Sends from `position` on straight to a socket: for speed, as a storage can. Answers how many bytes the socket took, at most
   * `length`, which may be Infinity; 0 at the end of the file, and when read() is the way to go on: the socket is full, or there is no other way, or it failed.
   */
  sendTo(socket: SocketDescriptor, position: number, length: number): Promise<number>
  stat(): Promise<Entry>
  close(): Promise<void>
}

/**
 * 'create': the name must be free, at open and again at commit. 'replace': takes the name over at commit.
 * Both are staged: invisible to everybody before commit(), and the entry that stood there is untouched until then.
 * 'modify' opens what exists and writes in place. 'append' does so behind the end that the file has at that moment, whatever
 * the position and whoever else writes, also in another process.
 */
export type WriteMode = 'create' | 'replace' | 'modify' | 'append'

/**
 * Told the file that a name leads to, if any, before anything is opened: how to open it, or undefined not to.
 * What it throws is thrown to whoever opens.
 */
export type ChooseWriteMode = (existing: Entry | undefined) => Promise<WriteMode | undefined>

export interface CommitOptions {
  /** What somebody put under the name meanwhile stays, and the commit fails. */
  readonly onlyIfFree?: boolean
  /** Asked when the data is durable, right before it takes its name; throws to refuse. */
  readonly beforeName?: (() => Promise<void>) | undefined
}

export interface WritableFile {
  readonly mode: WriteMode
  /** Bytes that the name held when opened: 0 for a new one. */
  readonly initialSize: number
  /** Writes all chunks one after the other from `position`. May extend or leave holes. */
  write(position: number, chunks: readonly Uint8Array[]): Promise<void>
  read(position: number, target: Uint8Array): Promise<number>
  /** Opens the same bytes once more: those of now and those to come. It is read on after the end of this one, and closed by itself. */
  openReader(): Promise<ReadableFile>
  truncate(size: number): Promise<void>
  setAttributes(attributes: Attributes): Promise<void>
  stat(): Promise<Entry>
  /** The file that commit() would replace now; undefined for none, and for a file written in place. @throws 'is-a-directory' 'unsupported' */
  replaced(): Promise<Entry | undefined>
  /** Makes the bytes written so far durable; a staged file stays invisible. */
  sync(): Promise<void>
  /**
   * A staged file will take the name `key` of the same storage, in the way of 'replace', and no longer the one it was opened
   * for. On an error it is as before. @throws 'not-found' without the directory, 'unsupported' on another file system
   */
  moveTo(key: StorageKey): Promise<void>
  /** A staged file will take no name, and is in no directory any more: it is written and read until discard(). Not for commit() then. */
  forsakeName(): Promise<void>
  /**
   * Durable data, then the name, then a durable name. Closes the file, also when it fails.
   * @throws 'already-exists' in mode 'create', or with `onlyIfFree`, when somebody took the name meanwhile.
   */
  commit(options?: CommitOptions): Promise<void>
  /** Closes the file; a staged one leaves no trace. Idempotent; does nothing after commit(). */
  discard(): Promise<void>
}

/**
 * Keeps bytes under names below one root and never leaves it: a symbolic link is followed only while it stays
 * inside. Knows nothing of users: when it is called, the answer is already "yes". Staged uploads are not visible
 * through any method. All methods throw FileServerError: 'not-found', 'already-exists', 'not-a-directory',
 * 'is-a-directory', 'directory-not-empty', 'permission-denied' (by the file system, or a link that leaves the
 * root), 'no-space', 'invalid-path', 'invalid-argument', 'unsupported' (neither file nor directory), 'busy', 'aborted' (used
 * after close), 'unavailable' (the process is out of descriptors or memory), 'storage-failure'.
 */
export interface Storage {
  /** Follows a final symbolic link. */
  stat(key: StorageKey): Promise<Entry>
  /** Does not follow a final symbolic link. */
  lstat(key: StorageKey): Promise<Entry>
  /** In batches and in no order, so that a directory of any size is listed in flat memory. No '.' nor '..'. */
  list(key: StorageKey): AsyncIterable<readonly Entry[]>
  openRead(key: StorageKey): Promise<ReadableFile>
  openWrite(key: StorageKey, mode: WriteMode): Promise<WritableFile>
  /** The same with a mode that depends on what is there, looked up once. @throws 'is-a-directory' 'unsupported' */
  openWrite(key: StorageKey, choose: ChooseWriteMode): Promise<WritableFile | undefined>
  makeDirectory(key: StorageKey): Promise<void>
  /** Makes the root directory itself, and its parents, where missing. @throws 'not-found' when they are not ours to make */
  ensureRoot(): Promise<void>
  /** Removes a file or a link itself. @throws 'is-a-directory' */
  removeFile(key: StorageKey): Promise<void>
  /** @throws 'directory-not-empty'; staged leftovers of a crash do not count and go with it. */
  removeDirectory(key: StorageKey): Promise<void>
  /**
   * Atomic. Without `replace` the new name must be free ('already-exists'). `into` is another storage of the same
   * kind; 'unsupported' when the two cannot rename into each other (another kind, another file system).
   */
  rename(from: StorageKey, to: StorageKey, options: { replace: boolean; into?: Storage }): Promise<void>
  /** Follows a final link unless told not to. */
  setAttributes(key: StorageKey, attributes: Attributes, options?: { followLink?: boolean }): Promise<void>
  /** Makes a link whose target is another key of this storage, stored as a relative path. */
  symlink(target: StorageKey, link: StorageKey): Promise<void>
  /** Where a link points to. @throws 'permission-denied' when it leaves the root. */
  readlink(key: StorageKey): Promise<LinkTarget>
  space(): Promise<Space>
  /** Removes what uploads that never ended have left below the root; answers how many. */
  removeStagedUploads(): Promise<number>
}

/** Opens the storage whose root is a directory of the server, e.g. a user's home_dir. */
export interface StorageProvider {
  open(rootDirectory: string): Storage
}
