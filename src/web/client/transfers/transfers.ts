import type { DownloadTicket } from '../../../contract/file.ts'
import { callApi, urlOf } from '../../shared/api.ts'
import { t } from '../../shared/i18n.ts'
import { tellFailure } from '../../shared/notices.tsx'
import { parentOf } from '../listing/paths.ts'
import type { ConflictChoice } from './conflicts.ts'
import { passesAnswers } from './download-way.ts'
import { FileJobs } from './file-jobs.ts'
import type { PickedFiles } from './picked-files.ts'
import { PieceArchive } from './piece-archive.ts'
import { PieceDownload, type OwnDownload } from './piece-download.ts'
import { planUploads } from './plan-uploads.ts'
import { followDownload } from './save-as.ts'
import { TusSender } from './tus-sender.ts'
import { isOpen, UploadQueue } from './upload-queue.ts'
import { discardUpload, isSameFile, listUnfinished, makeDirectory, namesIn } from './uploads-api.ts'

/** A page is drawn anew at most this often while bytes move. */
const drawMs = 200
const measureMs = 1000

/** Names that are taken, and what to do about them: asked by whoever draws the transfers. */
export interface ConflictQuestion {
  readonly id: number
  readonly paths: readonly string[]
  readonly mayReplace: boolean
  readonly answer: (choice: ConflictChoice | undefined) => void
}

/** Everything that moves, whichever page is shown. */
class Transfers extends EventTarget {
  readonly uploads: UploadQueue
  readonly jobs: FileJobs
  downloads: readonly OwnDownload[] = []
  question: ConflictQuestion | undefined
  /** How many uploads and downloads are being looked at before they begin. */
  preparing = 0
  #asked = 0
  /** Uploads are planned one after the other, so that one question is open at most. */
  #turn = Promise.resolve()
  #drawing: ReturnType<typeof setTimeout> | undefined
  #measuring: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    const onChange = () => this.#changed()
    this.uploads = new UploadQueue({
      start: (item, events) => new TusSender(item, events),
      discard: ({ uploadId }) => void discardUpload(uploadId).catch(() => undefined),
      onChange,
      onDone: ({ path }) => this.#arrived(parentOf(path)),
    })
    this.jobs = new FileJobs({ onChange, onEnd: () => this.#arrived(undefined) })
  }

  /** Looks what is there, asks about names that are taken, and sends the rest. */
  upload(picked: PickedFiles, directory: string, mayReplace: boolean): Promise<void> {
    this.preparing++
    this.#changed()
    return (this.#turn = this.#turn.then(() => this.#upload(picked, directory, mayReplace)))
  }

  /** Tells what fails, and does not throw. */
  async #upload(picked: PickedFiles, directory: string, mayReplace: boolean): Promise<void> {
    try {
      const inUse = new Set(this.uploads.items.filter(isOpen).map(({ uploadId }) => uploadId))
      const orders = await planUploads(picked, directory, {
        namesIn,
        makeDirectory,
        ask: (paths) => this.#ask(paths, mayReplace),
        unfinished: (await listUnfinished()).filter(({ id }) => !inUse.has(id)),
        isSameFile,
      })
      this.uploads.enqueue(orders)
      if (picked.folders.length > 0) this.#arrived(directory)
    } catch (error) {
      tellFailure(error, t('transfers.notStarted'))
    } finally {
      this.preparing--
      this.#changed()
    }
  }

  /** One file as it is, anything else as a ZIP. */
  async download(paths: readonly string[]): Promise<void> {
    this.preparing++
    this.#changed()
    try {
      const ticket: DownloadTicket = await callApi('POST', 'user/downloads', { body: { paths } })
      const { size, name } = ticket
      if (await passesAnswers(size)) return followDownload(urlOf(ticket.url), name)
      const onChange = () => this.#changed()
      const own =
        size === undefined ? new PieceArchive(name, paths, onChange) : new PieceDownload(ticket, onChange)
      this.downloads = [...this.downloads, own]
      this.#changed()
    } catch (error) {
      tellFailure(error)
    } finally {
      this.preparing--
      this.#changed()
    }
  }

  /** Takes away what has ended. */
  clear(): void {
    this.uploads.clear()
    this.downloads = this.downloads.filter(({ state }) => state === 'active')
    for (const job of this.jobs.jobs)
      if (job.state !== 'running') void this.jobs.remove(job).catch(() => undefined)
    this.#changed()
  }

  get isSending(): boolean {
    return this.uploads.isActive || this.downloads.some(({ state }) => state === 'active')
  }

  #ask(paths: readonly string[], mayReplace: boolean): Promise<ConflictChoice | undefined> {
    return new Promise((resolve) => {
      const question: ConflictQuestion = {
        id: this.#asked++,
        paths,
        mayReplace,
        answer: (choice) => {
          // The dialog is there for a moment after its answer, when the next question may be open.
          if (this.question === question) this.question = undefined
          this.#changed()
          resolve(choice)
        },
      }
      this.question = question
      this.#changed()
    })
  }

  #arrived(directory: string | undefined): void {
    this.dispatchEvent(new CustomEvent('arrived', { detail: directory }))
  }

  #changed(): void {
    this.#measure()
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined
      this.dispatchEvent(new Event('change'))
    }, drawMs)
  }

  #measure(): void {
    if (this.#measuring !== undefined || !this.uploads.isActive) return
    addEventListener('beforeunload', warn)
    this.#measuring = setInterval(() => {
      this.uploads.measure(performance.now())
      if (this.uploads.isActive) return
      clearInterval(this.#measuring)
      this.#measuring = undefined
      removeEventListener('beforeunload', warn)
    }, measureMs)
  }
}

/** The browser asks whether the page should really go. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

export const transfers = new Transfers()
