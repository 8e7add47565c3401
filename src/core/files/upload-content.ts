import { FileServerError } from '../errors.ts'
import { checkSize } from './attribute-changes.ts'
import { ChargedSize } from './charged-size.ts'
import type { InPlaceHandle } from './in-place-files.ts'
import type { Attributes, CommitOptions } from './storage.ts'
import { notResumable } from './unfinished-replacements.ts'
import type { StagedTarget, UploadOptions } from './upload-options.ts'
import { WrittenRanges } from './written-ranges.ts'

/** How often the disk is asked for room while an upload grows, in bytes. */
const roomCheckBytes = 32 * 1024 * 1024

export interface ContentCommit extends CommitOptions, Pick<StagedTarget, 'commitAlone'> {
  readonly times: Attributes
}

/**
 * What an upload has put into its file, and what that is charged: which ranges are there, how large the file is, and what
 * is counted once it is complete. Who may write, in what order and until when is the upload's business.
 */
export class UploadContent {
  readonly #options: UploadOptions
  readonly #onBytes: (length: number) => void
  readonly #size: ChargedSize
  readonly #ranges: WrittenRanges
  #bytes = 0
  #roomCheckedAt = 0
  #isSettled = false

  /** `onBytes` is told of bytes that are about to be written. */
  constructor(options: UploadOptions, onBytes: (length: number) => void) {
    this.#options = options
    this.#onBytes = onBytes
    const { file, ticket, maxFileSize, inPlace } = options
    const initialSize = inPlace ? file.initialSize : 0
    this.#size = new ChargedSize({ ticket, initialSize, replacedSize: file.initialSize, maxFileSize })
    this.#ranges = new WrittenRanges(initialSize)
  }

  /** Bytes received. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of the file as written so far, in bytes. */
  get size(): number {
    return this.#size.bytes
  }

  /** Nothing is held. @throws 'quota-exceeded' */
  checkFits(size: number): Promise<void> {
    return this.#size.checkFits(size)
  }

  /** Another file of `size` bytes will be replaced. */
  replaces(size: number): void {
    this.#size.replaces(size)
  }

  /** @throws 'quota-exceeded' 'not-resumable' before anything is stored, 'no-space' 'storage-failure' */
  async store(position: number, chunks: readonly Uint8Array[]): Promise<void> {
    let length = 0
    for (const chunk of chunks) length += chunk.length
    if (position < 0) throw outOfRange()
    this.#refuseMixture(position, length)
    const claimed = this.#size.reach(position + length)
    if (claimed) await claimed
    this.#bytes += length
    this.#onBytes(length)
    const { file, limiter } = this.#options
    if (this.#bytes - this.#roomCheckedAt >= roomCheckBytes) await this.#checkRoom()
    await limiter.take(length)
    if (file.mode === 'append') await this.#append(length, position, chunks)
    else await file.write(position, chunks)
    this.#ranges.add(position, position + length)
  }

  /** `change` runs what changes the file. @throws 'quota-exceeded' before that, 'storage-failure' */
  async resize(size: number, change: (truncate: () => Promise<void>) => Promise<void>): Promise<void> {
    const isShorter = size < this.size
    await this.#size.set(size, () => change(() => this.#options.file.truncate(size)))
    if (isShorter) this.#ranges.truncate(size)
  }

  /** A gap would look like data to a client that resumes at the end of the file. @returns whether anything is left */
  async cutToPrefix(): Promise<boolean> {
    const { prefix } = this.#ranges
    if (prefix === 0) return false
    if (prefix < this.size) await this.#options.file.truncate(prefix)
    this.#size.endAt(prefix)
    return true
  }

  /** Makes it durable and counted. @throws 'already-exists' 'quota-exceeded' 'no-space' 'storage-failure' */
  async commit({ commitAlone, times, ...options }: ContentCommit): Promise<void> {
    const { file, ticket, inPlace } = this.#options
    if (inPlace) await this.#settleInPlace(inPlace.file, commitAlone)
    if (Object.keys(times).length > 0) await file.setAttributes(times)
    if (inPlace) return file.commit()
    await commitAlone(async (replaced) => {
      // What this upload counted on replacing may have gone, and its room may have been taken.
      await ticket.holdBytes(Math.max(0, this.size - (replaced ?? 0)))
      if (replaced === undefined) await ticket.holdFiles(1)
      await file.commit(options)
      ticket.settle({ size: this.size - (replaced ?? 0), files: replaced === undefined ? 1 : 0 })
    })
  }

  /** Edits within the file are nobody's resume; nor is what follows on all that this upload itself has sent. */
  #refuseMixture(position: number, length: number): void {
    const { file, inPlace } = this.#options
    if (inPlace?.isOutdated && position + length > file.initialSize && position > this.#bytes)
      throw notResumable()
  }

  /** Each who appends is charged for its own bytes; how large the file may be, goes by those of all. */
  async #append(length: number, position: number, chunks: readonly Uint8Array[]): Promise<void> {
    const { file, commitAlone } = this.#options
    const maxFileSize = this.#options.maxFileSize()
    if (maxFileSize === 0) return file.write(position, chunks)
    await commitAlone(async () => {
      checkSize((await file.stat()).size + length, maxFileSize)
      await file.write(position, chunks)
    })
  }

  async #checkRoom(): Promise<void> {
    this.#roomCheckedAt = this.#bytes
    await this.#options.checkRoom()
  }

  /** What is on the disk is counted, whatever fails after it. */
  async #settleInPlace(inPlace: InPlaceHandle, commitAlone: StagedTarget['commitAlone']): Promise<void> {
    const { file, ticket } = this.#options
    if (this.#isSettled) return
    this.#isSettled = true
    await commitAlone(async () => {
      const size = await file.stat().then(
        (entry) => entry.size,
        () => this.size,
      )
      ticket.settle({ size: await inPlace.recount(size), files: 0 })
      this.#size.endAt(size)
    })
  }
}

function outOfRange(): FileServerError {
  return new FileServerError('invalid-argument', 'Position out of range')
}
