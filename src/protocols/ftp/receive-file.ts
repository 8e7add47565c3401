import { FileServerError, toFileServerError } from '../../core/errors.ts'
import type { Upload } from '../../core/files/upload.ts'
import type { LineEndConverter } from './ascii.ts'
import type { DataConnection } from './data-connection.ts'

/** Bytes that may wait for the disk before the client has to. */
const maxQueuedBytes = 2 * 1024 * 1024
const resumeBelowBytes = maxQueuedBytes / 2

/**
 * Writes all that the client sends into `upload` from `position` on; resolves at the client's orderly end.
 * The end of the upload is the caller's. @throws FileServerError 'aborted', or what writing failed with
 */
export function receiveFile(
  connection: DataConnection,
  upload: Upload,
  position: number,
  converter?: LineEndConverter,
): Promise<void> {
  return new FileReceiver(connection, upload, position, converter).received
}

class FileReceiver {
  readonly received: Promise<void>
  readonly #connection: DataConnection
  readonly #upload: Upload
  readonly #converter: LineEndConverter | undefined
  readonly #outcome = Promise.withResolvers<void>()
  #position: number
  #queue: Buffer[] = []
  /** Waiting or being written. */
  #queuedBytes = 0
  #isWriting = false
  #isHeld = false
  #hasEnded = false

  constructor(
    connection: DataConnection,
    upload: Upload,
    position: number,
    converter: LineEndConverter | undefined,
  ) {
    this.#connection = connection
    this.#upload = upload
    this.#position = position
    this.#converter = converter
    this.received = this.#outcome.promise
    connection.stream
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .once('end', () => this.#end())
      .once('close', () => this.#fail(this.#loss()))
    connection.hold(false)
    // An empty file may have ended before anybody listened.
    if (connection.stream.readableEnded) this.#end()
    else if (connection.stream.destroyed) this.#fail(this.#loss())
  }

  #take(chunk: Buffer): void {
    const bytes = this.#converter ? this.#converter.convert(chunk) : chunk
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes >= maxQueuedBytes) this.#hold(true)
    this.#write()
  }

  #end(): void {
    if (this.#connection.isTruncated || this.#connection.failure) return this.#fail(this.#loss())
    this.#hasEnded = true
    const rest = this.#converter?.end()
    if (rest?.length) this.#queue.push(rest)
    // The client may wait for our close_notify before it reads the reply.
    this.#connection.answerEnd()
    this.#write()
  }

  #write(): void {
    if (this.#isWriting) return
    if (this.#queue.length === 0) {
      if (this.#hasEnded) this.#outcome.resolve()
      return
    }
    this.#isWriting = true
    const chunks = this.#queue
    this.#queue = []
    let length = 0
    for (const chunk of chunks) length += chunk.length
    const position = this.#position
    this.#position += length
    this.#upload.write(position, chunks).then(
      () => this.#written(length),
      (error: unknown) => this.#fail(toFileServerError(error)),
    )
  }

  #written(length: number): void {
    this.#isWriting = false
    this.#queuedBytes -= length
    if (this.#isHeld && this.#queuedBytes < resumeBelowBytes) this.#hold(false)
    this.#write()
  }

  #hold(isHeld: boolean): void {
    if (this.#hasEnded || this.#connection.stream.destroyed) return
    this.#isHeld = isHeld
    this.#connection.hold(isHeld)
  }

  /** After the orderly end a close is no loss. */
  #fail(failure: FileServerError): void {
    if (this.#hasEnded && failure.code === 'aborted' && !this.#connection.failure) return
    this.#outcome.reject(failure)
  }

  #loss(): FileServerError {
    return this.#connection.failure ?? new FileServerError('aborted', 'The data connection was cut off')
  }
}
