import type { Upload } from '../../core/files/upload.ts'

/** Two at a time keep the disk busy while the next bytes are decrypted. */
const maxRunningWrites = 2
const maxBatchBytes = 1024 * 1024
const maxBatchChunks = 128
/** A second write beside a running one is worth it only when it is this large. */
const minSecondBytes = 256 * 1024

export interface QueuedWrite {
  /** Ignored by an upload that appends. */
  readonly position: number
  readonly chunks: readonly Buffer[]
  readonly length: number
  /** Called once, with the failure if there was one. */
  readonly onDone: (error?: unknown) => void
}

interface QueuedTask {
  readonly run: () => Promise<void>
}

interface RunningWrites {
  readonly start: number
  readonly end: number
  readonly batch: readonly QueuedWrite[]
  outcome: { readonly error?: unknown } | undefined
}

/**
 * The requests on one handle that writes, in the order in which they came. Neighbouring writes become one; anything
 * else waits for all writes before it, and all after wait for it.
 */
export class UploadQueue {
  readonly #upload: Upload
  readonly #appends: boolean
  readonly #queue: (QueuedWrite | QueuedTask)[] = []
  /** In the order in which they were asked for, until they are answered. */
  readonly #running: RunningWrites[] = []
  #isTaskRunning = false

  constructor(upload: Upload, options: { appends: boolean }) {
    this.#upload = upload
    this.#appends = options.appends
  }

  /** True when everything asked for has been answered. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#running.length === 0 && !this.#isTaskRunning
  }

  /** Settles when everything asked for so far has been answered. */
  idle(): Promise<void> {
    return this.alone(() => Promise.resolve())
  }

  write(write: QueuedWrite): void {
    this.#queue.push(write)
    this.#advance()
  }

  /** Runs alone, after everything before it. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ run: () => task().then(resolve, reject) })
      this.#advance()
    })
  }

  #advance(): void {
    for (;;) {
      const head = this.#queue[0]
      if (!head || this.#isTaskRunning) return
      if ('run' in head) {
        if (this.#running.length > 0) return
        this.#queue.shift()
        this.#isTaskRunning = true
        void head.run().finally(() => {
          this.#isTaskRunning = false
          this.#advance()
        })
        return
      }
      if (!this.#startWrites(head)) return
    }
  }

  /** False when the first write has to wait. */
  #startWrites(first: QueuedWrite): boolean {
    if (this.#running.length >= maxRunningWrites) return false
    const start = this.#appends ? this.#upload.size : first.position
    const batch = this.#nextBatch()
    let length = 0
    for (const write of batch) length += write.length
    const writes: RunningWrites = { start, end: start + length, batch, outcome: undefined }
    if (this.#running.length > 0) {
      const isSmall = length < minSecondBytes
      const overlaps = this.#running.some((other) => start < other.end && other.start < writes.end)
      if (isSmall || overlaps) return false
    }
    this.#queue.splice(0, batch.length)
    this.#running.push(writes)
    void this.#upload
      .write(
        start,
        batch.flatMap(({ chunks }) => chunks),
      )
      .then(
        () => ({}),
        (error: unknown) => ({ error }),
      )
      .then((outcome) => {
        writes.outcome = outcome
        this.#answerInOrder()
        this.#advance()
      })
    return true
  }

  /**
   * Clients cut a file off behind the first write that was not answered before a later one, scp of OpenSSH 9.2 among
   * them: so what ends early waits for what was asked for before it.
   */
  #answerInOrder(): void {
    for (let first = this.#running[0]; first?.outcome; first = this.#running[0]) {
      this.#running.shift()
      for (const write of first.batch) write.onDone(first.outcome.error)
    }
  }

  /** The first writes of the queue that follow on each other. */
  #nextBatch(): QueuedWrite[] {
    const batch: QueuedWrite[] = []
    let bytes = 0
    let chunks = 0
    let next: number | undefined
    for (const write of this.#queue) {
      if ('run' in write) break
      const isNeighbour = next === undefined || this.#appends || write.position === next
      const isTooMuch = bytes + write.length > maxBatchBytes || chunks + write.chunks.length > maxBatchChunks
      if (!isNeighbour || (isTooMuch && batch.length > 0)) break
      batch.push(write)
      bytes += write.length
      chunks += write.chunks.length
      next = write.position + write.length
    }
    return batch
  }
}
