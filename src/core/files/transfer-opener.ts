import type { User } from '../accounts/user.ts'
import type { Connection } from '../connections/connection.ts'
import { FileServerError } from '../errors.ts'
import type { AccessRules } from './access-rules.ts'
import { BandwidthLimiter } from './bandwidth-limiter.ts'
import { Download } from './download.ts'
import type { FileServices } from './file-services.ts'
import type { MountTable } from './mounts.ts'
import type { OpenTransfers } from './open-transfers.ts'
import type { QuotaTicket } from './quota-ticket.ts'
import type { Entry, WriteMode } from './storage.ts'
import { Upload } from './upload.ts'
import { openTarget } from './upload-target.ts'
import { parentOf, type VirtualPath } from './virtual-path.ts'

/**
 * What an open for writing does with a name that holds a file, and with one that holds none. Only 'replace' replaces
 * what came under a free name until the upload is complete; otherwise its end is 'already-exists'.
 */
export interface OpenForWriting {
  readonly existing: 'replace' | 'modify' | 'append' | 'fail'
  readonly missing: 'create' | 'fail'
  /** A broken upload leaves nothing, whatever UPLOAD_MODE says. */
  readonly isAtomic?: boolean
  /** The client says that it goes on with an upload that broke off. */
  readonly isResume?: boolean
  /**
   * For protocols whose clients know an open file as POSIX does: its session reads what was written so far, renamed by it it is
   * complete under the new name, and removed it is gone. Otherwise it takes the name it was opened for, whatever its session
   * does to that meanwhile, and is read when it is complete.
   */
  readonly followsName?: boolean
  /** Milliseconds since the epoch; given to the file where the user may set times. */
  readonly modifiedAt?: number
  /** Told what the name holds, at open and again right before it is replaced; throws to refuse. */
  readonly checkReplaced?: (replaced: Entry | undefined) => void
}

/** A copy within the server is neither slowed down nor reported as a transfer; nor is a read for the server itself. */
export interface TransferKind {
  readonly isLimited: boolean
  readonly isReported: boolean
}

export interface TransferOpenerParts {
  readonly user: User
  readonly access: AccessRules
  readonly mounts: MountTable
  readonly connection: Connection
  readonly services: FileServices
  readonly open: OpenTransfers
}

/** Opens files of one user for reading and writing: name, permission, mount, room and quota, in this order. */
export class TransferOpener {
  readonly #parts: TransferOpenerParts

  constructor(parts: TransferOpenerParts) {
    this.#parts = parts
  }

  /** Needs 'download'. With `seesOwn` an upload of this session that follows its name is read as far as it has come. */
  async openDownload(
    path: VirtualPath,
    { isLimited, isReported }: TransferKind,
    { seesOwn = false } = {},
  ): Promise<Download> {
    const { access, mounts, open, connection } = this.#parts
    access.requireName(path)
    access.requireFor(path, 'download')
    const { mount, key } = mounts.locate(path)
    const own = seesOwn ? open.uploadTo(path) : undefined
    const file = await (own?.followsNameOf(path) ? own.openReader() : mount.storage.openRead(key))
    const limiter = new BandwidthLimiter(() => (isLimited ? connection.limits.downloadBandwidth : 0))
    const download = new Download(file, this.#transfer(path), { limiter, isReported })
    return open.addDownload(download)
  }

  /** Needs 'upload' for a new file and 'overwrite' for one that exists. */
  async openUpload(path: VirtualPath, how: OpenForWriting, kind: TransferKind): Promise<Upload> {
    const { user, access, mounts, services, open, connection } = this.#parts
    access.requireName(path)
    // Before anything is looked at: who has no right here learns nothing, not even whether the file exists.
    if (how.missing === 'create') access.requireFor(path, 'upload', 'overwrite')
    else access.requireFor(path, 'overwrite')
    if (mounts.holdsMount(path)) throw new FileServerError('is-a-directory', 'Is a directory')
    const location = mounts.locate(path)
    const { mount } = location
    let isNew = false
    let ticket: QuotaTicket | undefined
    const choose = async (existing: Entry | undefined): Promise<WriteMode> => {
      const mode = this.#writeMode(path, how, existing)
      how.checkReplaced?.(existing)
      await services.freeSpace.check(mount.storageId, mount.storage)
      ticket = await services.quota.open(mount.account, mount.limits)
      isNew = existing === undefined
      if (isNew) await ticket.holdFile()
      return mode
    }
    try {
      const { username } = user
      const { isResume = false, isAtomic = false, checkReplaced } = how
      const request = { username, isResume, mayBeResumed: !isAtomic, checkReplaced }
      const target = await openTarget(location, choose, services, request)
      if (!ticket) throw new Error('unreachable: nothing is opened before it was chosen how')
      const upload = new Upload(
        {
          ...target,
          ticket,
          limiter: new BandwidthLimiter(() => (kind.isLimited ? connection.limits.uploadBandwidth : 0)),
          isNew,
          appends: how.existing === 'append',
          replacesNothing: isNew && how.existing !== 'replace',
          isResumable: services.uploadMode === 'resumable' && !isAtomic,
          isReported: kind.isReported,
          followsName: how.followsName === true,
          maxFileSize: () => connection.limits.maxUploadFileSize,
          mayRead: access.may(parentOf(path), 'download'),
          checkRoom: () => services.freeSpace.check(mount.storageId, mount.storage),
        },
        this.#transfer(path),
      )
      await open.addUpload(upload)
      const { modifiedAt } = how
      if (modifiedAt !== undefined && access.may(parentOf(path), 'chtimes')) upload.dateFrom(modifiedAt)
      return upload
    } catch (error) {
      ticket?.release()
      throw error
    }
  }

  #writeMode(path: VirtualPath, how: OpenForWriting, existing: Entry | undefined): WriteMode {
    const { access } = this.#parts
    if (!existing) {
      if (how.missing === 'fail') throw new FileServerError('not-found', 'No such file')
      access.requireFor(path, 'upload')
      const mayOverwrite = how.existing !== 'fail' && access.may(parentOf(path), 'overwrite')
      return mayOverwrite ? 'replace' : 'create'
    }
    if (how.existing === 'fail') throw new FileServerError('already-exists', 'The file exists')
    access.requireFor(path, 'overwrite')
    return how.existing
  }

  #transfer(path: VirtualPath) {
    const { connection, services } = this.#parts
    return { path, connection, events: services.events, clock: services.clock }
  }
}
