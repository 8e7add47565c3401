import type { WriteHandle } from './open-handles.ts'
import { waitPatiently } from './patience.ts'

/** How long a CLOSE that was overtaken may take to come, in milliseconds. */
const patienceMs = 250

interface Writing {
  /** Settled by the CLOSE, or when it was waited for long enough. */
  wait: PromiseWithResolvers<void> | undefined
  /** Bytes that it held when it was waited for in vain: its client keeps it open, and until it writes on nobody waits again. */
  keptOpenAt: number | undefined
}

/**
 * Clients with several threads (sshfs) close a file and use its name in one moment, and then what depends on the CLOSE may
 * be sent before it. The name still holds what the upload will replace: that would be appended to and lost, renamed or removed.
 * So such a request waits a moment for the CLOSE of a file whose WRITEs are all answered.
 */
export class ExpectedCloses {
  readonly #writing = new Map<WriteHandle, Writing>()

  opened(handle: WriteHandle): void {
    if (handle.upload.isStaged) this.#writing.set(handle, { wait: undefined, keptOpenAt: undefined })
  }

  closed(handle: WriteHandle): void {
    this.#writing.get(handle)?.wait?.resolve()
    this.#writing.delete(handle)
  }

  /**
   * Settles when no CLOSE is to be expected any more of what `concerns` the request; undefined when none is now. Where it
   * depends on none, it keeps its place behind those who wait.
   */
  of(
    concerns: (upload: WriteHandle) => boolean,
    { isNeeded = true }: { isNeeded?: boolean } = {},
  ): Promise<unknown> | undefined {
    const waits: Promise<void>[] = []
    for (const [handle, writing] of this.#writing)
      if (concerns(handle)) {
        // Whoever waits already came first.
        const mayBegin = isNeeded && isDone(handle, writing)
        const wait = writing.wait ?? (mayBegin ? begin(handle, writing) : undefined)
        if (wait) waits.push(wait.promise)
      }
    return waits.length === 0 ? undefined : Promise.all(waits)
  }
}

function isDone({ queue, upload }: WriteHandle, { keptOpenAt }: Writing): boolean {
  return queue.isIdle && upload.bytes !== keptOpenAt
}

function begin({ upload }: WriteHandle, writing: Writing): PromiseWithResolvers<void> {
  const wait = Promise.withResolvers<void>()
  writing.wait = wait
  const stop = waitPatiently(patienceMs, () => {
    writing.wait = undefined
    writing.keptOpenAt = upload.bytes
    wait.resolve()
  })
  void wait.promise.then(stop)
  return wait
}
