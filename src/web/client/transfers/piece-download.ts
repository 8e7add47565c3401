import type { DownloadTicket } from '../../../contract/file.ts'
import { ApiFailure, signInAgain, urlOf } from '../../shared/api.ts'
import { failureText } from '../../shared/failure-text.ts'
import { FileChanged, untilUnchanged } from './changing-file.ts'
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
  size: number
  received = 0
  state: DownloadState = 'active'
  error: string | undefined
  readonly #url: string
  readonly #onChange: () => void
  readonly #save: typeof saveAs
  readonly #abort = new AbortController()

  constructor({ name, url, size = 0 }: DownloadTicket, onChange: () => void, save = saveAs) {
    this.name = name
    this.size = size
    this.#url = urlOf(url)
    this.#onChange = onChange
    this.#save = save
    void this.#run()
  }

  cancel(): void {
    this.#abort.abort()
    this.#end('cancelled')
  }

  async #run(): Promise<void> {
    try {
      this.#save(new Blob(await untilUnchanged(() => this.#read())), this.name)
      this.#end('done')
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.error = failureText(error)
      this.#end('failed')
    }
  }

  /** All pieces of the file as it is by the first of them, which may be another one than the ticket was made for. */
  async #read(): Promise<Blob[]> {
    const pieces: Blob[] = []
    let etag: string | null | undefined
    this.received = 0
    do {
      const piece = await this.#piece()
      if (etag !== undefined && piece.etag !== etag) throw new FileChanged()
      etag = piece.etag
      this.size = piece.total ?? this.size
      pieces.push(piece.blob)
      this.received += piece.blob.size
      this.#onChange()
    } while (this.received < this.size)
    return pieces
  }

  /**
   * Asks without If-Range, which is answered with the whole of a file that has changed: too much for the proxy.
   * @throws FileChanged when the file ends before the piece
   * @throws ApiFailure when the server says no, or nothing gets through for long
   */
  async #piece(): Promise<Piece> {
    const { signal } = this.#abort
    const headers = { Range: `bytes=${this.received}-${this.received + pieceBytes - 1}` }
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(this.#url, { headers, credentials: 'same-origin', signal }).catch(
        () => undefined,
      )
      signal.throwIfAborted()
      if (response?.status === 206) {
        const blob = await response.blob().catch(() => undefined)
        if (blob && blob.size > 0)
          return { blob, etag: response.headers.get('ETag'), total: totalOf(response) }
      }
      if (response?.status === 416) throw new FileChanged()
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

interface Piece {
  readonly blob: Blob
  readonly etag: string | null
  /** Bytes of the whole file. */
  readonly total: number | undefined
}

function totalOf({ headers }: Response): number | undefined {
  const [, total] = /\/(\d+)$/.exec(headers.get('Content-Range') ?? '') ?? []
  return total === undefined ? undefined : Number(total)
}

function failureOf(response: Response | undefined): ApiFailure {
  if (!response) return new ApiFailure(0, { message: '', error: 'unreachable' })
  const error = response.status === 404 ? 'not-found' : `http-${response.status}`
  return new ApiFailure(response.status, { message: response.statusText, error })
}
