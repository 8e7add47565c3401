import type { DetailedError, HttpRequest, Upload, UploadOptions } from 'tus-js-client'
import type { ApiError } from '../../../contract/api-answer.ts'
import { ApiFailure, csrfHeaders, currentCsrfToken, hasNewToken, signInAgain } from '../../shared/api.ts'
import { failureText } from '../../shared/failure-text.ts'
import { t } from '../../shared/i18n.ts'
import { remedyFor, waitBefore } from './upload-failure.ts'
import type { RunningUpload, UploadEvents, UploadItem } from './upload-queue.ts'
import { uploadsUrl, uploadUrl } from './uploads-api.ts'

/** Of the contract's maxPieceBytes: the platform refuses larger requests. */
const pieceBytes = 4 * 1024 * 1024

/** Something on the way lets no PATCH through: found once, true for the whole page. */
let sendsByPost = false

/** Sends one file by tus, through everything that passes by itself. */
export class TusSender implements RunningUpload {
  readonly #item: UploadItem
  readonly #events: UploadEvents
  #upload: Upload | undefined
  #isStopped = false
  #attempts = 0
  /** What the last request carried. */
  #token = ''
  #wake: (() => void) | undefined

  constructor(item: UploadItem, events: UploadEvents) {
    this.#item = item
    this.#events = events
    void this.#attempt()
  }

  pause(): void {
    this.#isStopped = true
    this.#wake?.()
    void this.#upload?.abort()
  }

  async #attempt(): Promise<void> {
    try {
      const tus = await import('tus-js-client')
      if (this.#isStopped) return
      this.#upload = new tus.Upload(this.#item.file, this.#options())
      this.#upload.start()
    } catch (error) {
      await this.#deal(error)
    }
  }

  #options(): UploadOptions {
    const { uploadId, mayHaveBegun, file, path, overwrite } = this.#item
    const modified = String(file.lastModified)
    // A small file is one request.
    const isWhole = file.size > 0 && file.size <= pieceBytes
    this.#item.mayHaveBegun = true
    return {
      // Without an endpoint it does not begin anew by itself, which would forget what has arrived.
      ...(mayHaveBegun
        ? { endpoint: null, uploadUrl: uploadUrl(uploadId) }
        : { endpoint: uploadsUrl(), uploadDataDuringCreation: isWhole }),
      metadata: { id: uploadId, path, overwrite: String(overwrite), modified },
      chunkSize: pieceBytes,
      retryDelays: null,
      storeFingerprintForResuming: false,
      overridePatchMethod: sendsByPost,
      onBeforeRequest: (request) => this.#setCsrfHeader(request),
      onProgress: (sent) => this.#progress(sent),
      onChunkComplete: () => {
        this.#attempts = 0
      },
      onSuccess: () => this.#events.onDone(),
      onError: (error) => void this.#deal(error),
    }
  }

  /** Each time anew: the session may have been renewed since the last piece. */
  #setCsrfHeader(request: HttpRequest): void {
    this.#token = currentCsrfToken()
    for (const [name, value] of Object.entries(csrfHeaders())) request.setHeader(name, value)
  }

  #progress(sent: number): void {
    this.#events.onStall(false)
    this.#events.onProgress(sent)
  }

  async #deal(error: unknown): Promise<void> {
    if (this.#isStopped) return
    const { failure, method } = failureOf(error)
    const { status, code } = failure
    const remedy = remedyFor({ status, code, method, attempts: this.#attempts })
    if (status === 0 && !(await isReadable(this.#item.file)))
      return this.#events.onFail(t('transfers.unreadable'))
    if (remedy === 'stop') {
      const isWorthwhile = status === 403 && (await hasNewToken(this.#token))
      if (!isWorthwhile) return this.#events.onFail(failureText(failure))
    } else if (remedy === 'sign-in') await signInAgain()
    else if (remedy === 'anew') this.#item.mayHaveBegun = false
    else if (remedy === 'override') sendsByPost = true
    else {
      await this.#rest()
      // A proxy that is refused in the middle of a piece says 502, whatever the reason was.
      if (status === 502) await hasNewToken(this.#token)
    }
    if (!this.#isStopped) await this.#attempt()
  }

  /** Until some time has passed or the network is back. */
  async #rest(): Promise<void> {
    this.#events.onStall(true)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      addEventListener('online', () => resolve(), { once: true })
      setTimeout(resolve, waitBefore(this.#attempts++))
    })
    this.#wake = undefined
  }
}

function failureOf(error: unknown): { readonly failure: ApiFailure; readonly method: string } {
  if (!isDetailed(error)) return { failure: unreachable(), method: '' }
  const request = error.originalRequest
  const overridden = request.getHeader('X-HTTP-Method-Override')
  const method = overridden ?? request.getMethod()
  const response = error.originalResponse
  if (response === null) return { failure: unreachable(), method }
  return { failure: new ApiFailure(response.getStatus(), answerOf(response.getBody())), method }
}

function isDetailed(error: unknown): error is DetailedError {
  return error instanceof Error && 'originalRequest' in error && error.originalRequest !== null
}

function unreachable(): ApiFailure {
  return new ApiFailure(0, { message: '', error: 'unreachable' })
}

/** Proxies on the way answer in HTML. */
function answerOf(body: string): ApiError {
  try {
    return JSON.parse(body) as ApiError
  } catch {
    return { message: '', error: '' }
  }
}

/** A file can be gone from the disk, or have changed, since it was chosen. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer()
    return true
  } catch {
    return false
  }
}
