import { FileServerError, toFileServerError } from '../errors.ts'
import type { TransferStatus } from '../connections/connection.ts'
import type { BandwidthLimiter } from './bandwidth-limiter.ts'
import type { Entry, ReadableFile, SocketDescriptor } from './storage.ts'
import { type TransferContext, transferFacts } from './transfer-context.ts'
import type { VirtualPath } from './virtual-path.ts'

/** A file being read by a client; close() or fail() it. */
export class Download implements TransferStatus {
  readonly operation = 'download'
  readonly startedAt: number
  readonly #file: ReadableFile
  readonly #context: TransferContext
  readonly #limiter: BandwidthLimiter
  readonly #place: Disposable
  /** Hashing a file is not a transfer: nothing is reported. */
  readonly #isReported: boolean
  #size: number
  #isDismissed = false
  #bytes = 0
  #failure: FileServerError | undefined
  #end: Promise<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(
    file: ReadableFile,
    context: TransferContext,
    options: { limiter: BandwidthLimiter; isReported: boolean },
  ) {
    this.#file = file
    this.#size = file.entry.size
    this.#context = context
    this.#limiter = options.limiter
    this.#isReported = options.isReported
    this.startedAt = context.clock()
    this.#place = context.connection.addTransfer(this, options)
  }

  get path(): VirtualPath {
    return this.#context.path
  }

  get bytes(): number {
    return this.#bytes
  }

  /** As it was when opened. */
  get entry(): Entry {
    return this.#file.entry
  }

  /** Bytes of the file, as they were when it was opened, or looked at by stat() last. */
  get size(): number {
    return this.#size
  }

  /** Fills `target` from `position`; fewer bytes only at the end of the file, 0 past it. */
  read(position: number, target: Uint8Array): Promise<number> {
    return this.readInto(position, [target])
  }

  /** The same into several places, one after the other. */
  readInto(position: number, targets: readonly Uint8Array[]): Promise<number> {
    return this.#count((file) => file.readInto(position, targets))
  }

  /** Sends straight to a socket what it takes now, as ReadableFile.sendTo() does: 0 where read() has to go on. */
  sendTo(socket: SocketDescriptor, position: number, length: number): Promise<number> {
    return this.#count((file) => file.sendTo(socket, position, length))
  }

  async #count(move: (file: ReadableFile) => Promise<number>): Promise<number> {
    if (this.#end) throw new FileServerError('aborted', 'The file is closed')
    const bytes = await this.#try(move)
    this.#bytes += bytes
    if (this.#isReported) this.#context.connection.sent(bytes)
    else this.#context.connection.touch()
    await this.#limiter.take(bytes)
    return bytes
  }

  /** Called once, when the transfer has ended either way. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener
  }

  async stat(): Promise<Entry> {
    const entry = await this.#file.stat()
    this.#size = entry.size
    return entry
  }

  /** The client has what it wanted. Idempotent. */
  close(): Promise<void> {
    return (this.#end ??= this.#finish())
  }

  /** The client wanted nothing of it: that was no transfer, and nothing is reported. Idempotent. */
  dismiss(): Promise<void> {
    this.#isDismissed = true
    return this.close()
  }

  /** The client did not get all it wanted. Idempotent; does nothing after close(). */
  fail(error: unknown): Promise<void> {
    return (this.#end ??= this.#finish(toFileServerError(error)))
  }

  /** A file that could not be read was not downloaded, whoever closes it. */
  async #try(move: (file: ReadableFile) => Promise<number>): Promise<number> {
    try {
      return await move(this.#file)
    } catch (error) {
      throw (this.#failure ??= toFileServerError(error))
    }
  }

  async #finish(failure: FileServerError | undefined = this.#failure): Promise<void> {
    const { events } = this.#context
    this.#limiter.stop()
    this.#onEnd?.()
    try {
      await this.#file.close()
    } finally {
      this.#place[Symbol.dispose]()
    }
    if (!this.#isReported || this.#isDismissed) return
    const { startedAt } = this
    const what = transferFacts(this.#context, { bytes: this.#bytes, startedAt, limiter: this.#limiter })
    if (failure) events.emit({ type: 'download-failed', ...what, code: failure.code })
    else events.emit({ type: 'file-downloaded', ...what, fileSize: this.#file.entry.size })
  }
}
