import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../../core/clock.ts'
import { FileServerError, toFileServerError } from '../../../core/errors.ts'
import type { Upload } from '../../../core/files/upload.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'

/** As the client told it, and as it is told back. */
export type UploadMetadata = Record<string, string | null>

export interface PendingUploadParts {
  readonly id: string
  readonly username: string
  /** Bytes in all. */
  readonly size: number
  readonly metadata: UploadMetadata
  readonly upload: Upload
  readonly clock: Clock
  /** Milliseconds without a byte after which it is given up. */
  readonly idleMs: number
  /** Told once, when it is complete or given up. */
  readonly onEnd: () => void
}

/** Of those parts, what an upload needs until its end: the file, with the session that holds it open. */
type Held = Pick<PendingUploadParts, 'upload' | 'onEnd'>

/**
 * A file that arrives in several requests. Nothing of it is seen before all of it is durable under its name. After its
 * end it can still be asked how much has arrived, and holds nothing else.
 */
export class PendingUpload {
  readonly id: string
  readonly username: string
  readonly size: number
  readonly metadata: UploadMetadata
  readonly path: VirtualPath
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #idle: NodeJS.Timeout
  /** Undefined once it is complete or given up. */
  #held: Held | undefined
  #offset = 0
  #lastByteAt: number
  #isCompleting = false
  #isComplete = false
  /** The request whose body is being received. */
  #sender: IncomingMessage | undefined

  constructor(parts: PendingUploadParts) {
    const { id, username, size, metadata, upload, clock, idleMs, onEnd } = parts
    this.id = id
    this.username = username
    this.size = size
    this.metadata = metadata
    this.path = upload.path
    this.#held = { upload, onEnd }
    this.#clock = clock
    this.#idleMs = idleMs
    this.#lastByteAt = clock()
    const giveUp = new FileServerError('aborted', 'Nothing of the upload arrived for too long')
    this.#idle = setTimeout(() => void this.abort(giveUp), idleMs).unref()
  }

  /** Bytes that have arrived and are stored. */
  get offset(): number {
    return this.#offset
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /** False once it is complete or given up, also by the end of the session that holds its file. */
  get isOpen(): boolean {
    return this.#held !== undefined && (this.#isCompleting || this.#held.upload.isOpen)
  }

  /** Milliseconds since the epoch. */
  get expiresAt(): number {
    return this.#lastByteAt + this.#idleMs
  }

  /**
   * Stores what `request` brings, as it can be stored. A request that breaks off counts as far as it came; what cannot
   * be stored ends the upload. The last byte is answered for after all of them are durable.
   */
  async receive(request: IncomingMessage): Promise<number> {
    this.#sender = request
    try {
      for await (const chunk of bodyOf(request)) await this.#store(chunk)
      this.#sender = undefined
      if (this.#offset === this.size) await this.complete()
    } catch (error) {
      this.#sender = undefined
      await this.abort(toFileServerError(error))
      throw error
    } finally {
      this.#sender = undefined
      // What is still on its way is read, or the client would not get to the answer.
      request.resume()
    }
    return this.#offset
  }

  /** A client that comes back has given up the request it sent before, which may not know it yet. */
  interrupt(): void {
    this.#sender?.destroy()
  }

  /** Idempotent. */
  async complete(): Promise<void> {
    if (this.#isComplete) return
    this.#isCompleting = true
    await this.#openFile().finish()
    this.#isComplete = true
    this.#end()
  }

  /** Leaves nothing of it. Idempotent; does nothing after the end. */
  async abort(reason: FileServerError): Promise<void> {
    this.interrupt()
    await this.#held?.upload.abort(reason)
    this.#end()
  }

  async #store(chunk: Buffer): Promise<void> {
    if (chunk.length > this.size - this.#offset) throw tooMuch()
    await this.#openFile().write(this.#offset, [chunk])
    this.#offset += chunk.length
    this.#lastByteAt = this.#clock()
    this.#idle.refresh()
  }

  #openFile(): Upload {
    if (!this.#held) throw new FileServerError('aborted', 'The upload has ended')
    return this.#held.upload
  }

  #end(): void {
    const held = this.#held
    this.#held = undefined
    clearTimeout(this.#idle)
    held?.onEnd()
  }
}

export function tooMuch(): FileServerError {
  return new FileServerError('invalid-argument', 'More arrived than was announced')
}

/** Ends where the body ends, or where the client is gone. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (error) {
    if (!request.destroyed) throw error
  }
}
