import type { User } from '../accounts/user.ts'
import { FileServerError, hasCode, toFileServerError } from '../errors.ts'
import type { ServerEvent } from '../events/events.ts'
import { AccessRules } from './access-rules.ts'
import {
  applyAttributes,
  checkSize,
  kindsIn,
  requireAnyRight,
  requireRights,
  harmless,
} from './attribute-changes.ts'
import { copyContent, type CopyOptions } from './copy-file.ts'
import { type DirectoryRights, rightsIn } from './directory-rights.ts'
import type { Download } from './download.ts'
import type { FileServices } from './file-services.ts'
import { Listing } from './listing.ts'
import { keyOfLocation, type Location, type MountTable, placeOf, virtualDirectory } from './mounts.ts'
import { removeCountedFile } from './remove-file.ts'
import { makeLink } from './make-link.ts'
import { OpenTransfers } from './open-transfers.ts'
import { renameEntry } from './rename.ts'
import type { Attributes, Entry, Space } from './storage.ts'
import type { Connection } from '../connections/connection.ts'
import { isSameFile } from './same-file.ts'
import { TransferOpener, type OpenForWriting, type TransferKind } from './transfer-opener.ts'
import type { Upload } from './upload.ts'
import { limitSpace } from './user-space.ts'
import { isWithin, joinPath, nameOf, type VirtualPath } from './virtual-path.ts'

const transfer: TransferKind = { isLimited: true, isReported: true }
const copy: TransferKind = { isLimited: false, isReported: false }

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
  readonly #open = new OpenTransfers()
  readonly #opener: TransferOpener

  constructor(user: User, mounts: MountTable, connection: Connection, services: FileServices) {
    this.#user = user
    this.#access = new AccessRules(user)
    this.#mounts = mounts
    this.#connection = connection
    this.#services = services
    this.#opener = new TransferOpener({
      ...{ user, mounts, connection, services },
      access: this.#access,
      open: this.#open,
    })
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
    const listing = await this.#audited('list', path, () => this.#openList(path))
    try {
      const mounted = this.#mounts.childrenOf(path)
      const seen = mounted.filter((name) => !this.#access.isHidden(joinPath(path, name)))
      if (seen.length > 0) yield seen.map(virtualDirectory)
      for (let batch = await listing.next(); batch; batch = await listing.next()) {
        this.#connection.touch()
        // Of most users nothing is hidden, and a directory may have a million names.
        const shown =
          mounted.length === 0 && !this.#access.mayHide
            ? batch
            : batch.filter(
                ({ name }) => !mounted.includes(name) && !this.#access.isHidden(joinPath(path, name)),
              )
        yield await this.#open.asWritten(path, shown)
      }
      // A listing that was cut short must not look like a whole one.
      this.#open.requireOpen()
    } finally {
      await this.#open.endListing(listing)
    }
  }

  /** What the user may do with the entries of a directory; the operations decide by the same rules. */
  rightsIn(directory: VirtualPath): DirectoryRights {
    return rightsIn(this.#access, directory)
  }

  /** `isFixed`: a mounted folder or the way to one. `isDenied`: shown, but the name must not be used. */
  marksOf(path: VirtualPath): { readonly isFixed: boolean; readonly isDenied: boolean } {
    return { isFixed: this.#mounts.holdsMount(path), isDenied: this.#access.isDenied(path) }
  }

  /** True when `path` is `directory` or lies in it, also where the same place is reached through another mount. */
  isInside(directory: VirtualPath, path: VirtualPath): boolean {
    const [outer, inner] = [directory, path].map((place) => placeOf(this.#mounts.locate(place)))
    return isWithin(directory, path) || isWithin(outer as VirtualPath, inner as VirtualPath)
  }

  /**
   * `isReported` false for reads that are no transfer of the user's, e.g. hashing. `seesOwn`: an upload of this session that
   * follows its name is read as far as it has come. Needs 'download'.
   */
  openDownload(path: VirtualPath, { isReported = true, seesOwn = false } = {}): Promise<Download> {
    return this.#audited('download', path, () =>
      this.#opener.openDownload(path, { isLimited: true, isReported }, { seesOwn }),
    )
  }

  /** Needs 'upload' for a new file and 'overwrite' for one that exists. */
  openUpload(path: VirtualPath, how: OpenForWriting): Promise<Upload> {
    return this.#audited('upload', path, () => this.#opener.openUpload(path, how, transfer))
  }

  /**
   * Copies one file within the server. Needs 'copy' on both sides, 'download' at the original, and 'upload' or
   * 'overwrite' as an upload to `to` would. Answers what was copied, as it was at the start.
   * @throws 'already-exists' without `replace`
   */
  copyFile(from: VirtualPath, to: VirtualPath, options: CopyOptions): Promise<Entry> {
    return this.#audited(
      'copy',
      from,
      async () => {
        for (const path of [from, to]) this.#access.requireFor(path, 'copy')
        if (this.isInside(from, to))
          throw new FileServerError('unsupported', 'A file cannot be copied onto itself', {
            reason: 'into-itself',
          })
        const startedAt = this.#services.clock()
        const source = await this.#opener.openDownload(from, copy)
        try {
          const existing = options.replace ? 'replace' : 'fail'
          const how = { existing, missing: 'create', isAtomic: true } as const
          const target = await this.#opener.openUpload(to, how, copy)
          const bytes = await copyContent(source, target, options)
          const durationMs = this.#services.clock() - startedAt
          const actor = this.#connection.actor()
          this.#emit({ type: 'file-copied', actor, path: from, target: to, bytes, durationMs })
          return source.entry
        } finally {
          await source.close()
        }
      },
      to,
    )
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

  /**
   * Removes a file, or a link itself. Needs 'delete' or 'delete_files'. @throws 'busy' when it is not as `expected` any
   * more: another one has its name, or it was written to
   */
  removeFile(path: VirtualPath, expected?: Entry): Promise<void> {
    return this.#audited('remove', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'delete', 'delete_files')
      if (this.#mounts.holdsMount(path)) throw new FileServerError('is-a-directory', 'Is a directory')
      const followers = () => this.#open.followersOf(path)
      const location = this.#mounts.locate(path)
      const bytes = await removeCountedFile(location, this.#services, { expected, followers })
      this.#emit({ type: 'file-removed', actor: this.#connection.actor(), path, bytes })
    })
  }

  /** Needs 'delete' or 'delete_dirs'. @throws 'directory-not-empty' */
  removeDirectory(path: VirtualPath): Promise<void> {
    return this.#audited('rmdir', path, async () => {
      this.#access.requireName(path)
      this.#access.requireFor(path, 'delete', 'delete_dirs')
      this.#mounts.refuseChange(path)
      const { mount, key } = this.#mounts.locate(path)
      await mount.storage.removeDirectory(key)
      this.#emit({ type: 'directory-removed', actor: this.#connection.actor(), path })
    })
  }

  /**
   * Atomic within one file system. Needs 'rename' (or 'rename_files', 'rename_dirs') on both sides, 'overwrite' where a file
   * is replaced, 'delete' or 'delete_dirs' for an empty directory. @throws 'already-exists' without `replace`
   */
  rename(from: VirtualPath, to: VirtualPath, options: { replace: boolean }): Promise<void> {
    return this.#audited(
      'rename',
      from,
      async () => {
        this.#mounts.refuseChange(from)
        this.#mounts.refuseChange(to)
        for (const path of [from, to]) this.#access.requireName(path)
        const [source, target] = [this.#mounts.locate(from), this.#mounts.locate(to)]
        await renameEntry(
          { path: from, ...source },
          { path: to, ...target },
          options.replace,
          this.#access,
          this.#services,
          this.#open,
        )
        this.#emit({ type: 'entry-renamed', actor: this.#connection.actor(), path: from, target: to })
      },
      to,
    )
  }

  /**
   * Needs 'overwrite' for a size, 'chmod' for a mode (of which 0o777 counts), 'chtimes' for times.
   * @throws 'not-found' when the name holds another file than `expected`
   */
  setAttributes(
    path: VirtualPath,
    attributes: Attributes,
    { followLink = true, expected }: { followLink?: boolean; expected?: Entry } = {},
  ): Promise<void> {
    return this.#audited('setstat', path, async () => {
      this.#access.requireName(path)
      const kinds = kindsIn(attributes)
      // Nothing asked for is nothing done, and tells nobody whether the entry exists.
      if (kinds.length === 0) return
      requireAnyRight(this.#access, path, kinds)
      if (attributes.size !== undefined) checkSize(attributes.size, this.#connection.limits.maxUploadFileSize)
      const own = this.#open.uploadTo(path)
      const isMeant = own && (!expected || isSameFile(await own.stat(), expected))
      if (isMeant) {
        requireRights(this.#access, path, 'file', kinds)
        await own.setAttributes(harmless(attributes))
      } else {
        const location = this.#mounts.locate(path)
        const { mount, key } = location
        await this.#alone(location, async () => {
          const entry = await (followLink ? mount.storage.stat(key) : mount.storage.lstat(key))
          if (expected && !isSameFile(entry, expected))
            throw new FileServerError('not-found', 'The file is no longer there')
          const type = this.#mounts.isMountPoint(path) ? 'mount' : entry.type
          requireRights(this.#access, path, type, kinds)
          await applyAttributes(location, entry, harmless(attributes), followLink, this.#services)
        })
      }
      this.#emit({ type: 'attributes-set', actor: this.#connection.actor(), path, what: kinds })
    })
  }

  /** The same for an upload that is open. */
  setUploadAttributes(upload: Upload, attributes: Attributes): Promise<void> {
    const { path } = upload
    return this.#audited('setstat', path, async () => {
      const kinds = kindsIn(attributes)
      requireRights(this.#access, path, 'file', kinds)
      await upload.setAttributes(harmless(attributes))
      if (kinds.length > 0)
        this.#emit({ type: 'attributes-set', actor: this.#connection.actor(), path, what: kinds })
    })
  }

  /** Needs 'create_symlinks' where the link is and where it points; see makeLink(). */
  symlink(target: string, link: VirtualPath): Promise<void> {
    return this.#audited('symlink', link, async () => {
      const targetPath = await makeLink(target, link, this.#access, this.#mounts)
      this.#emit({ type: 'symlink-made', actor: this.#connection.actor(), path: link, target: targetPath })
    })
  }

  /**
   * The way from the directory that holds the link to where it points: clients hold links against directories of their
   * own, where an absolute path would lead elsewhere. Needs 'list' where the link is and where it points.
   */
  readlink(path: VirtualPath): Promise<string> {
    return this.#audited('readlink', path, async () => {
      this.#requireLook(path)
      const { mount, key } = this.#mounts.locate(path)
      const target = await mount.storage.readlink(key)
      this.#requireLook(this.#mounts.pathOf(mount, target.key))
      return target.relative
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
    await this.#open[Symbol.asyncDispose]()
  }

  /** What is shown to a user can be looked at, even where its name is denied. */
  #requireLook(path: VirtualPath): void {
    this.#access.requireVisible(path)
    this.#access.requireFor(path, 'list')
  }

  async #stat(path: VirtualPath, followLink: boolean): Promise<Entry> {
    this.#requireLook(path)
    const name = nameOf(path)
    const own = this.#open.uploadTo(path)
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

  async #openList(path: VirtualPath): Promise<Listing> {
    this.#access.requireVisible(path)
    this.#access.require(path, 'list')
    const { mount, key } = this.#mounts.locate(path)
    const emptyIfMissing = this.#mounts.isWayToMount(path)
    return this.#open.addListing(await Listing.open(mount.storage, key, { emptyIfMissing }))
  }

  #alone<T>(location: Location, task: () => Promise<T>): Promise<T> {
    return this.#services.locks.run(keyOfLocation(location), task)
  }

  async #audited<T>(
    operation: string,
    path: VirtualPath,
    task: () => Promise<T>,
    target?: VirtualPath,
  ): Promise<T> {
    this.#connection.touch()
    try {
      this.#open.requireOpen()
      return await task()
    } catch (error) {
      const failure = toFileServerError(error)
      if (failure.code !== 'not-found')
        this.#emit({
          type: 'operation-refused',
          actor: this.#connection.actor(),
          operation,
          path,
          ...(target === undefined ? {} : { target }),
          code: failure.code,
        })
      throw failure
    }
  }

  #emit(event: ServerEvent): void {
    this.#services.events.emit(event)
  }
}
