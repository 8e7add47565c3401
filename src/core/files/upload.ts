import type { TransferStatus } from '../connections/connection-registry.ts'
import { FileServerError, toFileServerError } from '../errors.ts'
import type { BandwidthLimiter } from './bandwidth-limiter.ts'
import type { QuotaTicket } from './quota-ledger.ts'
import type { Attributes, Entry, WritableFile } from './storage.ts'
import type { TransferContext } from './transfer-context.ts'
import type { VirtualPath } from './virtual-path.ts'
import { WrittenRanges } from './written-ranges.ts'

/** How often the disk is asked for room while an upload grows, in bytes. */
const roomCheckBytes = 32 * 1024 * 1024

export interface UploadOptions {
  readonly file: WritableFile
  readonly ticket: QuotaTicket
  readonly limiter: BandwidthLimiter
  /** True when the name held no file at open. */
  readonly isNew: boolean
  /** A broken upload of a new file stays under its name, so that the client can go on with it. */
  readonly isResumable: boolean
  /** Bytes; 0 = no limit. */
  readonly maxFileSize: number
  readonly mayRead: boolean
  readonly checkRoom: () => Promise<void>
  /** Runs `commit` alone among all that change the same name, telling the size of the file it replaces, if any. */
  readonly commitAlone: (commit: (replaced: number | undefined) => Promise<void>) => Promise<void>
}

/**
 * A file being written by a client, at any position and in any order. Ends with finish(): visible, counted and
 * reported, or no trace at all; or with abort(), when the client is gone. A failed write spoils the upload.
 */
export class Upload implements TransferStatus {
  readonly operation = 'upload'
  readonly startedAt: number
  readonly #options: UploadOptions
  readonly #context: TransferContext
  readonly #place: Disposable
  readonly #ranges: WrittenRanges
  #times: Attributes = {}
  #size: number
  #bytes = 0
  #roomCheckedAt = 0
  #running = 0
  #onIdle: (() => void) | undefined
  #failure: FileServerError | undefined
  #end: Promise<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(options: UploadOptions, context: TransferContext) {
    this.#options = options
    this.#context = context
    this.startedAt = context.clock()
    this.#size = options.file.mode === 'modify' ? options.file.initialSize : 0
    this.#ranges = new WrittenRanges(this.#size)
    this.#place = context.connection.addTransfer(this)
  }

  get path(): VirtualPath {
    return this.#context.path
  }

  /** Bytes received. */
  get bytes(): number {
    return this.#bytes
  }

  /** False once it is ending or has ended. */
  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** Size of the file as written so far, in bytes; where an append goes. */
  get size(): number {
    return this.#size
  }

  /**
   * Stores `chunks` one after the other from `position`; they must not change before the promise settles.
   * @throws 'quota-exceeded' before anything is stored, 'no-space', 'storage-failure', 'aborted' once ended
   */
  async write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#end) throw new FileServerError('aborted', 'The upload has ended')
    this.#running++
    try {
      let length = 0
      for (const chunk of chunks) length += chunk.length
      this.#claim(position + length)
      this.#bytes += length
      this.#context.connection.touch()
      if (this.#bytes - this.#roomCheckedAt >= roomCheckBytes) await this.#checkRoom()
      await this.#options.limiter.take(length)
      await this.#options.file.write(position, chunks)
      this.#ranges.add(position, position + length)
    } catch (error) {
      throw (this.#failure ??= toFileServerError(error))
    } finally {
      if (--this.#running === 0) this.#onIdle?.()
    }
  }

  /** Reads back what is in the file so far. @throws 'permission-denied' without the right to download */
  async read(position: number, target: Uint8Array): Promise<number> {
    if (!this.#options.mayRead)
      throw new FileServerError('permission-denied', 'Reading is not permitted here')
    if (this.#end) throw new FileServerError('aborted', 'The upload has ended')
    return this.#options.file.read(position, target)
  }

  /** Called once, when the transfer has ended either way. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener
  }

  async stat(): Promise<Entry> {
    return this.#options.file.stat()
  }

  /** Applies to the file being written. Rights are the caller's business: see UserFilesystem. */
  async setAttributes(attributes: Attributes): Promise<void> {
    if (attributes.size !== undefined) await this.#truncate(attributes.size)
    const { size: _size, ...rest } = attributes
    await this.#options.file.setAttributes(rest)
    const { mode: _mode, ...times } = rest
    this.#times = { ...this.#times, ...times }
  }

  /** Makes what was written so far durable. */
  async sync(): Promise<void> {
    await this.#options.file.sync()
  }

  /** @throws what spoiled the upload, or 'already-exists' 'no-space' 'storage-failure' of the last step */
  finish(): Promise<void> {
    return (this.#end ??= this.#finish())
  }

  /** Never throws. Idempotent; does nothing after finish(). */
  abort(reason: FileServerError = new FileServerError('aborted', 'The connection was lost')): Promise<void> {
    return (this.#end ??= this.#abort(reason))
  }

  #claim(end: number): void {
    const { maxFileSize, ticket, file } = this.#options
    if (!Number.isSafeInteger(end)) throw new FileServerError('invalid-argument', 'Position out of range')
    if (maxFileSize > 0 && end > maxFileSize)
      throw new FileServerError('quota-exceeded', 'The file is larger than this user may upload')
    if (end <= this.#size) return
    this.#size = end
    // What an overwritten file gives back is not charged twice.
    ticket.holdBytes(Math.max(0, end - file.initialSize))
  }

  async #checkRoom(): Promise<void> {
    this.#roomCheckedAt = this.#bytes
    await this.#options.checkRoom()
  }

  async #truncate(size: number): Promise<void> {
    if (size > this.#size) this.#claim(size)
    await this.#options.file.truncate(size)
    if (size < this.#size) {
      this.#size = size
      this.#ranges.truncate(size)
      this.#options.ticket.holdBytes(Math.max(0, size - this.#options.file.initialSize))
    }
  }

  async #finish(): Promise<void> {
    await this.#idle()
    if (this.#failure) {
      await this.#giveUp(this.#failure)
      throw this.#failure
    }
    try {
      await this.#commit({ onlyIfFree: false })
    } catch (error) {
      const failure = toFileServerError(error)
      await this.#giveUp(failure)
      throw failure
    }
    this.#leave()
    this.#context.events.emit({ type: 'file-uploaded', ...this.#report(), fileSize: this.#size })
  }

  async #abort(reason: FileServerError): Promise<void> {
    await this.#idle()
    const { isNew, isResumable, file } = this.#options
    const isWorthKeeping = !this.#failure && isNew && isResumable && this.#ranges.prefix > 0
    try {
      if (isWorthKeeping) {
        // A gap would look like data to a client that resumes at the end of the file.
        if (this.#ranges.prefix < this.#size) await file.truncate(this.#ranges.prefix)
        this.#size = this.#ranges.prefix
        await this.#commit({ onlyIfFree: true })
      }
    } catch {
      // The name was taken meanwhile or the disk refuses: then nothing is left, as without resuming.
    }
    await this.#giveUp(this.#failure ?? reason)
  }

  /** Leaves no trace of a staged file; what was changed in place stays and is counted. */
  async #giveUp(failure: FileServerError): Promise<void> {
    const { file, ticket } = this.#options
    if (file.mode === 'modify') await this.#commit({ onlyIfFree: false }).catch(() => undefined)
    await file.discard().catch(() => undefined)
    ticket.release()
    this.#leave()
    this.#context.events.emit({ type: 'upload-failed', ...this.#report(), code: failure.code })
  }

  async #commit(options: { onlyIfFree: boolean }): Promise<void> {
    const { file, ticket, commitAlone } = this.#options
    if (Object.keys(this.#times).length > 0) await file.setAttributes(this.#times)
    if (file.mode === 'modify') {
      const { size } = await file.stat()
      await file.commit()
      ticket.settle({ size: size - file.initialSize, files: 0 })
      return
    }
    await commitAlone(async (replaced) => {
      await file.commit(options)
      ticket.settle({ size: this.#size - (replaced ?? 0), files: replaced === undefined ? 1 : 0 })
    })
  }

  #leave(): void {
    this.#place[Symbol.dispose]()
    this.#onEnd?.()
  }

  #idle(): Promise<void> | undefined {
    if (this.#running === 0) return undefined
    return new Promise((resolve) => (this.#onIdle = resolve))
  }

  #report() {
    const { connection, path, clock } = this.#context
    return { actor: connection.actor(), path, bytes: this.#bytes, durationMs: clock() - this.startedAt }
  }
}
