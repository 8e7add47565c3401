import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { FileServerError, toFileServerError } from '../../../core/errors.ts'
import type { Upload } from '../../../core/files/upload.ts'
import type { VirtualPath } from '../../../core/files/virtual-path.ts'
import type { WebSession } from '../web-sessions.ts'
import { PendingUpload, type UploadMetadata } from './pending-upload.ts'

const maxOpenPerUser = 200
const defaultIdleMs = 24 * 60 * 60_000
/** How long a client can still ask whether the last byte of an upload arrived. */
const keptMs = 10 * 60_000
const maxKept = 10_000
/** 128 random bits. */
const clientId = /^[0-9a-f]{32}$/

export interface UploadOrder {
  readonly id: string
  readonly path: VirtualPath
  /** Bytes in all. */
  readonly size: number
  readonly overwrite: boolean
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number | undefined
  readonly metadata: UploadMetadata
}

/** The uploads that have begun, of all users; each is seen by its own user alone, in any browser. */
export class OpenUploads {
  readonly #clock: Clock
  readonly #idleMs: number
  /** Those that are not complete. */
  readonly #uploads = new Map<string, PendingUpload>()
  /** By user, how many are just being opened. */
  readonly #opening = new Map<string, number>()
  /** Complete ones and when they were completed, the oldest first. */
  readonly #complete = new Map<string, { readonly upload: PendingUpload; readonly at: number }>()

  constructor({ clock = systemClock, idleMs = defaultIdleMs }: { clock?: Clock; idleMs?: number } = {}) {
    this.#clock = clock
    this.#idleMs = idleMs
  }

  /**
   * The one that the client made, who can ask by it whether an upload began whose beginning was not answered; or a new one.
   *
   * @throws FileServerError 'busy' when it is taken, by whomever
   */
  idFor(wanted: string | null | undefined): string {
    if (typeof wanted !== 'string' || !clientId.test(wanted)) return randomBytes(16).toString('base64url')
    this.#checkFree(wanted)
    return wanted
  }

  /** @throws FileServerError 'busy' when the id is taken or over the limit, and what UserFilesystem.openUpload throws */
  async open(webSession: WebSession, order: UploadOrder): Promise<void> {
    const { username } = webSession
    const { size, id, metadata } = order
    this.#checkFree(id)
    const upload = await this.#openUpload(webSession, order)
    const hold = webSession.hold()
    const pending = new PendingUpload({
      ...{ id, username, size, metadata, upload },
      clock: this.#clock,
      idleMs: this.#idleMs,
      onEnd: () => {
        hold[Symbol.dispose]()
        this.#ended(pending)
      },
    })
    this.#uploads.set(id, pending)
    try {
      await upload.checkFits(size)
      if (size === 0) await pending.complete()
    } catch (error) {
      await pending.abort(toFileServerError(error))
      throw error
    }
  }

  /** Also one that was completed a while ago. @throws FileServerError 'not-found' */
  find(username: string, id: string): PendingUpload {
    this.#forgetOld()
    const pending = this.#uploads.get(id) ?? this.#complete.get(id)?.upload
    if (pending?.username !== username || !(pending.isOpen || pending.isComplete))
      throw new FileServerError('not-found', 'No such upload')
    return pending
  }

  /** Those that are not complete. */
  list(username: string): readonly PendingUpload[] {
    this.#forgetLost()
    return [...this.#uploads.values()].filter((pending) => pending.username === username && pending.isOpen)
  }

  interrupt(id: string): void {
    this.#uploads.get(id)?.interrupt()
  }

  #checkFree(id: string): void {
    this.#forgetOld()
    if (this.#uploads.has(id) || this.#complete.has(id))
      throw new FileServerError('busy', 'This upload has begun already; ask how much has arrived')
  }

  async #openUpload(
    { username, session }: WebSession,
    { path, overwrite, modifiedAt }: UploadOrder,
  ): Promise<Upload> {
    const opening = (change: number) => (this.#opening.get(username) ?? 0) + change
    if (this.list(username).length + opening(0) >= maxOpenPerUser)
      throw new FileServerError('busy', 'Too many uploads are not complete; wait, or cancel some')
    this.#opening.set(username, opening(1))
    try {
      return await session.files.openUpload(path, {
        existing: overwrite ? 'replace' : 'fail',
        missing: 'create',
        isAtomic: true,
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      })
    } finally {
      if (opening(-1) > 0) this.#opening.set(username, opening(-1))
      else this.#opening.delete(username)
    }
  }

  /** Those whose session has ended, and their files with it. */
  #forgetLost(): void {
    const lost = new FileServerError('aborted', 'The session has ended')
    for (const [id, pending] of this.#uploads) {
      if (pending.isOpen) continue
      this.#uploads.delete(id)
      void pending.abort(lost)
    }
  }

  #ended(pending: PendingUpload): void {
    this.#uploads.delete(pending.id)
    if (pending.isComplete) this.#complete.set(pending.id, { upload: pending, at: this.#clock() })
    this.#forgetOld()
  }

  #forgetOld(): void {
    for (const [id, { at }] of this.#complete) {
      if (this.#complete.size <= maxKept && this.#clock() - at <= keptMs) return
      this.#complete.delete(id)
    }
  }
}
