import type { FileJob, FileJobRequest } from '../../../contract/file-job.ts'
import { callApi } from '../../shared/api.ts'
import { maxPathsAtOnce } from '../listing/entry-actions.ts'

const pollMs = 1000

export interface FileJobsParts {
  readonly onChange: () => void
  readonly onEnd: (job: FileJob) => void
}

/** Copying, moving and deleting, which the server does while the page looks on. */
export class FileJobs {
  readonly #parts: FileJobsParts
  #jobs: readonly FileJob[] = []
  #isWatching = false

  constructor(parts: FileJobsParts) {
    this.#parts = parts
  }

  get jobs(): readonly FileJob[] {
    return this.#jobs
  }

  /** Those that other pages of the user began are shown as well. @throws ApiFailure */
  async load(): Promise<void> {
    this.#take(await callApi<FileJob[]>('GET', 'user/jobs'))
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
  async remove(job: FileJob): Promise<void> {
    await callApi('DELETE', `user/jobs/${encodeURIComponent(job.id)}`)
    if (isRunning(job)) return
    this.#take(this.#jobs.filter(({ id }) => id !== job.id))
  }

  #take(jobs: readonly FileJob[]): void {
    const running = new Set(this.#jobs.filter(isRunning).map(({ id }) => id))
    this.#jobs = jobs
    for (const job of jobs) if (running.has(job.id) && !isRunning(job)) this.#parts.onEnd(job)
    this.#parts.onChange()
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    const look = async () => {
      await callApi<FileJob[]>('GET', 'user/jobs').then(
        (jobs) => this.#take(jobs),
        () => undefined,
      )
      if (this.#jobs.some(isRunning)) setTimeout(() => void look(), pollMs)
      else this.#isWatching = false
    }
    setTimeout(() => void look(), pollMs / 4)
  }
}

export function isRunning({ state }: FileJob): boolean {
  return state === 'running'
}
