import { FileServerError } from '../../core/errors.ts'
import type { DiskCalls } from './adaptive-disk.ts'
import { onDisk } from './disk-error.ts'

/**
 * A descriptor that is closed only when no call uses it any more: the kernel gives its number to the next file that
 * anybody opens, and a late read or write would hit that one.
 */
export class OpenFile {
  readonly disk: DiskCalls
  readonly #descriptor: number
  /** As far as it is known here. */
  #bytes: number
  #calls = 0
  #closing: PromiseWithResolvers<void> | undefined

  constructor(disk: DiskCalls, descriptor: number, bytes: number) {
    this.disk = disk
    this.#descriptor = descriptor
    this.#bytes = bytes
  }

  /** It may be `bytes` long from now on. */
  reach(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, bytes)
  }

  /** @throws 'aborted' once close() has been called */
  async use<T>(work: (disk: DiskCalls, descriptor: number) => Promise<T>): Promise<T> {
    if (this.#closing) throw new FileServerError('aborted', 'The file is closed')
    this.#calls++
    try {
      return await onDisk(() => work(this.disk, this.#descriptor))
    } finally {
      this.#calls--
      this.#closeWhenUnused()
    }
  }

  /** Settles when the calls under way have ended. Idempotent. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = Promise.withResolvers()
      this.#closeWhenUnused()
    }
    return this.#closing.promise
  }

  #closeWhenUnused(): void {
    if (this.#calls > 0 || !this.#closing) return
    this.disk.closeFile(this.#descriptor, this.#bytes)
    this.#closing.resolve()
  }
}
