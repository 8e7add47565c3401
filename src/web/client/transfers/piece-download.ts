import type { DownloadTicket } from '../../../contract/file.ts'
import { ApiFailure, signInAgain, urlOf } from '../../shared/api.ts'
import { failureText } from '../../shared/failure-text.ts'
import { saveAs } from './save-as.ts'

const pieceBytes = 4 * 1024 * 1024
const maxAttempts = 8

export type DownloadState = 'active' | 'done' | 'failed' | 'cancelled'

/** What the page fetches by itself, and shows how far it is. */
export interface OwnDownload {
  readonly name: string
  /** Bytes; 0 while it is not known. */
  readonly size: number
  readonly received: number
  readonly state: DownloadState
  /** What went wrong, or is to be told. */
  readonly error: string | undefined
  cancel(): void
}

/** A file fetched piece by piece, for proxies that refuse long answers. It is in memory until it is whole. */
export class PieceDownload implements OwnDownload {
  readonly name: string
  readonly size: number
  received = 0
  state: DownloadState = 'active'
  error: string | undefined
  readonly #url: string
  readonly #onChange: () => void
  readonly #abort = new AbortController()

  constructor({ name, url, size = 0 }: DownloadTicket, onChange: () => void) {
    this.name = name
    this.size = size
    this.#url = urlOf(url)
    this.#onChange = onChange
    void this.#run()
  }

  cancel(): void {
    this.#abort.abort()
    this.#end('cancelled')
  }

  async #run(): Promise<void> {
    const pieces: Blob[] = []
    try {
      let etag: string | undefined
      while (this.received < this.size) {
        const piece = await this.#piece(etag)
        etag ??= piece.etag
        pieces.push(piece.blob)
        this.received += piece.blob.size
        this.#onChange()
      }
      saveAs(new Blob(pieces), this.name)
      this.#end('done')
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.error = failureText(error)
      this.#end('failed')
    }
  }

  /** @throws ApiFailure when the server says no, or nothing gets through for long */
  async #piece(
    etag: string | undefined,
  ): Promise<{ readonly blob: Blob; readonly etag: string | undefined }> {
    const { signal } = this.#abort
    const end = Math.min(this.size, this.received + pieceBytes) - 1
    const headers = {
      Range: `bytes=${this.received}-${end}`,
      ...(etag === undefined ? {} : { 'If-Range': etag }),
    }
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(this.#url, { headers, credentials: 'same-origin', signal }).catch(
        () => undefined,
      )
      signal.throwIfAborted()
      if (response?.status === 206) {
        const blob = await response.blob().catch(() => undefined)
        if (blob && blob.size > 0) return { blob, etag: response.headers.get('ETag') ?? undefined }
      }
      if (response?.status === 401) await signInAgain()
      else if (attempt >= maxAttempts || (response && response.status < 500 && response.status !== 206))
        throw failureOf(response)
      else await new Promise((resolve) => setTimeout(resolve, 500 * attempt))
    }
  }

  #end(state: DownloadState): void {
    this.state = state
    this.#onChange()
  }
}

function failureOf(response: Response | undefined): ApiFailure {
  if (!response) return new ApiFailure(0, { message: '', error: 'unreachable' })
  // The whole file instead of a piece: it has changed since the first one.
  const error =
    response.status === 200 ? 'busy' : response.status === 404 ? 'not-found' : `http-${response.status}`
  return new ApiFailure(response.status, { message: response.statusText, error })
}
