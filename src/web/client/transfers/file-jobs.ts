import type { FileJob, FileJobRequest } from '../../../contract/file-job.ts'
import { callApi } from '../../shared/api.ts'
import { maxPathsAtOnce } from '../listing/entry-actions.ts'

const pollMs = 1000

/** `isLost`: it ran, and the server does not know it any more, as after a restart. */
export type ShownJob = FileJob & { readonly isLost?: true }

export interface FileJobsParts {
  readonly onChange: () => void
  readonly onEnd: (job: ShownJob) => void
}

/** Copying, moving and deleting, which the server does while the page looks on. */
export class FileJobs {
  readonly #parts: FileJobsParts
  #jobs: readonly ShownJob[] = []
  #isWatching = false

  constructor(parts: FileJobsParts) {
    this.#parts = parts
  }

  get jobs(): readonly ShownJob[] {
    return this.#jobs
  }

  /** Those that other pages of the user began are shown as well. @throws ApiFailure */
  async load(): Promise<void> {
    await this.#ask()
    if (this.#jobs.some(isRunning)) this.#watch()
  }

  /** @throws ApiFailure */
  async start(request: FileJobRequest): Promise<void> {
    for (let at = 0; at < request.paths.length; at += maxPathsAtOnce) {
      const paths = request.paths.slice(at, at + maxPathsAtOnce)
      const job = await callApi<FileJob>('POST', 'user/jobs', { body: { ...request, paths } })
      // Even a short one is seen to run before it is seen to have ended.
      this.#take([...this.#jobs, { ...job, state: 'running' }])
    }
    this.#watch()
  }

  /** Cancels one that runs, forgets one that has ended. */
  async remove(job: ShownJob): Promise<void> {
    if (job.isLost !== true) await callApi('DELETE', `user/jobs/${encodeURIComponent(job.id)}`)
    if (isRunning(job)) return
    this.#take(this.#jobs.filter(({ id }) => id !== job.id))
  }

  async #ask(): Promise<void> {
    // What began while the question was on its way may be missing in the answer.
    const asked = this.#jobs.filter(isRunning)
    const jobs = await callApi<FileJob[]>('GET', 'user/jobs')
    const known = new Set(jobs.map(({ id }) => id))
    const lost = asked.filter(({ id }) => !known.has(id))
    const isKept = ({ id, isLost }: ShownJob) => isLost === true && !known.has(id)
    this.#take([
      ...this.#jobs.filter(isKept),
      ...lost.map((job) => ({ ...job, state: 'failed', isLost: true }) as const),
      ...jobs,
    ])
  }

  #take(jobs: readonly ShownJob[]): void {
    const running = new Set(this.#jobs.filter(isRunning).map(({ id }) => id))
    this.#jobs = jobs
    for (const job of jobs) if (running.has(job.id) && !isRunning(job)) this.#parts.onEnd(job)
    this.#parts.onChange()
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    const look = async () => {
      await this.#ask().catch(() => undefined)
      if (this.#jobs.some(isRunning)) setTimeout(() => void look(), pollMs)
      else this.#isWatching = false
    }
    setTimeout(() => void look(), pollMs / 4)
  }
}

export function isRunning({ state }: FileJob): boolean {
  return state === 'running'
}
