import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { DataStore, Upload as TusUpload } from '@tus/server'
import { FileServerError } from '../../../core/errors.ts'
import { toVirtualPath } from '../api/virtual-path-field.ts'
import type { WebSession } from '../web-sessions.ts'
import type { OpenUploads } from './open-uploads.ts'
import { type PendingUpload, tooMuch, type UploadMetadata } from './pending-upload.ts'

/** The last millisecond that a Date knows. */
const lastTime = 8_640_000_000_000_000

/** What one request may do with uploads: those of its user. Bytes go from the socket to the file without a detour. */
export class TusStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination']
  readonly #uploads: OpenUploads
  readonly #webSession: WebSession
  readonly #request: IncomingMessage

  constructor(uploads: OpenUploads, webSession: WebSession, request: IncomingMessage) {
    super()
    this.#uploads = uploads
    this.#webSession = webSession
    this.#request = request
  }

  override async create(upload: TusUpload): Promise<TusUpload> {
    const { id, size = 0, metadata = {} } = upload
    // Before there is an upload: its id would never be told, and an empty file would be there already.
    if (this.#bodyLength() > size) throw tooMuch()
    await this.#uploads.open(this.#webSession, { id, size, ...orderOf(metadata), metadata })
    return upload
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const { size, offset, metadata } = this.#find(id)
    return new TusUpload({ id, size, offset, metadata })
  }

  override async write(stream: Readable, id: string): Promise<number> {
    stream.resume()
    return this.#find(id).receive(this.#request)
  }

  override async remove(id: string): Promise<void> {
    await this.#find(id).abort(new FileServerError('aborted', 'The upload was cancelled'))
  }

  /** Bytes that come with the creation; 0 where they are not told beforehand, and counted as they come. */
  #bodyLength(): number {
    const { 'content-type': type, 'content-length': length } = this.#request.headers
    return type === 'application/offset+octet-stream' ? Number(length ?? 0) : 0
  }

  #find(id: string): PendingUpload {
    return this.#uploads.find(this.#webSession.username, id)
  }
}

/** @throws FileServerError 'invalid-argument' naming the key of the metadata */
function orderOf({ path, overwrite, modified }: UploadMetadata) {
  return {
    path: toVirtualPath('path', path ?? ''),
    overwrite: overwrite === 'true',
    modifiedAt: modified === undefined || modified === null ? undefined : toTime(modified),
  }
}

function toTime(text: string): number {
  const time = /^-?\d{1,16}$/.test(text) ? Number(text) : Infinity
  if (Math.abs(time) <= lastTime) return time
  throw new FileServerError('invalid-argument', 'modified: must be milliseconds since 1970', {
    field: 'modified',
  })
}
