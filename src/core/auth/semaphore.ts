import { FileServerError } from '../errors.ts'

/** Lets `size` holders in at once; the rest wait in order, up to `maxWaiting`. */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(size: number, maxWaiting: number) {
    this.#free = size
    this.#maxWaiting = maxWaiting
  }

  /** Dispose what comes back to let the next one in. @throws FileServerError 'too-many-attempts' */
  async acquire(): Promise<Disposable> {
    if (this.#free > 0) this.#free--
    else {
      if (this.#waiting.length >= this.#maxWaiting)
        throw new FileServerError('too-many-attempts', 'Too many logins at once, try again later')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        const next = this.#waiting.shift()
        if (next) next()
        else this.#free++
      },
    }
  }
}
