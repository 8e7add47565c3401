import type { Permission } from '../accounts/permissions.ts'
import type { User } from '../accounts/user.ts'
import { FileServerError, hasCode, toFileServerError } from '../errors.ts'
import type { ServerEvent } from '../events/events.ts'
import { AccessRules } from './access-rules.ts'
import { BandwidthLimiter } from './bandwidth-limiter.ts'
import { Download } from './download.ts'
import type { FileServices } from './file-services.ts'
import { type Location, type MountTable, virtualDirectory } from './mounts.ts'
import { renameEntry } from './rename.ts'
import type { Attributes, Entry, Space, WriteMode } from './storage.ts'
import type { Connection } from '../connections/connection-registry.ts'
import { Upload } from './upload.ts'
import { joinPath, nameOf, parentOf, parseVirtualPath, type VirtualPath } from './virtual-path.ts'

/** What an open for writing does with a name that holds a file, and with one that holds none. */
export interface OpenForWriting {
  readonly existing: 'replace' | 'modify' | 'fail'
  readonly missing: 'create' | 'fail'
}

/**
 * The one door to a user's files: path, permission, name patterns, quota, bandwidth, events and audit are dealt with
 * here, once, for every protocol. Throws FileServerError with the codes of Storage, and 'permission-denied',
 * 'quota-exceeded', 'no-space', 'unsupported'.
 */
export class UserFilesystem implements AsyncDisposable {
  readonly #user: User
  readonly #access: AccessRules
  readonly #mounts: MountTable
  readonly #connection: Connection
  readonly #services: FileServices
  readonly #downloads = new Set<Download>()
  readonly #uploads = new Set<Upload>()

  constructor(user: User, mounts: MountTable, connection: Connection, services: FileServices) {
    this.#user = user
    this.#access = new AccessRules(user)
    this.#mounts = mounts
    this.#connection = connection
    this.#services = services
  }

  /** Where SFTP and FTP sessions begin. */
  get startDirectory(): VirtualPath {
    return this.#user.startDirectory
  }

  /** Follows a final link. Needs 'list' where the entry is. */
  stat(path: VirtualPath): Promise<Entry> {
    return this.#audited('stat', path, () => this.#stat(path, true))
  }

  /** Does not follow a final link. Needs 'list' where the entry is. */
  lstat(path: VirtualPath): Promise<Entry> {
    return this.#audited('stat', path, () => this.#stat(path, false))
  }

  /** In batches, in no order, without '.' and '..'. Needs 'list' in `path`. */
  async *list(path: VirtualPath): AsyncGenerator<readonly Entry[]> {
    const batches = await this.#audited('list', path, () => this.#openList(path))
    const mounted = new Set(this.#mounts.childrenOf(path))
    if (mounted.size > 0) yield [...mounted].map(virtualDirectory)
    for (let batch = await batches.next(); !batch.done; batch = await batches.next()) {
      this.#connection.touch()
      yield batch.value.filter(
        ({ name }) => !mounted.has(name) && !this.#access.isHidden(joinPath(path, name)),
      )
    }
  }

  /** `isReported` false for reads that are no transfer of the user's, e.g. hashing. Needs 'download'. */
  openDownload(path: VirtualPath, { isReported = true } = {}): Promise<Download> {
    return this.#audited('download', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'download')
      const { mount, key } = this.#mounts.locate(path)
      const file = await mount.storage.openRead(key)
      const limiter = new BandwidthLimiter(this.#user.downloadBandwidth, this.#services.clock)
      return track(this.#downloads, new Download(file, this.#transfer(path), { limiter, isReported }))
    })
  }

  /** Needs 'upload' for a new file and 'overwrite' for one that exists. */
  openUpload(path: VirtualPath, how: OpenForWriting): Promise<Upload> {
    return this.#audited('upload', path, () => this.#openUpload(path, how))
  }

  /** Needs 'create_dirs'. */
  makeDirectory(path: VirtualPath): Promise<void> {
    return this.#audited('mkdir', path, async () => {
      this.#access.requireName(path)
      if (this.#mounts.holdsMount(path)) throw new FileServerError('already-exists', 'The directory exists')
      this.#access.requireFor(path, 'create_dirs')
      const { mount, key } = this.#mounts.locate(path)
      await this.#services.freeSpace.check(mount.storageId, mount.storage)
      await mount.storage.makeDirectory(key)
      this.#emit({ type: 'directory-made', actor: this.#connection.actor(), path })
    })
  }

  /** Removes a file, or a link itself. Needs 'delete' or 'delete_files'. */
  removeFile(path: VirtualPath): Promise<void> {
    return this.#audited('remove', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'delete', 'delete_files')
      if (this.#mounts.holdsMount(path)) throw new FileServerError('is-a-directory', 'Is a directory')
      const { mount, key } = this.#mounts.locate(path)
      await this.#alone({ mount, key }, async () => {
        const entry = await mount.storage.lstat(key)
        await mount.storage.removeFile(key)
        const bytes = entry.type === 'file' ? entry.size : 0
        if (entry.type === 'file') await this.#services.quota.add(mount.account, { size: -bytes, files: -1 })
        this.#emit({ type: 'file-removed', actor: this.#connection.actor(), path, bytes })
      })
    })
  }

  /** Needs 'delete' or 'delete_dirs'. @throws 'directory-not-empty' */
  removeDirectory(path: VirtualPath): Promise<void> {
    return this.#audited('rmdir', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'delete', 'delete_dirs')
      this.#refuseMounts(path)
      const { mount, key } = this.#mounts.locate(path)
      await mount.storage.removeDirectory(key)
      this.#emit({ type: 'directory-removed', actor: this.#connection.actor(), path })
    })
  }

  /**
   * Atomic within one file system. Needs 'rename' (or 'rename_files', 'rename_dirs') on both sides, and 'overwrite'
   * where a file is replaced. @throws 'already-exists' without `replace`
   */
  rename(from: VirtualPath, to: VirtualPath, options: { replace: boolean }): Promise<void> {
    return this.#audited('rename', from, async () => {
      this.#refuseMounts(from)
      this.#refuseMounts(to)
      for (const path of [from, to]) this.#access.requireName(path)
      const [source, target] = [this.#mounts.locate(from), this.#mounts.locate(to)]
      await renameEntry(
        { path: from, ...source },
        { path: to, ...target },
        options.replace,
        this.#access,
        this.#services,
      )
      this.#emit({ type: 'entry-renamed', actor: this.#connection.actor(), path: from, target: to })
    })
  }

  /** Needs 'overwrite' for a size, 'chmod' for a mode, 'chtimes' for times. */
  setAttributes(path: VirtualPath, attributes: Attributes, { followLink = true } = {}): Promise<void> {
    return this.#audited('setstat', path, async () => {
      this.#access.requireName(path)
      const { mount, key } = this.#mounts.locate(path)
      const own = this.#ownUpload(path)
      const entry = own
        ? await own.stat()
        : await (followLink ? mount.storage.stat(key) : mount.storage.lstat(key))
      this.#requireAttributes(path, entry, attributes)
      if (own) await own.setAttributes(attributes)
      else await this.#applyAttributes({ mount, key }, entry, attributes, followLink)
      this.#attributesSet(path, attributes)
    })
  }

  /** The same for an upload that is open. */
  setUploadAttributes(upload: Upload, attributes: Attributes): Promise<void> {
    return this.#audited('setstat', upload.path, async () => {
      this.#requireAttributes(upload.path, await upload.stat(), attributes)
      await upload.setAttributes(attributes)
      this.#attributesSet(upload.path, attributes)
    })
  }

  /** `target` as the client wrote it: relative to the link's directory, or absolute. Needs 'create_symlinks' on both. */
  symlink(target: string, link: VirtualPath): Promise<void> {
    return this.#audited('symlink', link, async () => {
      const targetPath = parseVirtualPath(target, parentOf(link))
      for (const path of [link, targetPath]) {
        this.#access.requireName(path)
        this.#access.requireFor(path, 'create_symlinks')
      }
      this.#refuseMounts(link)
      const [from, to] = [this.#mounts.locate(link), this.#mounts.locate(targetPath)]
      if (from.mount !== to.mount) throw new FileServerError('unsupported', 'A link cannot leave its storage')
      await from.mount.storage.symlink(to.key, from.key)
      this.#emit({ type: 'symlink-made', actor: this.#connection.actor(), path: link, target: targetPath })
    })
  }

  /** Needs 'list' where the link is and where it points. */
  readlink(path: VirtualPath): Promise<VirtualPath> {
    return this.#audited('readlink', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'list')
      const { mount, key } = this.#mounts.locate(path)
      const target = this.#mounts.pathOf(mount, await mount.storage.readlink(key))
      this.#access.requireName(target)
      this.#access.requireFor(target, 'list')
      return target
    })
  }

  /** Room for this user: the disk's, or what is left of the quota where that is less. */
  space(path: VirtualPath): Promise<Space> {
    return this.#audited('statvfs', path, async () => {
      this.#access.requireName(path)
      const { mount } = this.#mounts.locate(path)
      const disk = await mount.storage.space()
      const used = await this.#services.quota.usage(mount.account)
      return limitSpace(disk, mount.limits, used)
    })
  }

  /** Ends every transfer that is still open: the connection is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const lost = new FileServerError('aborted', 'The connection was lost')
    await Promise.all([...this.#uploads].map((upload) => upload.abort(lost)))
    await Promise.all([...this.#downloads].map((download) => download.fail(lost)))
    this.#uploads.clear()
    this.#downloads.clear()
  }

  async #stat(path: VirtualPath, followLink: boolean): Promise<Entry> {
    this.#access.requireName(path)
    this.#access.requireFor(path, 'list')
    const name = nameOf(path)
    const own = this.#ownUpload(path)
    // Staged bytes are for nobody else's eyes, but clients stat what they are writing.
    if (own) return { ...(await own.stat()), name }
    const { mount, key } = this.#mounts.locate(path)
    try {
      return { ...(await (followLink ? mount.storage.stat(key) : mount.storage.lstat(key))), name }
    } catch (error) {
      if (hasCode(error, 'not-found') && this.#mounts.isWayToMount(path)) return virtualDirectory(name)
      throw error
    }
  }

  async #openList(path: VirtualPath): Promise<AsyncIterator<readonly Entry[], void>> {
    if (this.#access.isHidden(path)) throw new FileServerError('not-found', 'No such file or directory')
    this.#access.require(path, 'list')
    const { mount, key } = this.#mounts.locate(path)
    const batches = prefetched(mount.storage.list(key))
    try {
      await batches.opened
    } catch (error) {
      if (!hasCode(error, 'not-found') || !this.#mounts.isWayToMount(path)) throw error
      return prefetched(noEntries()).batches
    }
    return batches.batches
  }

  async #openUpload(path: VirtualPath, how: OpenForWriting): Promise<Upload> {
    this.#access.requireName(path)
    if (this.#mounts.holdsMount(path)) throw new FileServerError('is-a-directory', 'Is a directory')
    const location = this.#mounts.locate(path)
    const { mount, key } = location
    const existing = await existingFile(location)
    const mode = this.#writeMode(path, how, existing)
    const { quota, freeSpace } = this.#services
    await freeSpace.check(mount.storageId, mount.storage)
    const ticket = await quota.open(mount.account, mount.limits)
    try {
      if (!existing) ticket.holdFile()
      const file = await mount.storage.openWrite(key, mode)
      const upload = new Upload(
        {
          file,
          ticket,
          limiter: new BandwidthLimiter(this.#user.uploadBandwidth, this.#services.clock),
          isNew: !existing,
          isResumable: this.#services.uploadMode === 'resumable',
          maxFileSize: this.#user.maxUploadFileSize,
          mayRead: this.#access.may(parentOf(path), 'download'),
          checkRoom: () => freeSpace.check(mount.storageId, mount.storage),
          commitAlone: (commit) =>
            this.#alone(location, async () => commit((await existingFile(location))?.size)),
        },
        this.#transfer(path),
      )
      return track(this.#uploads, upload)
    } catch (error) {
      ticket.release()
      throw error
    }
  }

  #writeMode(path: VirtualPath, how: OpenForWriting, existing: Entry | undefined): WriteMode {
    if (!existing) {
      if (how.missing === 'fail') throw new FileServerError('not-found', 'No such file')
      this.#access.requireFor(path, 'upload')
      const mayOverwrite = how.existing !== 'fail' && this.#access.may(parentOf(path), 'overwrite')
      return mayOverwrite ? 'replace' : 'create'
    }
    if (how.existing === 'fail') throw new FileServerError('already-exists', 'The file exists')
    this.#access.requireFor(path, 'overwrite')
    return how.existing
  }

  #requireAttributes(path: VirtualPath, entry: Entry, attributes: Attributes): void {
    // A permission entry may name a file itself; a directory is governed by the one it is in.
    const governing = entry.type === 'directory' ? parentOf(path) : path
    const needs: [boolean, VirtualPath, Permission][] = [
      [attributes.size !== undefined, parentOf(path), 'overwrite'],
      [attributes.mode !== undefined, governing, 'chmod'],
      [attributes.modifiedAt !== undefined || attributes.accessedAt !== undefined, governing, 'chtimes'],
    ]
    for (const [isAsked, directory, permission] of needs)
      if (isAsked) this.#access.require(directory, permission)
  }

  async #applyAttributes(
    location: Location,
    entry: Entry,
    attributes: Attributes,
    followLink: boolean,
  ): Promise<void> {
    const { mount, key } = location
    const { size } = attributes
    if (size === undefined) return mount.storage.setAttributes(key, attributes, { followLink })
    const ticket = await this.#services.quota.open(mount.account, mount.limits)
    try {
      if (size > entry.size) ticket.holdBytes(size - entry.size)
      await mount.storage.setAttributes(key, attributes, { followLink })
      ticket.settle({ size: size - entry.size, files: 0 })
    } finally {
      ticket.release()
    }
  }

  #attributesSet(path: VirtualPath, attributes: Attributes): void {
    const what: ('size' | 'mode' | 'times')[] = []
    if (attributes.size !== undefined) what.push('size')
    if (attributes.mode !== undefined) what.push('mode')
    if (attributes.modifiedAt !== undefined || attributes.accessedAt !== undefined) what.push('times')
    if (what.length > 0) this.#emit({ type: 'attributes-set', actor: this.#connection.actor(), path, what })
  }

  #refuseMounts(path: VirtualPath): void {
    if (path === '/' || this.#mounts.isMountPoint(path))
      throw new FileServerError('permission-denied', 'A mounted folder cannot be moved or removed')
    if (this.#mounts.holdsMount(path))
      throw new FileServerError('unsupported', 'The directory contains a mounted folder')
  }

  #ownUpload(path: VirtualPath): Upload | undefined {
    for (const upload of this.#uploads) if (upload.path === path && upload.isOpen) return upload
    return undefined
  }

  #alone<T>({ mount, key }: Location, task: () => Promise<T>): Promise<T> {
    return this.#services.locks.run(`${mount.storageId}\0${key.join('/')}`, task)
  }

  #transfer(path: VirtualPath) {
    return { path, connection: this.#connection, events: this.#services.events, clock: this.#services.clock }
  }

  async #audited<T>(operation: string, path: VirtualPath, task: () => Promise<T>): Promise<T> {
    this.#connection.touch()
    try {
      return await task()
    } catch (error) {
      const failure = toFileServerError(error)
      if (failure.code !== 'not-found')
        this.#emit({
          type: 'operation-refused',
          actor: this.#connection.actor(),
          operation,
          path,
          code: failure.code,
        })
      throw failure
    }
  }

  #emit(event: ServerEvent): void {
    this.#services.events.emit(event)
  }
}

function track<T extends Download | Upload>(open: Set<T>, transfer: T): T {
  open.add(transfer)
  transfer.onEnd(() => open.delete(transfer))
  return transfer
}

/** The file that a name holds, through a link, or undefined. @throws 'is-a-directory' 'unsupported' */
async function existingFile({ mount, key }: Location): Promise<Entry | undefined> {
  try {
    const entry = await mount.storage.stat(key)
    if (entry.type === 'directory') throw new FileServerError('is-a-directory', 'Is a directory')
    if (entry.type !== 'file') throw new FileServerError('unsupported', 'Not a regular file')
    return entry
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined
    throw error
  }
}

/** Starts a listing at once, so that opening it fails before the first batch is asked for. */
function prefetched(source: AsyncIterable<readonly Entry[]>) {
  const iterator = source[Symbol.asyncIterator]()
  const opened = iterator.next()
  async function* batches(): AsyncGenerator<readonly Entry[], void> {
    try {
      for (let batch = await opened; !batch.done; batch = await iterator.next()) yield batch.value
    } finally {
      await iterator.return?.()
    }
  }
  return { opened, batches: batches() }
}

async function* noEntries(): AsyncGenerator<readonly Entry[]> {}

function limitSpace(
  disk: Space,
  limits: { size: number; files: number },
  used: { size: number; files: number },
): Space {
  const leftBytes = limits.size > 0 ? Math.max(0, limits.size - used.size) : Infinity
  const leftFiles = limits.files > 0 ? Math.max(0, limits.files - used.files) : Infinity
  return {
    blockSize: disk.blockSize,
    totalBytes: limits.size > 0 ? Math.min(disk.totalBytes, limits.size) : disk.totalBytes,
    freeBytes: Math.min(disk.freeBytes, leftBytes),
    availableBytes: Math.min(disk.availableBytes, leftBytes),
    totalFiles: limits.files > 0 ? limits.files : disk.totalFiles,
    freeFiles: Math.min(disk.freeFiles, leftFiles),
  }
}
