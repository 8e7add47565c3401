import { watch, type FSWatcher } from 'chokidar'
import type { Log } from '../core/log.ts'

/** Tells early that a directory may have changed. It may miss changes, so nobody may rely on it. */
export class DirectoryHint implements AsyncDisposable {
  readonly #directory: string
  readonly #onHint: () => void
  readonly #log: Log
  #watcher: FSWatcher | undefined

  constructor(directory: string, onHint: () => void, log: Log) {
    this.#directory = directory
    this.#onHint = onHint
    this.#log = log
  }

  /** Watches while the directory exists; one that appears later is picked up by the caller's next call. */
  async follow(exists: boolean): Promise<void> {
    if (!exists) return this.#close()
    if (this.#watcher !== undefined) return
    // A directory below each host's is none of ours, and the process must not live for the watch alone.
    this.#watcher = watch(this.#directory, { ignoreInitial: true, depth: 1, persistent: false })
      .on('all', this.#onHint)
      .on('error', (err) => this.#log.debug({ err }, 'certificate directory cannot be watched'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    const watcher = this.#watcher
    this.#watcher = undefined
    await watcher?.close()
  }
}
