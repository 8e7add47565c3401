import { FileServerError } from '../../core/errors.ts'
import type { Download } from '../../core/files/download.ts'
import { dataHeaderLength, encodeDataHeader } from './sftp-codec.ts'
import type { SshChannel } from './ssh-channel.ts'

const maxGroupsInFlight = 2
const maxGroupBytes = 256 * 1024
/** Asked for where the file should have ended: it may have grown. */
const maxProbeBytes = 32 * 1024

export interface ReadRequest {
  readonly id: number
  readonly position: number
  readonly length: number
}

export interface ReadAnswers {
  readonly end: (id: number) => void
  readonly failure: (id: number, error: unknown) => void
  /** `count` requests were answered one way or another. */
  readonly onAnswered: (count: number) => void
}

/** The reads of one open file that are not answered yet. */
export class PendingReads {
  readonly download: Download
  readonly queue: ReadRequest[] = []
  #groups = 0
  #lastAnswer: Promise<void> = Promise.resolve()
  #onIdle: (() => void)[] = []

  constructor(download: Download) {
    this.download = download
  }

  groupStarted(): void {
    this.#groups++
  }

  /**
   * Settles when it is this group's turn to be answered; call `done` afterwards. The protocol permits any order, but
   * clients that write in place take the first gap they see for the end of the file, scp of OpenSSH 9.2 among them.
   */
  takeTurn(): { readonly turn: Promise<void>; readonly done: () => void } {
    const turn = this.#lastAnswer
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lastAnswer = promise
    return { turn, done: resolve }
  }

  groupEnded(): void {
    this.#groups--
    this.#settle()
  }

  /** What waits is not read any more, so this is no whole download. */
  async end(): Promise<void> {
    this.queue.length = 0
    const failed = this.download.fail(new FileServerError('aborted', 'The connection was lost'))
    this.#settle()
    await failed
  }

  /** Settles when no read asked for so far is left to answer. */
  async idle(): Promise<void> {
    if (this.#groups > 0 || this.queue.length > 0)
      await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  #settle(): void {
    if (this.#groups > 0 || this.queue.length > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }
}

/**
 * Serves the reads of one channel. Requests that follow on each other are one trip to the disk, which reads straight
 * into the packets to be sent; the next group is read while one is on its way.
 */
export class DownloadReader {
  readonly #channel: SshChannel
  readonly #answers: ReadAnswers
  readonly #ready = new Set<PendingReads>()
  #inFlight = 0

  constructor(channel: SshChannel, answers: ReadAnswers) {
    this.#channel = channel
    this.#answers = answers
  }

  read(reads: PendingReads, request: ReadRequest): void {
    reads.queue.push(request)
    this.#ready.add(reads)
    this.pump()
  }

  /** Goes on where the network had no room. */
  pump(): void {
    while (this.#inFlight < maxGroupsInFlight && this.#channel.hasRoom) {
      const [reads] = this.#ready
      if (!reads) return
      // Files take turns.
      this.#ready.delete(reads)
      const group = takeGroup(reads)
      if (reads.queue.length > 0) this.#ready.add(reads)
      if (group.length > 0) void this.#serve(reads, group)
    }
  }

  /** The channel is gone: nothing asks for room again, and a CLOSE that waits for its reads has to go on. */
  async end(): Promise<void> {
    const unread = [...this.#ready]
    this.#ready.clear()
    await Promise.all(unread.map((reads) => reads.end()))
  }

  async #serve(reads: PendingReads, group: readonly ReadRequest[]): Promise<void> {
    this.#inFlight++
    reads.groupStarted()
    const { turn, done } = reads.takeTurn()
    try {
      await this.#answer(reads.download, group, turn)
    } catch (error) {
      await turn
      for (const { id } of group) this.#answers.failure(id, error)
    }
    done()
    this.#inFlight--
    reads.groupEnded()
    this.#answers.onAnswered(group.length)
    this.pump()
  }

  async #answer(download: Download, group: readonly ReadRequest[], turn: Promise<void>): Promise<void> {
    // Clients take fewer bytes than they asked for as the end of the file, and it may have grown.
    if (group.some(({ position, length }) => position + length > download.size)) await download.stat()
    const lengths = group.map((request) => expectedLength(download, request))
    const total = lengths.reduce((sum, length) => sum + dataHeaderLength + length, 0)
    const run = this.#channel.newRun(total)
    let isSent = false
    try {
      const targets: Buffer[] = []
      let at = 0
      for (const length of lengths) {
        targets.push(...run.places(at + dataHeaderLength, at + dataHeaderLength + length))
        at += dataHeaderLength + length
      }
      let got = await download.readInto(group[0]?.position ?? 0, targets)
      await turn
      at = 0
      const ended: number[] = []
      for (const [i, { id }] of group.entries()) {
        const length = Math.min(got, lengths[i] ?? 0)
        got -= length
        if (length === 0) ended.push(id)
        else {
          run.set(encodeDataHeader(id, length), at)
          at += dataHeaderLength + length
        }
      }
      if (at > 0) {
        run.shorten(at)
        isSent = true
        this.#channel.send(run)
      }
      for (const id of ended) this.#answers.end(id)
    } finally {
      if (!isSent) run.release()
    }
  }
}

/** What is there to read, as far as is known. */
function expectedLength(download: Download, { position, length }: ReadRequest): number {
  const left = download.size - position
  return Math.min(length, left > 0 ? left : maxProbeBytes)
}

/** The first reads of the queue that follow on each other. */
function takeGroup(reads: PendingReads): ReadRequest[] {
  let bytes = 0
  let count = 0
  let next: number | undefined
  for (const request of reads.queue) {
    const follows = next === undefined || request.position === next
    if (!follows || (count > 0 && bytes + request.length > maxGroupBytes)) break
    const length = expectedLength(reads.download, request)
    count++
    bytes += length
    next = request.position + request.length
    // What lies beyond the known end is asked for by itself.
    if (length < request.length || request.position >= reads.download.size) break
  }
  return reads.queue.splice(0, count)
}
