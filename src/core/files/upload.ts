import type { TransferStatus } from '../connections/connection.ts'
import { FileServerError, toFileServerError } from '../errors.ts'
import { ReplacementWatch } from './replacement-watch.ts'
import type { Attributes, CommitOptions, Entry, ReadableFile } from './storage.ts'
import { type TransferContext, transferFacts } from './transfer-context.ts'
import { TurnQueue } from './turn-queue.ts'
import { UploadContent } from './upload-content.ts'
import type { NewTarget, UploadOptions } from './upload-options.ts'
import type { VirtualPath } from './virtual-path.ts'

/**
 * A file being written by a client, at any position and in any order. Ends with finish(): visible, counted and
 * reported, or no trace at all; or with abort(), when the client is gone. A failed write spoils the upload.
 */
export class Upload implements TransferStatus {
  readonly operation = 'upload'
  readonly startedAt: number
  #options: UploadOptions
  #context: TransferContext
  readonly #place: Disposable
  readonly #content: UploadContent
  #replacement: ReplacementWatch | undefined
  #times: Attributes = {}
  /** Writes share their turn; what changes the size, and the end, come alone. */
  readonly #turns = new TurnQueue()
  #isAborted = false
  /** Its name was removed: it is written and read until its end, which leaves nothing. */
  #isNameless = false
  /** The link that it was opened through is gone: its path stands for something else, or nothing. */
  #hasLostLink = false
  #failure: FileServerError | undefined
  #end: Promise<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(options: UploadOptions, context: TransferContext) {
    this.#options = options
    this.#context = context
    this.startedAt = context.clock()
    this.#content = new UploadContent(options, (length) => this.#received(length))
    this.#replacement = watchOf(options)
    this.#place = context.connection.addTransfer(this, options)
  }

  get path(): VirtualPath {
    return this.#context.path
  }

  /** Bytes received. */
  get bytes(): number {
    return this.#content.bytes
  }

  /** True where a limit of bandwidth holds its writes up. */
  get isThrottled(): boolean {
    return this.#options.limiter.isLimited
  }

  /** False once it is ending or has ended. */
  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** False for a file that is changed in place: whoever opens it sees every write at once. */
  get isStaged(): boolean {
    return this.#options.inPlace === undefined
  }

  /** True when it is the file that its session means by `path`. */
  followsNameOf(path: VirtualPath): boolean {
    return this.#options.followsName && this.isStaged && this.hasName(path) && this.isOpen
  }

  /** True while `path` is the name that it has, or will take. */
  hasName(path: VirtualPath): boolean {
    return this.path === path && !this.#isNameless && !this.#hasLostLink
  }

  /** True when its name held no file, when it got it. */
  get isNew(): boolean {
    return this.#options.isNew
  }

  /** Size of the file as written so far, in bytes; what others append to it meanwhile is known at the end. */
  get size(): number {
    return this.#content.size
  }

  /**
   * Stores `chunks` one after the other from `position`, or at the end where it appends; they must not change before the
   * promise settles.
   * @throws 'quota-exceeded' 'not-resumable' before anything is stored, 'no-space', 'storage-failure', 'aborted' once ended
   */
  async write(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#failure) throw this.#failure
    this.#requireOpen()
    const content = this.#content
    if (this.#options.appends)
      return this.#turns.alone(() => this.#orSpoil(() => content.store(content.size, chunks)))
    return this.#turns.share(() => this.#orSpoil(() => content.store(position, chunks)))
  }

  /** For a client that says beforehand how large the file will be; nothing is held. @throws 'quota-exceeded' */
  checkFits(size: number): Promise<void> {
    return this.#turns.alone(() => this.#content.checkFits(size))
  }

  /** Reads back what is in the file so far. @throws 'permission-denied' without the right to download */
  async read(position: number, target: Uint8Array): Promise<number> {
    if (!this.#options.mayRead)
      throw new FileServerError('permission-denied', 'Reading is not permitted here')
    this.#requireOpen()
    return this.#options.file.read(position, target)
  }

  /** Opens what is in the file so far, and what comes; rights are the caller's business. @throws 'aborted' once ended */
  async openReader(): Promise<ReadableFile> {
    this.#requireOpen()
    return this.#turns.share(() => this.#options.file.openReader())
  }

  /** Called once, when the transfer has ended either way. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener
  }

  async stat(): Promise<Entry> {
    return this.#options.file.stat()
  }

  /** Gives the file this time of its last change when it is complete, in milliseconds since the epoch. */
  dateFrom(modifiedAt: number): void {
    this.#times = { ...this.#times, modifiedAt }
  }

  /** Applies to the file being written. Rights are the caller's business: see UserFilesystem. */
  async setAttributes(attributes: Attributes): Promise<void> {
    this.#requireOpen()
    return this.#turns.alone(async () => {
      const { size, ...rest } = attributes
      if (size !== undefined) await this.#content.resize(size, (cut) => this.#orSpoil(cut))
      await this.#options.file.setAttributes(rest)
      const { mode: _mode, ...times } = rest
      this.#times = { ...this.#times, ...times }
    })
  }

  /** It takes another name at its end; rights are the caller's business. @throws as moveTo() of WritableFile, changing nothing */
  rename({ path, key, replacedSize, stageAs, ...changes }: NewTarget): Promise<void> {
    return this.#turns.alone(async () => {
      this.#requireOpen()
      const { file } = this.#options
      await file.moveTo(key)
      const target = stageAs(file, this.#context.connection.username)
      this.#options = { ...this.#options, ...changes, ...target }
      this.#replacement?.complete()
      this.#replacement = watchOf(target)
      if (this.bytes > 0) this.#replacement?.began()
      this.#context = { ...this.#context, path }
      this.#content.replaces(replacedSize)
    })
  }

  /** Its name was removed: what is written from now on is for this client alone, and finish() leaves nothing. Never throws. */
  async forsakeName(): Promise<void> {
    this.#isNameless = true
    this.#replacement?.complete()
    this.#replacement = undefined
    // Otherwise its end removes it.
    await this.#turns.alone(() => this.#options.file.forsakeName()).catch(() => undefined)
  }

  /** The link that it was opened through is gone: it is complete where that led, and is not found by its path any more. */
  forsakeLink(): void {
    this.#hasLostLink = true
  }

  /** Makes what was written so far durable. */
  async sync(): Promise<void> {
    await this.#options.file.sync()
  }

  /**
   * `checkLast` is asked when the bytes are durable, right before they take the place of a file, and throws to refuse.
   * @throws what spoiled the upload; 'already-exists' 'quota-exceeded' 'no-space' 'storage-failure' of the last step;
   * 'aborted' after abort()
   */
  finish(checkLast?: () => Promise<void>): Promise<void> {
    this.#end ??= this.#finish(checkLast)
    return this.#isAborted ? this.#end.then(() => this.#refuseEnded()) : this.#end
  }

  /** Never throws. Idempotent; after finish() it waits for that one's end. */
  abort(reason: FileServerError = new FileServerError('aborted', 'The connection was lost')): Promise<void> {
    this.#options.limiter.stop()
    if (!this.#end) {
      this.#isAborted = true
      this.#end = this.#abort(reason)
    }
    return this.#end.catch(() => undefined)
  }

  /** As abort(), for bytes that the client itself called wrong: nothing of them is kept to go on with. */
  discard(reason: FileServerError): Promise<void> {
    return this.abort((this.#failure ??= reason))
  }

  #requireOpen(): void {
    if (this.#end) this.#refuseEnded()
  }

  #refuseEnded(): never {
    throw new FileServerError('aborted', 'The upload has ended')
  }

  async #orSpoil(work: () => Promise<void>): Promise<void> {
    try {
      if (this.#failure) throw this.#failure
      await work()
    } catch (error) {
      throw (this.#failure ??= toFileServerError(error))
    }
  }

  #received(length: number): void {
    this.#replacement?.began()
    const { connection } = this.#context
    if (this.#options.isReported) connection.received(length)
    else connection.touch()
  }

  async #finish(checkLast: (() => Promise<void>) | undefined): Promise<void> {
    const { isNew, isResumable } = this.#options
    // What arrived of a new file is kept anyway.
    const beforeName = isNew && isResumable ? undefined : checkLast
    await this.#idle()
    if (this.#isNameless) {
      const removed = new FileServerError('aborted', 'The file was removed while it was being written')
      return this.#giveUp(this.#failure ?? removed)
    }
    try {
      if (this.#failure) throw this.#failure
      await this.#commit({ onlyIfFree: this.#options.replacesNothing, beforeName })
    } catch (error) {
      const failure = toFileServerError(error)
      await this.#giveUp(failure)
      throw failure
    }
    this.#leave()
    if (!this.#options.isReported) return
    this.#context.events.emit({ type: 'file-uploaded', ...this.#report(), fileSize: this.size })
  }

  async #abort(reason: FileServerError): Promise<void> {
    await this.#idle()
    const { isNew, isResumable } = this.#options
    const isWorthKeeping = !this.#failure && !this.#isNameless && isNew && isResumable
    try {
      if (isWorthKeeping && (await this.#content.cutToPrefix())) await this.#commit({ onlyIfFree: true })
    } catch {
      // The name was taken meanwhile or the disk refuses: then nothing is left, as without resuming.
    }
    await this.#giveUp(this.#failure ?? reason)
  }

  /** Leaves no trace of a staged file; what was changed in place stays and is counted. */
  async #giveUp(failure: FileServerError): Promise<void> {
    const { file, ticket, inPlace } = this.#options
    if (inPlace) await this.#commit({ onlyIfFree: false }).catch(() => undefined)
    await this.#replacement?.broke()
    await file.discard().catch(() => undefined)
    ticket.release()
    this.#leave()
    if (!this.#options.isReported) return
    this.#context.events.emit({ type: 'upload-failed', ...this.#report(), code: failure.code })
  }

  #commit(options: CommitOptions): Promise<void> {
    return this.#content.commit({ ...options, commitAlone: this.#options.commitAlone, times: this.#times })
  }

  #leave(): void {
    this.#replacement?.complete()
    this.#options.inPlace?.release()
    this.#place[Symbol.dispose]()
    this.#onEnd?.()
  }

  /** Settles when all that was asked for before the end is done. */
  #idle(): Promise<void> {
    return this.#turns.alone(() => Promise.resolve())
  }

  #report() {
    const { startedAt } = this
    return transferFacts(this.#context, { bytes: this.bytes, startedAt, limiter: this.#options.limiter })
  }
}

function watchOf({ markUnfinished }: Pick<UploadOptions, 'markUnfinished'>): ReplacementWatch | undefined {
  return markUnfinished && new ReplacementWatch(markUnfinished)
}
