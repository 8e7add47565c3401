import { FileServerError, hasCode } from '../../../core/errors.ts'
import type { Download } from '../../../core/files/download.ts'
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
  return { download, close: () => download.close(), fail: (error) => download.fail(error) }
}

/**
 * What one browser session fetches in several requests. All that come by one link are one download with one end: when the
 * client has the file to its end, or has asked for nothing more for long. The end of the session ends them before.
 */
export class PieceDownloads {
  readonly #idleMs: number
  readonly #maxWaiting: number
  /** By link, the one that was used longest ago first; also some that have ended. */
  readonly #downloads = new Map<string, PieceDownload>()

  constructor({ idleMs = defaultIdleMs, maxWaiting = defaultMaxWaiting } = {}) {
    this.#idleMs = idleMs
    this.#maxWaiting = maxWaiting
  }

  /** The file of earlier pieces, or what `open` opens where there is none or it is another file by now. */
  async piece(link: string, open: () => Promise<Download>): Promise<AnswerSource> {
    const known = this.#downloads.get(link)
    if (known) {
      this.#keep(link, known)
      const piece = await known.join()
      if (piece) return piece
      // Who asked at the same time has begun it anew.
      if (this.#downloads.get(link) !== known) return this.piece(link, open)
    }
    const begun = new PieceDownload(open(), this.#idleMs)
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
  #idle: NodeJS.Timeout | undefined
  #underWay = 0
  /** From the first byte that was asked for on. */
  #sent: WrittenRanges | undefined

  constructor(opening: Promise<Download>, idleMs: number) {
    this.#opening = opening
    this.#idleMs = idleMs
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

  /** Undefined when it has ended, or the file was changed or replaced, which ends it. */
  async join(): Promise<AnswerSource | undefined> {
    const piece = await this.begin().catch(() => undefined)
    if (!piece) return undefined
    const { download } = piece
    try {
      // The file that is open tells of its replacement, too: that changes its number of names.
      if (etagOf(await download.stat()) === etagOf(download.entry)) return piece
      throw new FileServerError('busy', 'The file has changed since its first piece')
    } catch (error) {
      await piece.fail(error)
      return undefined
    }
  }

  giveUp(reason: FileServerError): void {
    clearTimeout(this.#idle)
    // The end of a file that was only read changes nothing for anybody.
    this.#opening.then((download) => download.fail(reason)).catch(() => undefined)
  }

  async #closed(download: Download, sent: ByteRange | undefined): Promise<void> {
    if (sent) (this.#sent ??= new WrittenRanges(sent.start)).add(sent.start, sent.end)
    const isNone = !sent && download.bytes === 0
    const isAll = this.#sent !== undefined && this.#sent.prefix >= download.entry.size
    if (this.isWaiting && (isNone || isAll)) await download.close()
    else this.#wait()
  }

  /** A client that broke off can ask again; what cannot be read is at its end. */
  async #failed(download: Download, error: unknown): Promise<void> {
    if (hasCode(error, 'aborted')) this.#wait()
    else await download.fail(error)
  }

  #wait(): void {
    clearTimeout(this.#idle)
    const reason = new FileServerError('aborted', 'Nothing more was asked for')
    if (this.isWaiting) this.#idle = setTimeout(() => this.giveUp(reason), this.#idleMs).unref()
  }
}
