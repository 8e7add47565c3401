import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import { FileServerError } from '../errors.ts'
import { FileJob, type FileJobOrder } from './file-job.ts'
import type { UserFilesystem } from './user-filesystem.ts'

const maxRunningPerUser = 10
const maxEndedPerUser = 100
/** How long it can be seen how a job went. */
const keptMs = 10 * 60_000

export interface KnownJob {
  readonly id: string
  readonly username: string
  readonly job: FileJob
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** 0 while it runs. */
  readonly endedAt: number
  /** Settles, never fails, when it has ended. */
  readonly ended: Promise<void>
}

/** For whom a job works: it ends with the session. */
export interface JobOwner {
  readonly username: string
  readonly files: UserFilesystem
  readonly signal: AbortSignal
}

/** The jobs of all users, each seen by its own user alone. */
export class FileJobs implements AsyncDisposable {
  readonly #clock: Clock
  readonly #jobs = new Map<string, KnownJob & { endedAt: number }>()

  constructor({ clock = systemClock }: { clock?: Clock } = {}) {
    this.#clock = clock
  }

  /** @throws FileServerError 'busy' while too many of the user's run already */
  start(owner: JobOwner, order: FileJobOrder): KnownJob {
    const running = this.list(owner.username).filter(({ endedAt }) => endedAt === 0)
    if (running.length >= maxRunningPerUser)
      throw new FileServerError('busy', 'Wait until another job has ended')
    const job = new FileJob(owner.files, order, owner.signal)
    const id = randomBytes(16).toString('base64url')
    const ended = job.run().then(() => {
      known.endedAt = this.#clock()
    })
    const known = { id, username: owner.username, job, startedAt: this.#clock(), endedAt: 0, ended }
    this.#jobs.set(id, known)
    return known
  }

  /** The oldest first. */
  list(username: string): readonly KnownJob[] {
    this.#forgetOld(username)
    return [...this.#jobs.values()].filter((known) => known.username === username)
  }

  /** Cancels a job that runs, forgets one that has ended. @throws FileServerError 'not-found' */
  async remove(username: string, id: string): Promise<void> {
    const known = this.#jobs.get(id)
    if (known?.username !== username) throw new FileServerError('not-found', 'No such job')
    if (known.endedAt > 0) this.#jobs.delete(id)
    known.job.cancel()
    await known.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { job } of this.#jobs.values()) job.cancel()
    await Promise.all([...this.#jobs.values()].map(({ ended }) => ended))
  }

  #forgetOld(username: string): void {
    const ended = [...this.#jobs.values()].filter((known) => known.endedAt > 0)
    for (const { id, endedAt } of ended) if (this.#clock() - endedAt > keptMs) this.#jobs.delete(id)
    const own = ended.filter((known) => known.username === username)
    for (const { id } of own.slice(0, Math.max(0, own.length - maxEndedPerUser))) this.#jobs.delete(id)
  }
}
