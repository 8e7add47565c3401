import { FileServerError, toFileServerError } from '../../core/errors.ts'
import type { Upload } from '../../core/files/upload.ts'
import type { LineEndConverter } from './ascii.ts'
import type { DataConnection } from './data-connection.ts'
import type { Inbox } from './inbox.ts'

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
  const { inbox } = connection
  if (!inbox) throw new Error('the data connection is for sending')
  return new FileReceiver(connection, inbox, { upload, position, converter }).received
}

class FileReceiver {
  readonly received: Promise<void>
  readonly #connection: DataConnection
  readonly #inbox: Inbox
  readonly #upload: Upload
  readonly #converter: LineEndConverter | undefined
  readonly #outcome = Promise.withResolvers<void>()
  #position: number
  #isWriting = false
  #isDue = false
  #isFinished = false
  #hasEnded = false

  constructor(
    connection: DataConnection,
    inbox: Inbox,
    options: { upload: Upload; position: number; converter: LineEndConverter | undefined },
  ) {
    this.#connection = connection
    this.#inbox = inbox
    this.#upload = options.upload
    this.#position = options.position
    this.#converter = options.converter
    this.received = this.#outcome.promise
    inbox.onBytes = () => this.#writeSoon()
    connection.stream.once('end', () => this.#end()).once('close', () => this.#closed())
    connection.hold(false)
    // An empty file may have ended before anybody listened.
    if (connection.stream.readableEnded) this.#end()
    else if (connection.stream.destroyed) this.#fail(this.#loss())
  }

  #end(): void {
    if (this.#connection.isTruncated || this.#connection.failure) return this.#fail(this.#loss())
    this.#hasEnded = true
    // The client may wait for our close_notify before it reads the reply.
    this.#connection.answerEnd()
    this.#write()
  }

  /** What is read in one turn of the event loop, in records of 16 KiB for TLS, is written in one call. */
  #writeSoon(): void {
    if (this.#isWriting || this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#write()
    })
  }

  #write(): void {
    if (this.#isWriting || this.#isFinished) return
    const chunks = this.#next()
    if (chunks.length === 0) {
      if (this.#hasEnded) this.#finish()
      return
    }
    this.#isWriting = true
    let length = 0
    for (const chunk of chunks) length += chunk.length
    const position = this.#position
    this.#position += length
    this.#upload.write(position, chunks).then(
      () => this.#written(),
      (error: unknown) => this.#fail(toFileServerError(error)),
    )
  }

  #next(): Buffer[] {
    const received = this.#inbox.take()
    const converter = this.#converter
    if (!converter) return received
    const converted = received.map((chunk) => converter.convert(chunk))
    if (this.#hasEnded) converted.push(converter.end())
    return converted.filter((chunk) => chunk.length > 0)
  }

  #written(): void {
    this.#isWriting = false
    this.#inbox.release()
    this.#write()
  }

  #finish(): void {
    this.#isFinished = true
    this.#inbox.end()
    this.#outcome.resolve()
  }

  /** After the orderly end a close is no loss. */
  #closed(): void {
    if (!this.#hasEnded || this.#connection.failure) this.#fail(this.#loss())
  }

  #fail(failure: FileServerError): void {
    this.#outcome.reject(failure)
  }

  #loss(): FileServerError {
    return this.#connection.failure ?? new FileServerError('aborted', 'The data connection was cut off')
  }
}
