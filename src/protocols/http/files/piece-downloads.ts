import { FileServerError, hasCode } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
import type { Entry } from '../../../core/files/storage.ts'
import { WrittenRanges } from '../../../core/files/written-ranges.ts'
import type { ByteRange } from './byte-range.ts'
import { etagOf } from './file-entry.ts'

/** A proxy that takes answers whole passes a piece on to a slow client for minutes, in which nothing is asked for. */
const defaultIdleMs = 5 * 60_000
/** Files that one browser may leave open between two pieces. */
const defaultMaxWaiting = 16

/** An open file for one answer, and what becomes of it when the answer has ended. */
export interface AnswerSource {
  readonly download: Download
  /** The client has `sent`; undefined when it was to have nothing. Idempotent. */
  close(sent?: ByteRange): Promise<void>
  /** The client did not get all of it. Idempotent; does nothing after close(). */
  fail(error: unknown): Promise<void>
}

/** A download that ends with its answer. */
export function wholeOf(download: Download): AnswerSource {
  const close = (sent?: ByteRange) => (sent ? download.close() : download.dismiss())
  return { download, close, fail: (error) => download.fail(error) }
}

/**
 * What one browser session fetches in several requests. All that come by one link are one download with one end: when the
 * client has the file to its end, or has asked for nothing more for long. The end of the session ends them before.
 */
export class PieceDownloads {
  readonly #idleMs: number
  readonly #maxWaiting: number
  /** By link, the one that was used longest ago first. */
  readonly #downloads = new Map<string, PieceDownload>()

  constructor({ idleMs = defaultIdleMs, maxWaiting = defaultMaxWaiting } = {}) {
    this.#idleMs = idleMs
    this.#maxWaiting = maxWaiting
  }

  /**
   * The file of earlier pieces, or what `open` opens where there is none or it is another file by now; `look` tells which
   * file that would be. @throws what these two throw
   */
  async piece(
    link: string,
    open: () => Promise<Download>,
    look: () => Promise<Entry>,
  ): Promise<AnswerSource> {
    const known = this.#downloads.get(link)
    if (known) {
      this.#keep(link, known)
      const piece = await known.join(look)
      if (piece) return piece
      // Who asked at the same time has begun it anew.
      if (this.#downloads.get(link) !== known) return this.piece(link, open, look)
    }
    const begun = new PieceDownload(open(), this.#idleMs, () => {
      if (this.#downloads.get(link) === begun) this.#downloads.delete(link)
    })
    const first = begun.begin()
    this.#keep(link, begun)
    this.#endSurplus()
    return first
  }

  #keep(link: string, download: PieceDownload): void {
    this.#downloads.delete(link)
    this.#downloads.set(link, download)
  }

  #endSurplus(): void {
    for (const [link, download] of this.#downloads) {
      if (this.#downloads.size <= this.#maxWaiting) return
      if (!download.isWaiting) continue
      this.#downloads.delete(link)
      download.giveUp(new FileServerError('aborted', 'Too many downloads wait to go on'))
    }
  }
}

class PieceDownload {
  readonly #opening: Promise<Download>
  readonly #idleMs: number
  readonly #onEnd: () => void
  #idle: NodeJS.Timeout | undefined
  #underWay = 0
  readonly #sent = new WrittenRanges()

  constructor(opening: Promise<Download>, idleMs: number, onEnd: () => void) {
    this.#opening = opening
    this.#idleMs = idleMs
    this.#onEnd = onEnd
  }

  get isWaiting(): boolean {
    return this.#underWay === 0
  }

  /** @throws what opening the file failed with */
  async begin(): Promise<AnswerSource> {
    this.#underWay++
    clearTimeout(this.#idle)
    const download = await this.#opening.catch((error: unknown) => {
      this.#underWay--
      this.#onEnd()
      throw error
    })
    let isOver = false
    const endOnce = async (end: () => Promise<void>) => {
      if (isOver) return
      isOver = true
      this.#underWay--
      await end()
    }
    return {
      download,
      close: (sent) => endOnce(() => this.#closed(download, sent)),
      fail: (error) => endOnce(() => this.#failed(download, error)),
    }
  }

  /** Undefined when it has ended, or its path leads to another file by now, or to none for this user, which ends it. */
  async join(look: () => Promise<Entry>): Promise<AnswerSource | undefined> {
    const piece = await this.begin().catch(() => undefined)
    if (!piece) return undefined
    const { download } = piece
    try {
      if (etagOf(await look()) === etagOf(download.entry)) return piece
      throw new FileServerError('busy', 'The file has changed since its first piece')
    } catch (error) {
      await piece.fail(error)
      return undefined
    }
  }

  giveUp(reason: FileServerError): void {
    clearTimeout(this.#idle)
    this.#onEnd()
    // The end of a file that was only read changes nothing for anybody.
    this.#opening.then((download) => download.fail(reason)).catch(() => undefined)
  }

  async #closed(download: Download, sent: ByteRange | undefined): Promise<void> {
    if (sent) this.#sent.add(sent.start, sent.end)
    if (this.isWaiting && download.bytes === 0) return this.#end(() => download.dismiss())
    if (this.isWaiting && this.#sent.pieceEnd >= download.entry.size) return this.#end(() => download.close())
    this.#wait()
  }

  /** A client that broke off can ask again; what cannot be read is at its end. */
  async #failed(download: Download, error: unknown): Promise<void> {
    if (hasCode(error, 'aborted')) this.#wait()
    else await this.#end(() => download.fail(error))
  }

  #end(end: () => Promise<void>): Promise<void> {
    clearTimeout(this.#idle)
    this.#onEnd()
    return end()
  }

  #wait(): void {
    clearTimeout(this.#idle)
    const reason = new FileServerError('aborted', 'Nothing more was asked for')
    if (this.isWaiting) this.#idle = setTimeout(() => this.giveUp(reason), this.#idleMs).unref()
  }
}
