import type { Lock, Locker } from '@tus/server'
import type { OpenUploads } from './open-uploads.ts'

/** One request at a time for each upload: a newer one breaks off the one before it and waits for its end. */
export class UploadLocks implements Locker {
  readonly #uploads: OpenUploads
  /** By upload, what the next request has to wait for. */
  readonly #tails = new Map<string, Promise<void>>()

  constructor(uploads: OpenUploads) {
    this.#uploads = uploads
  }

  newLock(id: string): Lock {
    const held = Promise.withResolvers<void>()
    return {
      lock: async () => {
        const before = this.#tails.get(id)
        this.#tails.set(id, held.promise)
        if (before) this.#uploads.interrupt(id)
        await before
      },
      unlock: async () => {
        if (this.#tails.get(id) === held.promise) this.#tails.delete(id)
        held.resolve()
      },
    }
  }
}
